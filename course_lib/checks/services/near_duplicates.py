"""Unit 09: what is asked of `near_duplicates`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.pictures import numbered
from course_lib.checks.kit.refusals import became, refused
from course_lib.checks.kit.rows import apart, same_rows, verdict
from course_lib.checks.kit.styles import styles
from course_lib.checks.services.alike import (
    BELOW,
    BOUND,
    BY_HAND,
    NOTHING,
    READY_MADE,
    ZERO,
    Pictures,
    cosines,
    of_any_length,
    shuffled,
    signs,
    told,
    with_zero_rows,
)
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

ITSELF = "How like itself is a picture? Is that a pair of two?"
ORDER = "Look at the two numbers of the pair that should not be there. Which of them comes first, by the docstring?"
TWICE = "How often does your way of counting meet each pair?"


def exactly(threshold: float, changes: list[int], more: int = 3):
    """Similarities in eighths: on the threshold where it is one of them, or just below it."""

    def make(rng: Generator) -> Inputs:
        return {"features": shuffled(rng, signs(rng, changes, more)), "threshold": threshold}

    return make


def all_alike(rng: Generator) -> Inputs:
    """Four copies of one picture."""
    rows = signs(rng, [0, 0, 0], 0)
    return {"features": rows, "threshold": 0.9}


def nothing_alike(rng: Generator) -> Inputs:
    """Five pictures at right angles."""
    rows = torch.eye(5)[torch.as_tensor(rng.permutation(5))]
    return {"features": of_any_length(rng, rows.numpy()), "threshold": 0.25}


def of_one_number(rng: Generator) -> Inputs:
    """Features of a single number: what is left of a direction is its sign."""
    rows = 2.0 ** np.arange(6) * np.array([1, 1, 1, 1, -1, -1])
    return {"features": rounded(rng.permutation(rows)[:, None] / 8, 8), "threshold": 0.5}


def so_many(count: int):
    """One picture, or none."""

    def make(rng: Generator) -> Inputs:
        return {"features": signs(rng, [], 0)[:count], "threshold": 0.5}

    return make


def reordered(function: Callable, features: Tensor, threshold: float) -> Any:
    """The pairs of the rows in the other order and made short, under their old numbers."""
    found = torch.as_tensor(copy(function(features.flip(0) / 256, threshold)))
    return len(features) - 1 - found.flip(-1)


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """By the first pair that should not be there, or is missing."""
    missing, more, _ = apart(answer, expected)
    if more:
        i, j = more[0]
        return ITSELF if i == j else ORDER if i > j else BY_HAND
    return BY_HAND if missing else TWICE


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first pair that is missing, too many or twice: both rows, their product and their cosine."""
    missing, more, twice = apart(answer, expected)
    row = [*more, *missing, *twice][0]
    i, j = row
    features, threshold = inputs["features"], inputs["threshold"]
    counts = f"pairs: expected {len(expected)}, yours {len(answer)}"
    if not all(0 <= place < len(features) for place in row):
        return Counterexample(f"{counts}\n{row} in your answer: there are rows 0 to {len(features) - 1} only")
    product = float(features[i].double() @ features[j].double())
    similarities = cosines(features, features)
    text = (
        f"{counts}\n{told(f'row {i}', features[i])}\n{told(f'row {j}', features[j])}\n"
        f"product {product:.3f}, similarity {float(similarities[i, j]):.3f}, threshold {threshold:g}: "
        f"{verdict(row, missing, more)}"
    )
    return Counterexample(text, lambda: _tables(similarities, answer, expected, row))


def _tables(similarities: Tensor, answer: Tensor, expected: Tensor, row: tuple[int, ...]):
    """All similarities, and the pairs that are expected and that came; one pair is framed in each."""
    tables = []
    for pairs in (expected, answer):
        table = torch.zeros_like(similarities)
        for i, j in pairs.tolist():
            if max(i, j) < len(table):
                table[i, j] = 1
        tables.append(table)
    titles = ["similarities", "pairs, expected", "pairs, yours"]
    return numbered([similarities, *tables], [(*row, 1, 1)] * 3, titles, right=tables[0])


SOME = Pictures(2, 8)
REFUSED = {"compare": refused("ValueError", aside=True), "probe": became, "hint": ZERO, "explain": False}
CHECK = Check(
    "near_duplicates",
    points=4,
    compare=same_rows("pair"),
    hint=hint,
    explain=explain,
    forbids=READY_MADE,
    cases=(
        Case("copies, a chain, an opposite", "values", SOME),
        Case("a higher threshold", "values", Pictures(1, 10, threshold=0.875)),
        Case("features of 48 numbers", "values", Pictures(4, 48, threshold=0.5)),
        Case("in another order, shorter", "property", SOME, probe=reordered, hint=False, explain=False),
        Case("similarities of exactly the threshold", "edge", exactly(0.75, [2, 1, 3, 2]), hint=BOUND),
        Case("similarities 1 / 256 below the threshold", "edge", exactly(0.75 + 1 / 256, [2, 1, 3, 2]), hint=BELOW),
        Case("threshold 1", "edge", exactly(1.0, [0, 0, 1]), hint=BOUND),
        Case("a threshold below 0", "edge", exactly(-0.25, [10, 9, 16, 12])),
        Case("four copies", "edge", all_alike),
        Case("nothing is alike", "edge", nothing_alike, hint=NOTHING),
        Case("features of one number", "edge", of_one_number),
        Case("one picture", "edge", so_many(1), hint=NOTHING, explain=False),
        Case("no picture", "edge", so_many(0), hint=NOTHING, explain=False),
        Case("a row of zeros", "edge", with_zero_rows(SOME, "features"), **REFUSED),
        Case("zeros in the first and the last row", "edge", with_zero_rows(SOME, "features", ends=True), **REFUSED),
        Case("one picture, of zeros", "edge", with_zero_rows(so_many(1), "features"), **REFUSED),
        *styles(SOME),
    ),
)
