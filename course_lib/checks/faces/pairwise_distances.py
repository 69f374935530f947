"""Unit 07: what is asked of `pairwise_distances`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, judged_by, worst
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.pictures import both, number, numbered
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

TWO_ROWS = "Take the two rows below and calculate by hand: subtract, square, add. Which of the steps do you miss?"
ITSELF = "How far is a face from itself?"
ONE_HALF = "The table has two halves: how far is it from j to i when you know how far it is from i to j?"
NO_SQUARE = "A little is left of two large numbers, and it is rounded. Which numbers can no square be?"
SLOPE = "Is there a root on the way? What is its slope at 0, and what is infinity times 0?"
ROUNDING = 1e-5  # of the largest squared length: what the formula with the product may be off by in float32


@dataclass(frozen=True)
class Rows:
    """Embeddings in sixteenths: whatever way they are subtracted, float32 is exact.

    Attributes:
        n, d: how many, of how many numbers. unequal: the rows' lengths are. twice: the last row is the first.
    """

    n: int
    d: int
    unequal: bool = False
    twice: bool = False

    def __call__(self, rng: Generator) -> Inputs:
        x = rounded(rng.normal(size=(self.n, self.d)), 16)
        if self.unequal:
            x = x * torch.as_tensor(rng.permutation(2.0 ** (torch.arange(self.n) % 4 - 1).numpy())[:, None]).float()
        if self.twice:
            x[-1] = x[0]
        return {"x": x}


def large(apart: float):
    """Twelve rows of 48 numbers around 1000, so far apart: float32 cannot hold their squared lengths exactly."""

    def make(rng: Generator) -> Inputs:
        middle = 1000 + 100 * rng.uniform(size=48)
        return {"x": rounded(middle + apart * rng.uniform(0.25, 1, (12, 48)), 4096)}

    return make


def reordered(function: Callable, x: Tensor) -> list[Tensor]:
    """The rows in the other order, and all numbers moved and mirrored."""
    return [torch.as_tensor(copy(function(other))) for other in (x.flip(0), 2 - x.flip(1))]


def never_negative(answer: Tensor, inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with distances that need not be exact: all symptoms, and the sentence on the first."""
    x = inputs["x"].double()
    off = ~torch.eye(len(x), dtype=torch.bool)
    diagonal, right = answer.diagonal(), (x[:, None] - x).square().sum(dim=2)
    limit = ROUNDING * float(x.square().sum(dim=1).max())
    told = {
        "negative": (bool((answer[off] < 0).any()), f"A squared distance is {float(answer[off].min()):.3g}."),
        "diagonal": (bool((diagonal != 0).any()), f"On the diagonal stands {float(_largest(diagonal)):.3g}."),
        "apart": (not bool(((answer - right).abs() <= limit).all()), f"A distance is off by more than {limit:.3g}."),
    }
    found = [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]
    return (" ".join(name for name, _ in found), found[0][1]) if found else None


def _largest(values: Tensor) -> Tensor:
    """The number that is furthest from 0."""
    return values[values.abs().argmax()]


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """A diagonal, a half, or numbers that are wrong."""
    if bool((answer.diagonal().abs() > 1e-3).any()):
        return ITSELF
    return TWO_ROWS if torch.allclose(answer, answer.T, equal_nan=True) else ONE_HALF


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pair of rows whose distance is furthest off."""
    return _shown(inputs, answer, expected, worst(answer, expected))


def explain_rounding(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The lowest number beside the diagonal where it is negative; else the one on the diagonal that is furthest off."""
    beside = answer + torch.diag(torch.full((len(answer),), torch.inf))
    lowest = divmod(int(beside.argmin()), len(answer))
    on = (int(answer.diagonal().abs().argmax()),) * 2
    return _shown(inputs, answer, expected, lowest if float(answer[lowest]) < 0 else on)


def _shown(inputs: Inputs, answer: Tensor, expected: Tensor, place: tuple[int, int]) -> Counterexample:
    x = inputs["x"]
    rows = "\n".join(f"x[{i}] = {_row(x[i])}" for i in dict.fromkeys(place))
    text = f"{rows}\nrow {place[0]}, column {place[1]}: {both(answer, expected, place)}"

    def draw():
        ax = numbered([expected, answer], [(*place, 1, 1)] * 2, ["expected", "yours"], right=expected)
        ax.set(xlabel="row of x", ylabel="row of x")
        return ax

    return Counterexample(text, draw)


def _row(values: Tensor, most: int = 6) -> str:
    told = [number(value) for value in values[:most].tolist()]
    return f"({', '.join(told)}{', …' if len(values) > most else ''})"


CHECK = Check(
    "pairwise_distances",
    points=3,
    compare=close(1e-4, 1e-4),
    hint=hint,
    explain=explain,
    forbids=(
        "torch.cdist",
        "torch.pdist",
        "torch.pairwise_distance",
        "torch.nn.PairwiseDistance",
        "torch.nn.functional.pairwise_distance",
        "torch.nn.functional.pdist",
        "scipy.spatial",
        "sklearn",
        "torchmetrics",
        "course_lib.explorers",
        "pytorch_metric_learning",
    ),
    cases=(
        Case("four rows of three numbers", "values", Rows(4, 3)),
        Case("three rows of eight numbers", "values", Rows(3, 8)),
        Case("rows of unequal lengths", "values", Rows(6, 4, unequal=True)),
        Case("in another order, mirrored", "property", Rows(5, 3), probe=reordered, hint=False, explain=False),
        Case("gradients of x", "property", Rows(4, 3), close(1e-3, 1e-3), gradients_of(0), hint=GRAPH, explain=False),
        Case(
            "gradients where two rows are equal",
            "edge",
            Rows(4, 3, twice=True),
            close(1e-3, 1e-3),
            gradients_of(0),
            hint=SLOPE,
            explain=False,
            essential=True,
        ),
        Case(
            "nearly equal rows far from 0",
            "edge",
            large(1 / 16),
            judged_by(never_negative),
            hint=NO_SQUARE,
            explain=explain_rounding,
            essential=True,
        ),
        Case(
            "large rows",
            "edge",
            large(100),
            judged_by(never_negative),
            hint=ITSELF,
            explain=explain_rounding,
            essential=True,
        ),
        Case("two equal rows", "edge", Rows(4, 3, twice=True)),
        Case("rows of one number", "edge", Rows(5, 1)),
        Case("rows of 128 numbers", "edge", Rows(3, 128)),
        Case("one row", "edge", Rows(1, 4)),
        Case("no row", "edge", Rows(0, 4), explain=False),
        *styles(Rows(4, 3)),
    ),
)
