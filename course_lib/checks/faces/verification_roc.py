"""Unit 07: what is asked of `verification_roc`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, like, worst
from course_lib.checks.faces.pairs import (
    NAN,
    ONE_KIND,
    all_different,
    all_same,
    digits,
    none_left,
    not_measured,
    told,
    with_nan,
)
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.parts import named
from course_lib.checks.kit.pictures import number
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch

PARTS = ("far", "tar", "thresholds")
COUNT = "Take one threshold: which pairs are at most so far apart, of which kind are they, and how many has that kind?"
WHICH = "Which thresholds are asked for? One that accepts nothing, then each distance that occurs, from small to large."
TOGETHER = "Two pairs at the same distance: is there a threshold that accepts one of them and not the other?"
IDENTICAL = "Two identical images are at distance 0: at which thresholds is such a pair accepted, and at which not?"


@dataclass(frozen=True)
class Pairs:
    """Pairs in any order, all at different distances; those of one person are nearer on the whole, not all of them.

    Attributes:
        same, different: how many there are of each kind. step: distances are multiples of it, from 1 to `most` of them.
        ties: some distances occur more than once, and one of them in pairs of both kinds.
    """

    same: int
    different: int
    step: float = 1 / 64
    most: int = 256
    ties: bool = False

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, self._fits)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        count = self.same + self.different
        levels = rng.choice(np.arange(1, self.most + 1), count, replace=False)
        if self.ties:
            levels = rng.choice(levels[: count // 2 + 1], count)
        likely = 1.5 - np.argsort(np.argsort(levels)) / count
        same = np.isin(np.arange(count), rng.choice(count, self.same, replace=False, p=likely / likely.sum()))
        return {"distances": rounded(levels * self.step, round(1 / min(1, self.step))), "same": torch.as_tensor(same)}

    def _fits(self, inputs: Inputs) -> bool:
        """Neither kind lies below the other, nothing is sorted, both kinds have thresholds of their own; and ties."""
        distances, same = inputs.values()
        near, far = distances[same], distances[~same]
        mixed = bool(near.min() < far.max() and far.min() < near.max())
        tied = len(distances.unique()) < len(distances) and bool(torch.isin(near, far).any())
        mixed = mixed and len(near.unique()) < len(distances.unique())
        return mixed and _unsorted(distances) and tied == self.ties


def _unsorted(distances: Tensor) -> bool:
    """Whether the distances do not rise, those that come again left out."""
    return list(dict.fromkeys(distances.tolist())) != distances.unique().tolist()


def apart(rng: Generator) -> Inputs:
    """All pairs of one person are nearer than all others."""
    inputs = Pairs(4, 3)(rng)
    order = inputs["distances"].argsort()
    return inputs | {"same": torch.isin(torch.arange(7), order[:4])}


def one_of_each(rng: Generator) -> Inputs:
    """One pair of each kind, the wrong one nearer."""
    near, far = sorted(rng.choice(np.arange(1, 256), 2, replace=False))
    return {"distances": rounded([far / 64, near / 64]), "same": torch.tensor([True, False])}


def identical(rng: Generator) -> Inputs:
    """Two pairs of identical images, and one of the distances below is that of two persons."""
    inputs = Pairs(4, 5)(rng)
    inputs["distances"][inputs["same"].nonzero()[:2, 0]] = 0.0
    return inputs


def otherwise(function: Callable, distances: Tensor, same: Tensor) -> list[Any]:
    """The same pairs in another order, and at distances four times as large."""
    found = [function(distances.flip(0), same.flip(0)), function(4 * distances, same)]
    return [[torch.as_tensor(copy(part)) for part in one] for one in found]


def curve() -> Compare:
    """The three parts number by number; a wrong number of thresholds is said as such."""
    exactly = named(close(1e-5, 1e-6), *PARTS)

    def compare(answer: Any, expected: Sequence[Tensor], inputs: Inputs) -> Mismatch | None:
        if wrong := like(answer, expected, any_length=True):
            return wrong
        lengths, right = [len(part) for part in answer], len(expected[2])
        if lengths == [right] * 3:
            return exactly(answer, expected, inputs)
        got = str(lengths[0]) if len(set(lengths)) == 1 else ", ".join(map(str, lengths))
        return Mismatch(f"Expected {right} points, -infinity and {right - 1} distances that occur; got {got}.")

    return compare


def hint(answer: Sequence[Tensor], expected: Sequence[Tensor], inputs: Inputs) -> str:
    """Which thresholds there are, or what is counted at each of them."""
    same_length = all(len(part) == len(expected[2]) for part in answer)
    return COUNT if same_length and torch.allclose(answer[2], expected[2]) else WHICH


def explain(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The pairs in their order; the thresholds, or the threshold whose rate is furthest off; both curves."""
    lines = [told(inputs["distances"], inputs["same"])]
    if hint(answer, expected, inputs) is WHICH:
        lines += [f"thresholds {who}: {_listed(part[2])}" for who, part in (("expected", expected), ("yours", answer))]
    else:
        lines += _at_the_worst(inputs, answer, expected)

    def draw():
        ax = plots.curve(expected[0].tolist(), {"expected": expected[1].tolist()}, "FAR", "TAR")
        ax.lines[0].set(color=EXPECTED, linewidth=4, alpha=0.5)
        if len(answer[0]) == len(answer[1]):
            ax.plot(answer[0].tolist(), answer[1].tolist(), "o--", color=YOURS, markersize=4, label="yours")
        ax.legend()
        return ax

    return Counterexample("\n".join(lines), draw)


