"""Unit 04: hints that look at what is wrong, and say nothing where none fits."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.spec import Inputs


def anchors(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Whether middles, areas or shapes of the anchors are wrong."""
    middles = [(boxes[:, :2] + boxes[:, 2:]).double() / 2 for boxes in (answer, expected)]
    sides = [(boxes[:, 2:] - boxes[:, :2]).double() for boxes in (answer, expected)]
    if (answer.double() - expected.double()).abs().max() < 1.0:
        return "Your corners are off by less than a pixel: is anything rounded?"
    if not torch.allclose(*middles, atol=1e-2):
        return "Where is the middle of a cell, and does x or y change along a row?"
    if not torch.allclose(*(each.prod(dim=1) for each in sides), rtol=1e-3):
        return "Which area has an anchor? It stays when the ratio changes: what follows for the two sides?"
    return ""


def assigned(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Which of the rules on labels and matches is broken."""
    from torchvision.ops import box_iou

    labels, mine = expected[0], answer[0]
    if not len(inputs["objects"]):
        return "What is every anchor in an image without objects?"
    largest = box_iou(inputs["anchors"], inputs["objects"]).amax(dim=1)
    if ((labels == 1) & (mine != 1) & (largest < inputs["high"])).any():
        return "Who will teach the network an object that no anchor fits well?"
    if ((mine == 1) & (largest == 0)).any():
        return "Of an object that no anchor overlaps, all anchors tie for the best, at an IoU of 0."
    if ((labels == -1) & (mine != -1)).any():
        return "Is an anchor that half covers an object an example of it, or of background?"
    return "Which object was this anchor saved for?" if bool((labels == mine).all()) else ""


def ordered(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Whether the region proposal network's numbers are the right ones at other places."""
    for part, question in (
        (0, "Your logits are the right ones at other places: of which cell, and which anchor, are the first six?"),
        (1, "Your deltas are the right ones at other places: which four channels belong to the first anchor?"),
    ):
        mine, theirs = answer[part].double(), expected[part].double()
        if not torch.allclose(mine, theirs, 1e-3, 1e-4):
            both = [values.flatten().sort().values for values in (mine, theirs)]
            return question if torch.allclose(*both, 1e-3, 1e-4) else ""
    return ""


def flows(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Whether some gradient is missing altogether."""
    missing = [not bool(mine.any()) and bool(theirs.any()) for mine, theirs in zip(answer, expected, strict=True)]
    return GRAPH if any(missing) else ""


def losses(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Whether a loss is not finite, or is the right one divided by another number."""
    sure = inputs["objectness"].abs().max() > 90 if len(inputs["objectness"]) else False
    mine, theirs = ([float(loss) for loss in both] for both in (answer, expected))
    if not all(torch.tensor(mine).isfinite()):
        return (
            "What is log(sigmoid(-150)) in float32?" if sure else "What is a mean over nothing, and what should it be?"
        )
    counts = {"all": len(inputs["labels"]), "sampled": int((inputs["labels"] >= 0).sum())}
    divisors = [counts["all"], int((inputs["labels"] == 1).sum()), 1, 4 * counts["sampled"]]
    for own, right in zip(mine, theirs, strict=True):
        if right and any(
            abs(own * n / counts["sampled"] / right - 1) < 1e-3 for n in divisors if n != counts["sampled"]
        ):
            return "By what number is each of the two losses divided?"
    return ""


def proposed(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Which property the proposals lack."""
    boxes, theirs = answer[0].double(), expected[0]
    if boxes.isnan().any():
        return "A box of NaN is nowhere. What does your comparison say about it?"
    if outside(boxes, inputs["image_size"]):
        return "Some of your boxes leave the image. `image_size` is (H, W): which of the two bounds x?"
    if (boxes[:, 2:] - boxes[:, :2] < inputs["min_size"] - 1e-3).any():
        return "Some of your boxes have a side below `min_size`. How wide is a box once it is clipped?"
    if overlapping(boxes, inputs["nms_threshold"]):
        return "Some of your boxes overlap by more than `nms_threshold`."
    return "Some proposals are missing: which step comes before which?" if len(boxes) < len(theirs) else ""


def detected(answer: dict[str, Tensor], expected: dict[str, Tensor], inputs: Inputs) -> str:
    """Which property the detections lack."""
    if (answer["labels"] == 0).any():
        return "What does class 0 stand for, and who wants to see it?"
    if outside(answer["boxes"].double(), inputs["image_size"]):
        return "Some of your boxes leave the image. `image_size` is (H, W): which of the two bounds x?"
    if len(answer["boxes"]) < len(expected["boxes"]):
        return "Some detections are missing: how many may one proposal give, and which boxes compete for a place?"
    return ""


def outside(boxes: Tensor, image_size: tuple[int, int]) -> bool:
    """Whether a box leaves the image."""
    height, width = image_size
    return bool((boxes < -1e-3).any() or (boxes > boxes.new_tensor([width, height, width, height]) + 1e-3).any())


def overlapping(boxes: Tensor, threshold: float) -> bool:
    """Whether two of the boxes overlap by more than the threshold."""
    from torchvision.ops import box_iou

    return bool((box_iou(boxes, boxes).triu(diagonal=1) > threshold + 1e-3).any())


def trained(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Whether the true boxes are missing, or others are judged than were drawn, by the numbers of boxes on the way."""
    if answer["sampled"] + sum(len(target["boxes"]) for target in inputs["targets"]) == expected["sampled"]:
        return (
            "At the start no proposal fits an object. What could the box head learn from? Look at what `sample` gets."
        )
    if answer["sampled"] == expected["sampled"] != answer["judged"]:
        return "The labels and goals belong to the boxes that `sample` returns. Which boxes does the box head judge?"
    return ""


def reaches(answer: dict[str, Tensor], expected: dict[str, Tensor], inputs: Inputs) -> str:
    """Whether a loss has no gradient at the backbone."""
    return flows(list(answer.values()), [expected[name] for name in answer], inputs)
