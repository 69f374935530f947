"""Unit 07: what is asked of `mine_semi_hard`."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import like
from course_lib.checks.faces.shared import aside
from course_lib.checks.kit.show import ASIDE, EXPECTED, GIVEN, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

Row = tuple[int, ...]
LARGE = (2**24, 2**24 + 1, 2**24 + 2**16, -7)  # neither 32-bit floats nor 16-bit integers tell all of them apart
NOT_VALID = "Read the triplet that should not be there: are a and p two images of one person, and is n somebody else?"
NOT_BETWEEN = "Read the triplet that should not be there: is its negative behind the positive, and within the margin?"
MISSING = "Take the triplet that is missing. Which of your conditions does it fail, and does the docstring ask for it?"
TWICE = "How often does your way of counting meet each triplet?"
ON_BOUND = "The docstring says what becomes of a negative that lies exactly on one of the two bounds."
NOBODY = "Nothing is found here, and nothing has a shape, too."


@dataclass(frozen=True)
class Batch:
    """People with so many images each, in random order, and distances in sixteenths, no two equal.

    A margin that is an odd number of 32nds leaves every negative a 32nd at least from both bounds.

    Attributes:
        counts: images of each person. margin: see above. low: the smallest distance is a sixteenth more.
        names: of the people. dtype: of the labels.
    """

    counts: tuple[int, ...]
    margin: float = 9 / 32
    low: float = 0.0
    names: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
    dtype: torch.dtype = torch.int64

    def __call__(self, rng: Generator) -> Inputs:
        n = sum(self.counts)
        people = zip(self.names, self.counts, strict=False)
        labels = torch.tensor([name for name, count in people for _ in range(count)])
        upper = np.triu_indices(n, k=1)
        distances = torch.zeros(n, n)
        distances[upper] = torch.as_tensor(self.low + (rng.permutation(len(upper[0])) + 1) / 16).float()
        return {
            "distances": distances + distances.T,
            "labels": labels[torch.as_tensor(rng.permutation(n))].to(self.dtype),
            "margin": self.margin,
        }


def none_between(rng: Generator) -> Inputs:
    """All people are far from each other: no negative lies within the margin."""
    inputs = Batch((3, 2, 2))(rng)
    other = inputs["labels"][:, None] != inputs["labels"]
    return inputs | {"distances": inputs["distances"] + 8 * other}


def on_a_bound(step: float):
    """Person 0 has two images, 0.5 apart; two images of others are exactly 0.5 + `step` from both, margin 9 / 32.

    No other distance lies on a bound.
    """

    def make(rng: Generator) -> Inputs:
        inputs = Batch((2, 2, 3))(rng)
        labels, distances = inputs["labels"], inputs["distances"] + 1
        anchor, positive = (labels == 0).nonzero()[:, 0].tolist()
        others = (labels != 0).nonzero()[:, 0][torch.as_tensor(rng.permutation(5))]
        for image in (anchor, positive):
            far = torch.tensor([0.5 + step, 0.5 + step, 0.625, 0.375, 0.875])
            distances[image, others] = distances[others, image] = far
        distances[anchor, positive] = distances[positive, anchor] = 0.5
        distances.fill_diagonal_(0)
        return inputs | {"distances": distances}

    return make


def equal_images(rng: Generator) -> Inputs:
    """Two images of one person are equal, and two images of two people: the distance is 0."""
    inputs = Batch((3, 3, 2))(rng)
    labels, distances = inputs["labels"], inputs["distances"]
    first, second = (labels == 0).nonzero()[:2, 0].tolist()
    a, b = (int((labels == who).nonzero()[0, 0]) for who in (1, 2))
    for i, j in ((first, second), (a, b)):
        distances[i, j] = distances[j, i] = 0
    near = (labels != 0).nonzero()[:2, 0]
    distances[first, near] = distances[near, first] = torch.tensor([7 / 32, 5 / 32])
    return inputs


def not_a_number(rng: Generator) -> Inputs:
    """One image's embedding is broken: all of its distances are NaN."""
    inputs = Batch((3, 3, 2))(rng)
    broken = int((inputs["labels"] == 0).nonzero()[0, 0])
    inputs["distances"][broken] = inputs["distances"][:, broken] = torch.nan
    return inputs


def reordered(function: Callable, distances: Tensor, labels: Tensor, margin: float) -> Any:
    """The triplets of the images in the other order, under their old numbers."""
    found = function(distances.flip(0, 1), labels.flip(0), margin)
    return len(labels) - 1 - torch.as_tensor(copy(found))


