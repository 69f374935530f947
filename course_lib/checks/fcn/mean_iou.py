"""Unit 05: what is asked of `mean_iou`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

CIRCLES = "Draw truth and prediction of one class as two circles. What have they in common, and what do they cover?"
PERCENT = "Your number is a hundred times too large. In which range does the docstring want it?"
NEARLY = "Your number is nearly right. Is it rounded, or is something small added before you divide?"
NOTHING = "Whoever neither drew nor predicted a class has made no mistake. What is 0 / 0 worth in a mean?"
UNION = "One class has no hit, but it was drawn or predicted. Is its union 0?"


def counts(classes: int, most: int = 60, background: int = 1):
    """Counts of so many classes, no two rows or columns alike; hits are common, but for the last class.

    Args:
        background: class 0 is hit so many times more often.
    """

    def make(rng: Generator) -> Inputs:
        found = rng.integers(most // 4, most, (classes, classes)) + np.diag(rng.integers(most, 4 * most, classes))
        found[-1, -1] = rng.integers(2, most // 8)
        found[0, 0] *= background
        return {"confusion": torch.as_tensor(found)}

    return make


def without(row: bool = False, column: bool = False):
    """Counts of five classes; class 3 has no pixel in truth (row), in the prediction (column), or in either."""

    def make(rng: Generator) -> Inputs:
        found = counts(5)(rng)["confusion"]
        if row:
            found[3] = 0
        if column:
            found[:, 3] = 0
        return {"confusion": found}

    return make


def perfect(rng: Generator) -> Inputs:
    """Every pixel is a hit; one class occurs nowhere."""
    found = counts(4)(rng)["confusion"].diag()
    found[2] = 0
    return {"confusion": found.diag()}


def one_pixel(rng: Generator) -> Inputs:
    """One class has a single pixel, which is a hit."""
    found = counts(4)(rng)["confusion"]
    found[1], found[:, 1] = 0, 0
    found[1, 1] = 1
    return {"confusion": found}


def all_wrong(rng: Generator) -> Inputs:
    """No pixel is a hit."""
    found = counts(4)(rng)["confusion"]
    return {"confusion": found - found.diag().diag()}


def other_views(function: Callable, confusion: Tensor) -> Tensor:
    """The same counts with truth and prediction exchanged, with the classes in another order, and a hundredfold."""
    views = [confusion.T, confusion.flip(0, 1), 100 * confusion]
    return torch.tensor([float(copy(function(view.contiguous()))) for view in views])


def absent(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Class 3 of five occurs nowhere: it counts all the same, with 0, with 1, or with no number."""
    counted = [4 * float(expected) / 5, (4 * float(expected) + 1) / 5]
    return NOTHING if _is(answer, *counted) else apart(answer, expected, inputs)


def overlooked(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Class 3 of five has no hit, but a union: it is left out, or no number."""
    return UNION if _is(answer, 5 * float(expected) / 4) else apart(answer, expected, inputs)


def apart(answer: Any, expected: Any, inputs: Inputs) -> str:
    """A mean that is a hundred times too large, nearly right, or wrong."""
    if np.isclose(float(answer), 100 * float(expected), rtol=1e-3):
        return PERCENT
    return NEARLY if abs(float(answer) - float(expected)) < 0.005 else CIRCLES


def _is(answer: Any, *values: float) -> bool:
    return bool(np.isnan(float(answer))) or bool(np.isclose(float(answer), values, rtol=1e-4).any())


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """Each class's hits, union and IoU, and the mean beside yours."""
    confusion = inputs["confusion"].double()
    hits = confusion.diag()
    union = confusion.sum(dim=0) + confusion.sum(dim=1) - hits
    parts = [f"{int(h)}/{int(u)}" for h, u in zip(hits, union, strict=True)]
    text = (
        f"hits / union of each class: {', '.join(parts)} (0/0 is left out)\n"
        f"mean IoU: expected {float(expected):.4f}, yours {float(answer):.4f}"
    )
    there = [c for c in range(len(union)) if union[c] > 0]

    def draw():
        values = [*(float(hits[c] / union[c]) for c in there), float(expected), float(answer)]
        bars = [*(f"class {c}" for c in there), "mean, expected", "mean, yours"]
        colors = [plots.SKY] * len(there) + [EXPECTED, YOURS]
        return plots.bars(bars, values, "IoU", colors=colors, form="{:.3f}")

    return Counterexample(text, draw)


CHECK = Check(
    "mean_iou",
    points=3,
    forbids=("torchmetrics", "sklearn.metrics", "course_lib.metrics"),
    compare=close(1e-4, 1e-6),
    hint=apart,
    explain=explain,
    cases=(
        Case("three classes", "values", counts(3)),
        Case("a large background", "values", counts(4, background=100)),
        Case(
            "a class that occurs nowhere",
            "values",
            without(row=True, column=True),
            hint=absent,
        ),
        Case("eight classes, many mistakes", "values", counts(8, most=200)),
        Case(
            "truth and prediction exchanged, other order, a hundredfold",
            "property",
            counts(4),
            probe=other_views,
            hint="An intersection and a union do not care which of the two is the truth, or what a class is called.",
            explain=False,
        ),
        Case(
            "a class that is only predicted",
            "edge",
            without(row=True),
            hint=overlooked,
            essential=True,
        ),
        Case(
            "a class that nobody predicts",
            "edge",
            without(column=True),
            hint=overlooked,
            essential=True,
        ),
        Case("a perfect prediction", "edge", perfect, essential=True),
        Case("a class of one pixel", "edge", one_pixel),
        Case("nothing is right", "edge", all_wrong),
        Case("one class", "edge", counts(1)),
        Case(
            "counts of a whole test set",
            "edge",
            counts(3, most=2**33),
            hint="These counts are in the billions. How far does the type go in which you add and divide?",
        ),
        Case(
            "no pixel at all",
            "edge",
            lambda rng: {"confusion": torch.zeros(3, 3, dtype=torch.int64)},
            hint="What does the docstring say where no class is left?",
            explain=False,
        ),
        *styles(counts(3))[1:],  # without float64: counts are whole numbers
    ),
)
