"""Unit 05: what is asked of `fuse_skip`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import interpolate

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, numbered
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.kit.weights import numbers
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

NEAR = close(1e-3, 1e-4)
BORDER = "The inner cells are right, those at the border are not. What stands beyond the outermost middles?"
OTHER_END = "Four rows enlarged twofold are eight. At which end does the docstring cut one off?"
TWO_PARTS = "Take the fine scores away from your sum: is the rest the enlarged map? One axis can be done by hand."


def scores(height: int, width: int, images: int = 1, classes: int = 3):
    """Fine scores of this size, and coarse ones of half of it, rounded up; a third of them is negative."""

    def make(rng: Generator) -> Inputs:
        half = (height + 1) // 2, (width + 1) // 2
        return {
            "coarse": 2 * numbers(rng, images, classes, *half) + 1,
            "fine": numbers(rng, images, classes, height, width) + 0.5,
        }

    return make


def either(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
    """Close to the sum with the twofold map cut off, or with the map enlarged straight to the size of the fine one."""
    wrong = NEAR(answer, expected, inputs)
    size = inputs["fine"].shape[2:]
    if wrong is None or wrong.rung or not any(side % 2 for side in size):
        return wrong
    straight = interpolate(inputs["coarse"], size, mode="bilinear", align_corners=False) + inputs["fine"]
    return wrong if NEAR(answer, straight, inputs) else None


def twice(function: Callable, coarse: Tensor, fine: Tensor) -> Tensor:
    """What twice the scores give, less twice what the scores give."""
    once, more = (torch.as_tensor(copy(function(n * coarse, n * fine))) for n in (1, 2))
    return more - 2 * once


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Which end was cut off, the border, or the two parts of the sum."""
    fine = inputs["fine"]
    twofold = interpolate(inputs["coarse"], scale_factor=2, mode="bilinear", align_corners=False)
    other_end = twofold[:, :, -fine.shape[2] :, -fine.shape[3] :] + fine
    if torch.allclose(answer.double(), other_end.double(), 1e-3, 1e-3):
        return OTHER_END
    apart = (answer.double() - expected.double()).abs()[:, :, 1:-1, 1:-1]
    return BORDER if apart.numel() and float(apart.max()) < 1e-3 else TWO_PARTS


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The cell that is furthest off, and what its sum is made of."""
    n, c, i, j = worst(answer, expected)
    fine = inputs["fine"][n, c]
    sizes = [" × ".join(map(str, inputs[name].shape[2:])) for name in ("coarse", "fine")]
    text = (
        f"coarse {sizes[0]}, fine {sizes[1]}; image {n}, class {c}, row {i}, column {j}: "
        f"{both(answer, expected, (n, c, i, j))}\n"
        f"the fine score there is {float(fine[i, j]):.2f}, the enlarged one "
        f"{float(expected[n, c, i, j] - fine[i, j]):.2f}"
    )

    def draw():
        titles = ["coarse", "fine", "expected", "yours"]
        maps = [inputs["coarse"][n, c], fine, expected[n, c], answer[n, c]]
        boxes = [(i // 2, j // 2, 1, 1), *[(i, j, 1, 1)] * 3]
        return numbered(maps, boxes, titles, right=expected[n, c], columns=2)

    return Counterexample(text, draw)


CHECK = Check(
    "fuse_skip",
    points=4,
    compare=either,
    hint=hint,
    explain=explain,
    cases=(
        Case("4 × 6 cells", "values", scores(4, 6)),
        Case("6 × 4 cells, two images of one class", "values", scores(6, 4, images=2, classes=1)),
        Case(
            "7 × 9 cells",
            "values",
            scores(7, 9),
        ),
        Case("5 × 8 cells, five classes", "values", scores(5, 8, classes=5)),
        Case(
            "twice the scores, twice the sum",
            "property",
            scores(4, 6),
            NEAR,
            twice,
            hint="Scores are neither clipped nor made into probabilities on the way.",
            explain=False,
        ),
        Case(
            "gradients of both maps",
            "property",
            scores(4, 6, images=2),
            NEAR,
            gradients_of(0, 1),
            hint=GRAPH,
            explain=False,
        ),
        Case("one cell and one cell", "edge", scores(1, 1)),
        Case("one cell and 2 × 2 cells", "edge", scores(2, 2)),
        Case("one row", "edge", scores(1, 5)),
        Case("no image", "edge", scores(4, 4, images=0), explain=False, hint=False),
        *styles(scores(4, 6)),
    ),
)
