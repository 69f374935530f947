"""Unit 02: the smallest counterexample of each function, in words and drawn: expected in blue, yours in orange."""

from typing import Any

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import worst
from course_lib.checks.spec import Counterexample, Inputs

EXPECTED, YOURS, GIVEN = plots.BLUE, plots.VERMILLION, plots.BLACK


def show_box(box: Tensor) -> str:
    """A box as text, one decimal."""
    return "(" + ", ".join(f"{value:.1f}" for value in box.tolist()) + ")"


def _canvas(*groups: Tensor) -> Tensor:
    """A white image that holds all these boxes."""
    corner = torch.cat([group.reshape(-1, 4)[:, 2:] for group in groups]).nan_to_num(0, 0, 0).clamp(8, 400).amax(0)
    width, height = (corner * 1.15).int().tolist()
    return torch.full((3, height, width), 255, dtype=torch.uint8)


def iou(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pair of boxes whose IoU is furthest off."""
    i, j = worst(answer, expected)
    first, second = inputs["boxes1"][i], inputs["boxes2"][j]
    values = f"expected {expected[i, j]:.3f}, yours {answer[i, j]:.3f}"
    text = f"boxes1[{i}] = {show_box(first)}\nboxes2[{j}] = {show_box(second)}\nIoU: {values}"

    def draw():
        pair, title = torch.stack([first, second]), f"blue: boxes1[{i}], green: boxes2[{j}]"
        return plots.draw_boxes(_canvas(pair), pair, colors=[plots.BLUE, plots.GREEN], title=title)

    return Counterexample(text, draw)


def kept_boxes(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """All boxes with their scores: kept by both, wrongly kept, wrongly removed."""
    mine, theirs = answer.tolist(), expected.tolist()
    text = f"scores: {[round(s, 2) for s in inputs['scores'].tolist()]}\nexpected {theirs}, yours {mine}"

    def draw():
        colors = [_verdict_color(i in theirs, i in mine) for i in range(len(inputs["boxes"]))]
        title = "black: rightly kept, grey: rightly removed\nblue: you lost it, orange: you should have removed it"
        canvas = _canvas(inputs["boxes"])
        return plots.draw_boxes(canvas, inputs["boxes"], scores=inputs["scores"], colors=colors, title=title)

    return Counterexample(text, draw)


def _verdict_color(wanted: bool, got: bool) -> str:
    if wanted and got:
        return GIVEN
    return EXPECTED if wanted else YOURS if got else "#BBBBBB"


def patch(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The image with the box, the expected patch and the student's."""
    apart = (answer.double() - expected.double()).abs().mean(0)  # [size, size]
    row, column = worst(apart, torch.zeros_like(apart))
    size, box = inputs["size"], inputs["box"]
    text = (
        f"image of height {inputs['image'].shape[1]} and width {inputs['image'].shape[2]}, box {show_box(box)}, "
        f"size {size}, context {inputs['context']}\n"
        f"most different at row {row}, column {column}: expected {_color(expected[:, row, column])}, "
        f"yours {_color(answer[:, row, column])}"
    )

    def draw():
        images = [_visible(inputs["image"]), _visible(expected), _visible(answer)]
        axes = plots.image_grid(images, titles=["image and box", "expected", "yours"], columns=3)
        plots.draw_boxes(images[0], box[None], ax=axes.flat[0], title="image and box")
        return axes.flat[0]

    return Counterexample(text, draw)


def _visible(image: Tensor) -> Tensor:
    """Any number of channels as three, values cut to 0 … 1."""
    return image[[0, 1, 2] if len(image) >= 3 else [0, 0, 0]].float().clamp(0, 1)


def _color(values: Tensor) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in values.tolist()) + ")"


def deltas(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pair whose correction is furthest off."""
    i, k = worst(answer, expected)
    proposal, target = inputs["proposals"][i], inputs["targets"][i]
    name = ("tx", "ty", "tw", "th")[k]
    values = f"{name}: expected {expected[i, k]:.3f}, yours {answer[i, k]:.3f}"
    text = f"proposal {show_box(proposal)}\ntarget   {show_box(target)}\n{values}"

    def draw():
        pair = torch.stack([proposal, target])
        return plots.draw_boxes(
            _canvas(pair),
            pair,
            torch.tensor([0, 1]),
            names=["proposal", "target"],
            colors=[GIVEN, EXPECTED],
        )

    return Counterexample(text, draw)


def moved(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The proposal whose corrected box is furthest off."""
    i = worst(answer, expected)[0]
    proposal = inputs["proposals"][i]
    given = ", ".join(
        f"{name} {value:.2f}" for name, value in zip(("tx", "ty", "tw", "th"), inputs["deltas"][i], strict=True)
    )
    text = (
        f"proposal {show_box(proposal)} with {given}\nexpected {show_box(expected[i])}\nyours    {show_box(answer[i])}"
    )

    def draw():
        three = torch.stack([proposal, expected[i].to(proposal.dtype), answer[i].to(proposal.dtype)])
        names, colors = ["proposal", "expected", "yours"], [GIVEN, EXPECTED, YOURS]
        return plots.draw_boxes(_canvas(three), three, torch.arange(3), names=names, colors=colors)

    return Counterexample(text, draw)


def labelled(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first proposal with a wrong label and its row of overlaps."""
    i = int((answer != expected).nonzero()[0])
    row = ", ".join(f"{value:.2f}" for value in inputs["ious"][i].tolist())
    return Counterexample(
        f"positive from {inputs['positive']}, background below {inputs['negative']}\n"
        f"proposal {i} overlaps the objects by [{row}]\nexpected {int(expected[i])}, yours {int(answer[i])}"
    )


def hard(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The scores of all rows, and which positions were asked for."""
    scores = [round(score, 2) for score in inputs["_scores"].tolist()]
    return Counterexample(f"scores of rows 0, 1, …: {scores}\nexpected {expected.tolist()}, yours {answer.tolist()}")


def precision_recall(inputs: Inputs, answer: Any, expected: float) -> Counterexample:
    """The ranked list as hits and false alarms, and its curve."""
    order = inputs["scores"].argsort(descending=True)
    hits = inputs["matched"][order]
    ranked = " ".join("hit" if hit else "false" for hit in hits.tolist())
    values = f"expected {expected:.4f}, yours {float(answer):.4f}"
    asked = f"objects {inputs['objects']}, method {inputs['method']!r}"
    text = f"by falling score: {ranked or 'no detection'}\n{asked}: {values}"

    def draw():
        found = hits.cumsum(0)
        precision = found / torch.arange(1, len(hits) + 1)
        return plots.pr_curve((found / inputs["objects"]).tolist(), precision.tolist())

    return Counterexample(text, draw if len(hits) else None)
