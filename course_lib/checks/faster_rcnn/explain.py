"""Unit 04: the smallest counterexample of each function, in words and drawn: expected in blue, yours in orange."""

from typing import Any

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import order_free, worst
from course_lib.checks.kit.show import ASIDE, EXPECTED, GIVEN, YOURS, show_box
from course_lib.checks.spec import Counterexample, Inputs

LIMIT = 400.0  # pixels: what lies further out is drawn at the border


def _drawn(groups: list[Tensor], colors: list[str], title: str):
    """Boxes of any place on a white picture that is moved so that all are on it. Returns the Axes."""
    found = torch.cat([group.reshape(-1, 4).double().nan_to_num(0).clamp(-LIMIT, LIMIT) for group in groups])
    found = found - found[:, :2].amin(0).clamp(max=0).repeat(2) + 4
    width, height = (found[:, 2:].amax(0).clamp(min=8) * 1.1).int().tolist()
    canvas = torch.full((3, height, width), 255, dtype=torch.uint8)
    each = [color for group, color in zip(groups, colors, strict=True) for _ in group.reshape(-1, 4)]
    return plots.draw_boxes(canvas, found.float(), colors=each, title=title)


def anchors(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The anchor that is furthest off, in a cell whose anchors are not all there."""
    per_cell = len(inputs["scales"]) * len(inputs["ratios"])
    rows = [slice(start, start + per_cell) for start in range(0, len(expected), per_cell)]
    wrong = [row for row in rows if order_free()(answer[row], expected[row], inputs)] or rows
    row = max(wrong, key=lambda row: (answer[row].double() - expected[row].double()).abs().max())
    place = row.start + worst(answer[row], expected[row])[0]
    pair = f"expected {show_box(expected[place])}, yours {show_box(answer[place])}"

    def draw():
        title = "black: the cell\nblue: its anchors, expected\norange: yours"
        return _drawn([_cell(inputs, place), expected[row], answer[row]], [GIVEN, EXPECTED, YOURS], title)

    return Counterexample(f"{_anchor(inputs, place)}\n{pair}", draw)


def anchor_order(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first position at which another anchor stands, and where that one belongs."""
    apart = (answer.double() - expected.double()).abs().amax(dim=1)
    place = int((~(apart <= 0.01)).nonzero()[0])  # NaN, too
    same = ((expected.double() - answer[place].double()).abs().amax(dim=1) < 0.01).nonzero().flatten().tolist()
    other = f"\nyours is that of {_anchor(inputs, same[0])}" if same else ""
    pair = f"expected {show_box(expected[place])}, yours {show_box(answer[place])}"

    def draw():
        title = f"black: the cell of position {place}\nblue: the anchor expected there\norange: yours"
        return _drawn([_cell(inputs, place), expected[place], answer[place]], [GIVEN, EXPECTED, YOURS], title)

    return Counterexample(f"position {place} of {len(expected)}: {_anchor(inputs, place)}\n{pair}{other}", draw)


def _anchor(inputs: Inputs, place: int) -> str:
    """Whose anchor is expected at a position."""
    cell, (scale, ratio) = _cell_of(inputs, place), _shape_of(inputs, place)
    return f"row {cell[0]}, column {cell[1]} at stride {inputs['stride']}, scale {scale:g}, ratio {ratio:g}"


def _cell_of(inputs: Inputs, place: int) -> tuple[int, int]:
    return divmod(place // (len(inputs["scales"]) * len(inputs["ratios"])), inputs["feature_size"][1])


def _shape_of(inputs: Inputs, place: int) -> tuple[float, float]:
    shapes = [(scale, ratio) for scale in inputs["scales"] for ratio in inputs["ratios"]]
    return shapes[place % len(shapes)]


def _cell(inputs: Inputs, place: int) -> Tensor:
    """The square of a position's cell, in pixels."""
    i, j = _cell_of(inputs, place)
    return inputs["stride"] * torch.tensor([[j, i, j + 1, i + 1]])


def assigned(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The first anchor with a wrong label or match, with all objects and its overlaps."""
    from torchvision.ops import box_iou

    (labels, matches), (mine, my_matches) = expected, answer
    wrong = (mine != labels) | ((labels == 1) & (my_matches != matches))
    i = int(wrong.nonzero()[0])
    anchor, objects = inputs["anchors"][i], inputs["objects"]
    row = ", ".join(f"{value:.2f}" for value in box_iou(anchor[None], objects)[0].tolist())
    theirs, yours = _assigned(labels[i], matches[i]), _assigned(mine[i], my_matches[i])
    text = (
        f"high {inputs['high']}, low {inputs['low']}\nanchor {i}, {show_box(anchor)}, overlaps the objects by [{row}]\n"
        f"expected {theirs}, yours {yours}"
    )

    def draw():
        others = inputs["anchors"][torch.arange(len(mine)) != i]
        title = f"black: objects, grey: other anchors\norange: anchor {i}"
        return _drawn([objects, others, anchor], [GIVEN, ASIDE, YOURS], title)

    return Counterexample(text, draw)


def _assigned(label: Tensor, match: Tensor) -> str:
    """A label and its match in words."""
    known = {1: f"1 (object {int(match)})", 0: "0 (background)", -1: "-1 (left out)"}
    return known.get(int(label), str(int(label)))


def proposed(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """All proposals: those of both, those that you lost, those that should have gone."""
    (boxes, scores), (mine, my_scores) = expected, answer
    options = ", ".join(f"{name} {inputs[name]}" for name in ("image_size", "pre_n", "post_n", "min_size"))
    rows = [
        [f"{show_box(box)} with the score {score:.2f}" for box, score in zip(*both, strict=False)]
        for both in ((boxes, scores), (mine, my_scores))
    ]
    text = f"{options}, nms_threshold {inputs['nms_threshold']}\n{side_by_side(*rows)}"

    def draw():
        lost, extra = _without(boxes, mine), _without(mine, boxes)
        title = "black: the image, grey: right\nblue: expected, missing in yours\norange: yours, not expected"
        return _drawn([_frame(inputs), boxes, lost, extra], [GIVEN, ASIDE, EXPECTED, YOURS], title)

    return Counterexample(text, draw)


def _frame(inputs: Inputs) -> Tensor:
    """The whole image as a box."""
    height, width = inputs["image_size"]
    return torch.tensor([[0, 0, width, height]])


def side_by_side(theirs: list[str], mine: list[str]) -> str:
    """How many rows are expected and yours, and the first one that differs."""
    differing = [i for i, pair in enumerate(zip(theirs, mine, strict=False)) if pair[0] != pair[1]]
    at = differing[0] if differing else min(len(theirs), len(mine))
    shown = [rows[at] if at < len(rows) else "none" for rows in (theirs, mine)]
    return f"expected {len(theirs)}, yours {len(mine)}; number {at + 1}:\nexpected {shown[0]}\nyours {shown[1]}"


def _without(boxes: Tensor, others: Tensor) -> Tensor:
    """The boxes that are not among the others."""
    same = ((boxes[:, None].double() - others[None].double()).abs() < 0.01).all(2)
    return boxes[~same.any(1)]


def judged(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The anchor whose logit, or else whose correction, is furthest off, and where yours would belong."""
    _, _, height, width = inputs["features"].shape
    per_cell = expected[0].shape[1] // (height * width)
    part = 0 if not torch.allclose(answer[0].double(), expected[0].double(), 1e-3, 1e-3) else 1
    image, place = worst(answer[part], expected[part])[:2]
    theirs, mine = expected[part][image].double(), answer[part][image, place].double()
    told = [" ".join(f"{value:.3f}" for value in values.reshape(-1).tolist()) for values in (theirs[place], mine)]
    where = f"image {image}, {_of_cell(place, per_cell, width)} (position {place})"
    same = ((theirs - mine).reshape(len(theirs), -1).abs().amax(dim=1) < 1e-3).nonzero().flatten().tolist()
    other = f"\nyours is that of {_of_cell(same[0], per_cell, width)} (position {same[0]})" if same else ""
    return Counterexample(f"{where}\n{('logit', 'deltas')[part]}: expected {told[0]}, yours {told[1]}{other}")


def _of_cell(place: int, per_cell: int, width: int) -> str:
    """Whose anchor stands at a position of the region proposal network's answer."""
    cell, anchor = divmod(place, per_cell)
    return f"row {cell // width}, column {cell % width}, anchor {anchor} of {per_cell}"


def losses(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """How many anchors are of each kind, and both losses."""
    counts = {word: int((inputs["labels"] == label).sum()) for label, word in ((1, "positive"), (0, "negative"))}
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    shown = [f"{float(value):.5f}" for value in (*expected, *answer)]
    return Counterexample(
        f"{len(inputs['labels'])} anchors: {told}, {len(inputs['labels']) - sum(counts.values())} left out (-1)\n"
        f"loss_objectness: expected {shown[0]}, yours {shown[2]}\n"
        f"loss_rpn_box_reg: expected {shown[1]}, yours {shown[3]}"
    )


def weighted(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """Each loss with its weight, and both sums."""
    told = ", ".join(f"{name} {float(loss):.3f}" for name, loss in inputs["losses"].items())
    weights = ", ".join(f"{name} {weight:g}" for name, weight in inputs["weights"].items()) or "none"
    sums = f"expected {float(expected):.4f}, yours {float(answer):.4f}"
    return Counterexample(f"losses: {told}\nweights: {weights}\n{sums}")


def detected(inputs: Inputs, answer: dict[str, Tensor], expected: dict[str, Tensor]) -> Counterexample:
    """All detections with their classes: those of both, those that you lost, those that should not be."""
    options = ", ".join(f"{name} {inputs[name]}" for name in ("image_size", "score_threshold", "nms_threshold"))
    text = f"{options}\n{side_by_side(_labelled(expected), _labelled(answer))}"

    def draw():
        lost, extra = _without(expected["boxes"], answer["boxes"]), _without(answer["boxes"], expected["boxes"])
        title = "black: the image, grey: right\nblue: expected, missing in yours\norange: yours, not expected"
        return _drawn([_frame(inputs), expected["boxes"], lost, extra], [GIVEN, ASIDE, EXPECTED, YOURS], title)

    return Counterexample(text, draw)


def _labelled(found: dict[str, Tensor]) -> list[str]:
    """Each detection with label, probability and box."""
    rows = zip(found["labels"].tolist(), found["scores"].tolist(), found["boxes"], strict=False)
    return [f"class {label} at {score:.2f} {show_box(box)}" for label, score, box in rows]


def trained(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """The numbers of boxes on their way through a detector, and its losses."""
    counts = (("sampled", "boxes that `sample` gets"), ("judged", "boxes that the box head gets"))
    lines = [f"{words}: expected {expected[key]}, yours {answer[key]}" for key, words in counts]
    pairs = [(name, float(loss), float(answer["losses"][name])) for name, loss in expected["losses"].items()]
    lines += [f"{name}: expected {theirs:.4f}, yours {mine:.4f}" for name, theirs, mine in pairs]
    return Counterexample("\n".join([f"{len(inputs['images'])} images", *lines]))


def found(inputs: Inputs, answer: list[dict[str, Tensor]], expected: list[dict[str, Tensor]]) -> Counterexample:
    """The first image whose detections differ, and the first of them that does."""
    pairs = [tuple(map(_labelled, both)) for both in zip(expected, answer, strict=True)]
    image = next((i for i, (theirs, mine) in enumerate(pairs) if theirs != mine), 0)
    return Counterexample(f"image {image} of {len(pairs)}\n{side_by_side(*pairs[image])}")
