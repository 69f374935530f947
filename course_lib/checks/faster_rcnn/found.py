"""Unit 04: boxes found on an image: what `propose`, `postprocess_detections` and `FasterRCNN` answer with.

How they overlap and leave the image, how two answers are compared, told and drawn.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.compare import close, like
from course_lib.checks.faster_rcnn.shared import picture
from course_lib.checks.kit.show import ASIDE, EXPECTED, GIVEN, YOURS, show_box
from course_lib.checks.spec import Compare, Inputs, Mismatch

HEIGHT, WIDTH = 80, 120


def clipped(boxes: Tensor, image_size: tuple[int, int]) -> Tensor:
    """What of the boxes lies in the image."""
    from torchvision.ops import clip_boxes_to_image

    return clip_boxes_to_image(boxes, image_size)


def apart(found: Tensor, inside: Tensor, threshold: float) -> bool:
    """No overlap of boxes, as found or as clipped, near the threshold; clipping moves none to its other side."""
    from torchvision.ops import box_iou

    before, after = (box_iou(boxes, boxes).nan_to_num(0) for boxes in (found, inside))
    near = ((before - threshold).abs() < 0.003) | ((after - threshold).abs() < 0.003)
    return not near.any() and bool(((before > threshold) == (after > threshold)).all())


def outside(boxes: Tensor, image_size: tuple[int, int]) -> bool:
    """Whether a box leaves the image."""
    height, width = image_size
    return bool((boxes < -1e-3).any() or (boxes > boxes.new_tensor([width, height, width, height]) + 1e-3).any())


def counted(rtol: float = 1e-3, atol: float = 2e-3) -> Compare:
    """As many boxes as expected, in the same order, with all that belongs to each; the parts of a tuple or a dict."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected, any_length=True)
        if wrong:
            return wrong
        mine, theirs = ([len(part) for part in _parts(found)] for found in (answer, expected))
        if mine == theirs:
            return close(rtol, atol)(answer, expected, inputs)
        return Mismatch(f"Expected {boxes_in(theirs)}, got {boxes_in(mine)}.")

    return compare


def boxes_in(counts: list[int]) -> str:
    """The lengths of an answer's parts in words."""
    if len(set(counts)) == 1:
        return "no box" if counts[0] == 0 else f"{counts[0]} box{'' if counts[0] == 1 else 'es'}"
    return f"parts of the lengths {', '.join(map(str, counts))}"


def _parts(found: Any) -> list[Any]:
    return list(found.values() if isinstance(found, dict) else found)


def side_by_side(theirs: list[str], mine: list[str]) -> str:
    """How many rows are expected and yours, and the first one that differs."""
    differing = [i for i, pair in enumerate(zip(theirs, mine, strict=False)) if pair[0] != pair[1]]
    at = differing[0] if differing else min(len(theirs), len(mine))
    shown = [rows[at] if at < len(rows) else "none" for rows in (theirs, mine)]
    return f"expected {len(theirs)}, yours {len(mine)}; number {at + 1}:\nexpected {shown[0]}\nyours {shown[1]}"


def labelled(found: dict[str, Tensor]) -> list[str]:
    """Each detection with label, probability and box."""
    rows = zip(found["labels"].tolist(), found["scores"].tolist(), found["boxes"], strict=False)
    return [f"class {label} at {score:.2f} {show_box(box)}" for label, score, box in rows]


def compared(inputs: Inputs, theirs: Tensor, mine: Tensor) -> Callable[[], Any]:
    """Draws the boxes that are right, those that you lost, those that should not be."""

    def draw():
        lost, extra = _without(theirs, mine), _without(mine, theirs)
        title = "black: the image, grey: right\nblue: expected, missing in yours\norange: yours, not expected"
        return picture([_frame(inputs), theirs, lost, extra], [GIVEN, ASIDE, EXPECTED, YOURS], title)

    return draw


def _frame(inputs: Inputs) -> Tensor:
    """The whole image as a box."""
    height, width = inputs["image_size"]
    return torch.tensor([[0, 0, width, height]])


def _without(boxes: Tensor, others: Tensor) -> Tensor:
    """The boxes that are not among the others."""
    same = ((boxes[:, None].double() - others[None].double()).abs() < 0.01).all(2)
    return boxes[~same.any(1)]