def _listed(thresholds: Tensor) -> str:
    words = ["−∞" if value == -torch.inf else digits(value) for value in thresholds[:10].double()]
    return ", ".join(words) + (f", … ({len(thresholds)} in all)" if len(thresholds) > 10 else "")


def _at_the_worst(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> list[str]:
    """At the threshold that is furthest off: how many pairs of each kind are accepted, and both rates."""
    _, at = worst(torch.stack([*answer[:2]]), torch.stack([*expected[:2]]))
    threshold, same = expected[2][at], inputs["same"]
    accepted = inputs["distances"] <= threshold
    counts = [f"{int((accepted & kind).sum())} of {int(kind.sum())}" for kind in (same, ~same)]
    rates = [f"FAR {number(float(part[0][at]))}, TAR {number(float(part[1][at]))}" for part in (expected, answer)]
    where = "−∞" if threshold == -torch.inf else digits(threshold)
    return [
        f"threshold {where} accepts {counts[0]} pairs of one person and {counts[1]} of two",
        f"expected {rates[0]}; yours {rates[1]}",
    ]


MIXED = Pairs(4, 6)
PLAIN = {"explain": False, "hint": False}
CHECK = Check(
    "verification_roc",
    points=4,
    forbids=("sklearn.metrics", "torchmetrics", "course_lib.explorers"),
    compare=curve(),
    hint=hint,
    explain=explain,
    cases=(
        Case("five pairs", "values", Pairs(3, 2)),
        Case("more pairs of one person", "values", Pairs(7, 3)),
        Case("more pairs of two persons", "values", Pairs(3, 9)),
        Case("pairs at equal distances", "values", Pairs(5, 6, ties=True), hint=TOGETHER),
        Case("distances that are close together", "values", Pairs(6, 5, step=1 / 2048, most=128)),
        Case("distances far above 4", "values", Pairs(5, 4, step=8)),
        Case("another order, and four times as far", "property", MIXED, close(1e-5, 1e-6), otherwise, **PLAIN),
        Case("identical images", "edge", identical, hint=IDENTICAL),
        Case("the persons are far apart", "edge", apart),
        Case("one pair of each kind", "edge", one_of_each),
        not_measured(MIXED, "a distance that is NaN", with_nan, NAN),
        not_measured(MIXED, "only pairs of one person", all_same, ONE_KIND),
        not_measured(MIXED, "only pairs of two persons", all_different, ONE_KIND),
        not_measured(MIXED, "no pairs", none_left, ONE_KIND),
        *styles(MIXED),
    ),
)
