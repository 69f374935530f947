"""Unit 09: features of pictures and their copies, whose similarities keep away from the threshold or lie exactly on it.

Numbers are drawn in sixteenths, and lengths are changed by powers of two.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.pictures import number
from course_lib.checks.spec import Inputs

READY_MADE = (  # cosines by others; both checks that compare pictures forbid them
    "torch.cosine_similarity",
    "torch.nn.CosineSimilarity",
    "torch.nn.functional.cosine_similarity",
    "torch.nn.CosineEmbeddingLoss",
    "torch.nn.functional.cosine_embedding_loss",
    "pytorch_metric_learning",
    "torchmetrics",
    "sklearn",
    "scipy",
    "imagehash",
    "course_lib.explorers",
)
APART = 0.02  # no similarity is nearer to the threshold
COPIED = 6  # rows that have a copy
SIGNS = 16  # numbers of 1 and -1 have length 4: every way to calculate a cosine of them is exact
MOST = 6  # numbers of a row in a text
BY_HAND = "Calculate one similarity by hand: product, both lengths, quotient. On which side of the threshold is it?"
ZERO = "What is 0 / 0, and what does the docstring say of a picture whose features are all 0?"
BOUND = "The docstring says what becomes of a similarity that lies exactly on the threshold."
BELOW = "A similarity that is a little below the threshold is below it, by whatever margin."
NOTHING = "Nothing is found here, and nothing has a shape, too."

Rule = Callable[[Tensor, Tensor], Tensor]


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """All similarities of two tables of features, [n, m]."""
    a, b = a.double(), b.double()
    return a @ b.T / (a.norm(dim=1)[:, None] * b.norm(dim=1))


def products(a: Tensor, b: Tensor) -> Tensor:
    """The same without the lengths."""
    return a.double() @ b.double().T


def nearness(a: Tensor, b: Tensor) -> Tensor:
    """1 less the distance."""
    return 1 - (a.double()[:, None] - b.double()).norm(dim=2)


def capped(a: Tensor, b: Tensor) -> Tensor:
    """With lengths above 1 made 1, and smaller ones left."""
    a, b = (rows.double() / rows.double().norm(dim=1, keepdim=True).clamp(min=1) for rows in (a, b))
    return a @ b.T


def halfway(a: Tensor, b: Tensor) -> Tensor:
    """Divided by the second length only."""
    return products(a, b) / b.double().norm(dim=1)


OTHERS: tuple[Rule, ...] = (
    products,
    nearness,
    capped,
    halfway,
    lambda a, b: cosines(a, b).abs(),
    lambda a, b: -cosines(a, b),
)


def clear(similarities: Tensor, threshold: float) -> bool:
    """Whether none lies near the threshold."""
    return bool(((similarities - threshold).abs() > APART).all())


def of_any_length(rng: Generator, rows: np.ndarray) -> Tensor:
    """The rows in sixteenths, each a 32nd to eight times as long."""
    return rounded(rows, 16) * torch.as_tensor(2.0 ** rng.integers(-5, 4, (len(rows), 1))).float()


@dataclass(frozen=True)
class Pictures:
    """Three copies of one picture, a chain of three, a picture and its opposite, and others; in random order.

    The first row and the last have a copy each. In the chain the first is like the second and the second like the
    third, but the first is not like the third.

    Attributes:
        more: other pictures. size: numbers of each. threshold: of the question.
    """

    more: int
    size: int
    threshold: float = 0.75

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, self._telling)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        middle, start, step, other = rng.normal(size=(4, self.size))
        step *= 0.75 * (self.threshold**-2 - 1) ** 0.5
        noise = 0.3 * rng.normal(size=(4, self.size))
        rows = [middle + one for one in noise[:3]] + [start + number * step for number in range(3)]
        rows += [other, noise[3] - other, *rng.normal(size=(self.more, self.size))]
        features = of_any_length(rng, np.array(rows))
        first, last, *others = [*rng.permutation(COPIED), *range(COPIED, len(rows))]
        order = [first, *rng.permutation(others), last]
        return {"features": features[torch.as_tensor(order)], "threshold": self.threshold}

    def _telling(self, inputs: Inputs) -> bool:
        """Whether five pairs are alike and one is opposite, and every other measure finds other pairs."""
        features, threshold = inputs["features"], inputs["threshold"]
        if not features.any(dim=1).all():
            return False
        similarities = upper(cosines(features, features))
        found = similarities >= threshold
        others = [upper(rule(features, features)) >= threshold for rule in OTHERS]
        sizes = (int(found.sum()), int((similarities <= -threshold).sum()))
        return clear(similarities, threshold) and sizes == (5, 1) and not any(torch.equal(found, o) for o in others)


def upper(table: Tensor) -> Tensor:
    """The numbers above the diagonal, in one row."""
    return table[tuple(torch.triu_indices(*table.shape, offset=1))]


def signs(rng: Generator, changes: list[int], more: int) -> Tensor:
    """Rows of 1 and -1, of any length: one, others that differ from it in so many places, and some at random.

    With 2 of 16 places changed the cosine is exactly 0.75, whoever calculates it.
    """
    first = 1 - 2 * rng.integers(0, 2, SIGNS)
    rows = [first]
    for count in changes:
        rows.append(first.copy())
        rows[-1][rng.choice(SIGNS, count, replace=False)] *= -1
    return of_any_length(rng, np.array([*rows, *(1 - 2 * rng.integers(0, 2, (more, SIGNS)))]))


def shuffled(rng: Generator, rows: Tensor) -> Tensor:
    """The rows in random order."""
    return rows[torch.as_tensor(rng.permutation(len(rows)))]


def with_zero_rows(make_inputs: Callable[[Generator], Inputs], name: str, ends: bool = False):
    """The row in the middle is all zeros, or the first and the last one are."""

    def make(rng: Generator) -> Inputs:
        inputs = make_inputs(rng)
        rows = inputs[name].clone()
        rows[[0, -1] if ends else len(rows) // 2] = 0
        return inputs | {name: rows}

    return make


def told(name: str, row: Tensor) -> str:
    """A row in words: its first numbers and its length."""
    numbers = ", ".join(number(value) for value in row[:MOST].tolist())
    return f"{name} = ({numbers}{', …' if len(row) > MOST else ''}), of length {float(row.double().norm()):.3f}"