def same_triplets(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
    """The same rows in any order, each once."""
    wrong = like(answer, expected, any_length=True)
    if wrong:
        return wrong
    missing, more, twice = apart(answer, expected)
    told = [("is missing", missing), ("should not be there", more), ("comes more than once", twice)]
    said = [f"the triplet {rows[0]} {what}{_and_others(rows)}" for what, rows in told if rows]
    text = "; ".join(said)
    return Mismatch(f"{text[:1].upper()}{text[1:]}.") if said else None


def _and_others(rows: list[Row]) -> str:
    return f", and {len(rows) - 1} more" if len(rows) > 1 else ""


def apart(answer: Tensor, expected: Tensor) -> tuple[list[Row], list[Row], list[Row]]:
    """Rows that are missing, that should not be there, and that come more than once."""
    mine, theirs = (Counter(tuple(int(i) for i in row) for row in rows.tolist()) for rows in (answer, expected))
    often = [row for row in theirs if mine[row] > theirs[row]]
    return sorted(theirs.keys() - mine), sorted(mine.keys() - theirs), sorted(often)


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Of the first triplet that is too many whether its images or its distances are wrong; or one that is missing."""
    missing, more, _ = apart(answer, expected)
    if more:
        return NOT_BETWEEN if _valid(more[0], inputs["labels"]) else NOT_VALID
    return MISSING if missing else TWICE


def _valid(row: Row, labels: Tensor) -> bool:
    """Whether a and p are two images of one person and n is one of another."""
    inside = all(0 <= i < len(labels) for i in row)
    return inside and row[0] != row[1] and bool(labels[row[0]] == labels[row[1]] != labels[row[2]])


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first triplet that is missing, too many or twice: who is on its images, and its distances."""
    missing, more, twice = apart(answer, expected)
    row = [*more, *missing, *twice][0]
    counts = f"triplets: expected {len(expected)}, yours {len(answer)}"
    labels, distances, margin = inputs["labels"], inputs["distances"], inputs["margin"]
    if not all(0 <= i < len(labels) for i in row):
        return Counterexample(f"{counts}\n{row} in your answer: there are images 0 to {len(labels) - 1} only")
    a, p, n = row
    near, far = float(distances[a, p]), float(distances[a, n])
    text = (
        f"{counts}\n(a, p, n) = {row}, of the people {[int(labels[i]) for i in row]}: d(a, p) = {near:g}, "
        f"d(a, n) = {far:g}, d(a, p) + margin = {near + margin:g}\n"
        f"{_both(row, more, missing)}"
    )
    return Counterexample(text, lambda: _line(inputs, answer, expected, a, p))


def _both(row: Row, more: list[Row], missing: list[Row]) -> str:
    if row in more:
        return "it is in your answer, and it is not expected there"
    return (
        "it is expected, and missing in your answer" if row in missing else "it is expected once, and comes more often"
    )


def _line(inputs: Inputs, answer: Tensor, expected: Tensor, a: int, p: int):
    """All images at their distance from one anchor: who they show, the band behind the positive, and what was taken."""
    import matplotlib.pyplot as plt

    labels, distances = inputs["labels"].tolist(), inputs["distances"][a].double().nan_to_num(0)
    near, margin = float(distances[p]), inputs["margin"]
    ax = plt.subplots(figsize=(8, 2.6), layout="constrained")[1]
    ax.axvspan(near, near + margin, color=ASIDE, alpha=0.4, label="behind p, within the margin")
    taken = [{int(row[2]) for row in rows.tolist() if row[:2] == [a, p]} for rows in (expected, answer)]
    for image, distance in enumerate(distances.tolist()):
        same = labels[image] == labels[a]
        ax.plot(distance, 0, "s" if same else "o", color=GIVEN if same else "white", markeredgecolor=GIVEN)
        name = "a" if image == a else "p" if image == p else str(image)
        ax.annotate(name, (distance, 0), (0, 9), textcoords="offset points", ha="center")
    for rows, height, color, label in zip(taken, (-1, -2), (EXPECTED, YOURS), ("expected", "yours"), strict=True):
        inside = [float(distances[image]) for image in rows if 0 <= image < len(labels)]
        ax.plot(inside, [height] * len(inside), "^", color=color, label=f"negatives, {label}")
    ax.set(ylim=(-2.6, 1), yticks=[], xlabel=f"squared distance from image {a}; squares show the same person")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


CHECK = Check(
    "mine_semi_hard",
    points=5,
    compare=same_triplets,
    hint=hint,
    explain=explain,
    forbids=("pytorch_metric_learning", "course_lib.explorers"),
    cases=(
        Case("three people", "values", Batch((3, 2, 2))),
        Case("one of four people has a single image", "values", Batch((3, 1, 2, 3))),
        Case("a wide margin", "values", Batch((2, 3, 2), margin=33 / 32)),
        Case("people far apart", "values", Batch((3, 2, 3), margin=17 / 32, low=4.0)),
        Case("in another order", "property", Batch((3, 2, 3)), probe=reordered, hint=False, explain=False),
        Case("two equal images", "edge", equal_images),
        Case("negatives exactly as far as the positive", "edge", on_a_bound(0.0), hint=ON_BOUND),
        Case("negatives exactly the margin farther", "edge", on_a_bound(9 / 32), hint=ON_BOUND),
        Case("distances that are NaN", "edge", not_a_number),
        Case("labels of any size, 32 bits", "edge", Batch((2, 2, 2, 2), names=LARGE, dtype=torch.int32)),
        Case("labels of 8 bits without a sign", "edge", Batch((3, 2, 2), names=(200, 3, 90), dtype=torch.uint8)),
        Case("nobody within the margin", "edge", none_between, aside(same_triplets), hint=NOBODY),
        Case("one person", "edge", Batch((5,)), aside(same_triplets), hint=NOBODY),
        Case("everybody once", "edge", Batch((1, 1, 1, 1)), aside(same_triplets), hint=NOBODY),
        Case("no image", "edge", Batch(()), aside(same_triplets), hint=NOBODY, explain=False),
        *styles(Batch((3, 2, 2))),
    ),
)
