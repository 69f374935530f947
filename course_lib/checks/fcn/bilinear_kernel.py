"""Unit 05: what is asked of `bilinear_kernel`."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import conv_transpose2d

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.pictures import numbered
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

MIXED = "A number stands between two different channels. Which channel may touch which?"
TENT = "Draw the tent along one axis. Where is its top, and how high is it one place further?"


def enlarging(factor: int, least: int = 2, most: int = 5):
    """So many channels, from `least` to `most`."""

    def make(rng: Generator) -> Inputs:
        return {"channels": int(rng.integers(least, most + 1)), "factor": factor}

    return make


def any_of(*factors: int):
    """One of these factors, two channels."""
    return lambda rng: {"channels": 2, "factor": int(rng.choice(factors))}


def constant(function: Callable, channels: int, factor: int) -> Tensor:
    """What a map of ones becomes inside; nothing where the kernel has another shape."""
    kernel = torch.as_tensor(copy(function(channels, factor))).float()
    if kernel.ndim != 4 or kernel.shape[:2] != (channels, channels):
        return torch.zeros(0)
    larger = conv_transpose2d(torch.ones(1, channels, 5, 6), kernel, stride=factor)
    edge = 2 * factor - factor % 2
    return larger[0, :, edge : 4 * factor, edge : 5 * factor]


def mirrored(function: Callable, channels: int, factor: int) -> Tensor:
    """How far the kernel is from itself, seen from the other side."""
    kernel = torch.as_tensor(copy(function(channels, factor)))
    return kernel - kernel.flip(-1, -2)


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Channels, or the form of the tent."""
    apart = ~torch.eye(inputs["channels"], dtype=torch.bool)
    return MIXED if bool(answer[apart].any()) else TENT


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The weight that is furthest off, and the filter that it stands in."""
    a, b, i, j = worst(answer, expected)
    text = (
        f"{inputs['channels']} channels, factor {inputs['factor']}\n"
        f"from channel {a} to channel {b}, row {i}, column {j}: "
        f"expected {float(expected[a, b, i, j]):.4f}, yours {float(answer[a, b, i, j]):.4f}"
    )

    def draw():
        titles = [f"{a} to {b}, {whose}" for whose in ("expected", "yours")]
        return numbered([expected[a, b], answer[a, b]], [(i, j, 1, 1)] * 2, titles, right=expected[a, b])

    return Counterexample(text, draw)


CHECK = Check(
    "bilinear_kernel",
    points=4,
    compare=close(1e-4, 1e-5),
    hint=hint,
    explain=explain,
    cases=(
        Case("twofold", "values", enlarging(2)),
        Case("an odd factor from 3 to 9", "values", any_of(3, 5, 7, 9)),
        Case("an even factor from 4 to 10", "values", any_of(4, 6, 8, 10)),
        Case("an odd factor from 11 to 19", "values", any_of(11, 13, 15, 17, 19)),
        Case("an even factor from 12 to 20", "values", any_of(12, 14, 16, 18, 20)),
        Case(
            "a constant map stays constant inside",
            "property",
            enlarging(4),
            probe=constant,
            hint="How many stamps overlap in one pixel, and what do their weights there add up to?",
            explain=False,
        ),
        Case(
            "the same from both sides",
            "property",
            enlarging(6),
            probe=mirrored,
            hint="Turned round, the filter must be the same: left and right are alike.",
            explain=False,
        ),
        Case("one channel", "edge", enlarging(3, 1, 1)),
        Case("factor 1", "edge", enlarging(1), hint="A map that is enlarged by 1 stays as it is."),
        Case("sixteenfold", "edge", enlarging(16, 1, 2)),
    ),
)
