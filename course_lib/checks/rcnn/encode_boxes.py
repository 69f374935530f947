"""Unit 02: what is asked of `encode_boxes`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.show import EXPECTED, GIVEN, show_box
from course_lib.checks.kit.styles import styles
from course_lib.checks.rcnn.shared import boxes, canvas
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def pairs(count: int):
    """Proposals and targets of unequal sizes."""
    return lambda rng: {"proposals": boxes(rng, count), "targets": boxes(rng, count)}


def stretched(rng: Generator) -> Inputs:
    """Targets that are wider than the proposals but just as high."""
    found = boxes(rng, 3)
    return {"proposals": found, "targets": found + floats([-9, 0, 13, 0])}


def same(rng: Generator) -> Inputs:
    """Proposals that are already right."""
    found = boxes(rng, 3)
    return {"proposals": found, "targets": found.clone()}


def moved_and_scaled(function: Callable, proposals: Tensor, targets: Tensor) -> Any:
    """encode_boxes with both boxes moved and scaled alike."""
    return function(proposals * 3 + 7, targets * 3 + 7)


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pair whose correction is furthest off."""
    i, k = worst(answer, expected)
    proposal, target = inputs["proposals"][i], inputs["targets"][i]
    name = ("tx", "ty", "tw", "th")[k]
    values = f"{name}: expected {expected[i, k]:.3f}, yours {answer[i, k]:.3f}"
    text = f"proposal {show_box(proposal)}\ntarget   {show_box(target)}\n{values}"

    def draw():
        pair = torch.stack([proposal, target])
        names, colors = ["proposal", "target"], [GIVEN, EXPECTED]
        return plots.draw_boxes(canvas(pair), pair, torch.tensor([0, 1]), names=names, colors=colors)

    return Counterexample(text, draw)


CHECK = Check(
    "encode_boxes",
    points=3,
    forbids=("torchvision.models.detection._utils.BoxCoder", "torchvision.models.detection._utils.encode_boxes"),
    compare=close(1e-3, 1e-4),
    explain=explain,
    cases=(
        Case("one pair", "values", pairs(1), hint="Where is the centre, and what is the unit?"),
        Case("five pairs", "values", pairs(5)),
        Case("a target stretched in width only", "values", stretched, hint="th should be 0 here."),
        Case("both boxes moved and scaled alike", "property", pairs(4), probe=moved_and_scaled, explain=False),
        Case("proposals that are already right", "edge", same),
        Case("no pairs", "edge", pairs(0), close(), explain=False),
        *styles(pairs(3)),
    ),
)
