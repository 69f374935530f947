"""Unit 07: what is asked of `lfw_accuracy`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
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
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

ONE_FOLD = "Follow one fold: which pairs choose the threshold, which are tested, and how many of those are right?"
ERROR = (
    "Your mean is right. How far are the folds from it, and how far is then the mean of so many folds from the truth?"
)
NOTHING = "Which threshold accepts no pair at all? It may be the best one."
EVERYTHING = "Which threshold accepts every pair? It may be the best one."
TWO_FOLDS = "What can choose the threshold of a fold when there is no other?"


@dataclass(frozen=True)
class Folds:
    """Pairs in folds whose best thresholds differ; whatever threshold is best on the others, a fold's accuracy is one.

    Attributes:
        sizes: pairs per fold. numbers: what the folds are called; positions, if empty. mixed: their pairs do not stand
            together. step: distances are multiples of it, from 1 to 14 of them.
    """

    sizes: tuple[int, ...]
    numbers: tuple[int, ...] = ()
    mixed: bool = False
    step: float = 0.25

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, telling)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        count = sum(self.sizes)
        folds = torch.tensor(self.numbers or range(len(self.sizes))).repeat_interleave(torch.tensor(self.sizes))
        same = torch.as_tensor(rng.uniform(size=count) < 0.55)
        shift = torch.as_tensor(rng.integers(0, 6, len(self.sizes))).repeat_interleave(torch.tensor(self.sizes))
        levels = torch.as_tensor(rng.integers(1, 7, count)) + shift + 3 * ~same
        distances = rounded(levels.clamp(max=14) * self.step, round(1 / self.step))
        order = torch.as_tensor(rng.permutation(count)) if self.mixed else torch.arange(count)
        return {"distances": distances[order], "same": same[order], "folds": folds[order]}


def best(distances: Tensor, same: Tensor, among: Tensor) -> Tensor:
    """Of all thresholds that matter, from the one that accepts nothing on, those with the most of these pairs right.

    Args:
        among: all distances; between two neighbours of them nothing changes.
    """
    thresholds = torch.cat([torch.tensor([-torch.inf]), among.unique()])
    right = ((distances <= thresholds[:, None]) == same).sum(dim=1)
    return thresholds[right == right.max()]


def each_fold(inputs: Inputs) -> Iterator[tuple[Tensor, Tensor, set[float]]]:
    """Of each fold: its pairs, the thresholds that are best on the others, and its accuracies with all of these."""
    distances, same, folds = inputs.values()
    for fold in folds.unique():
        tested = folds == fold
        thresholds = best(distances[~tested], same[~tested], distances)
        shares = ((distances[tested] <= thresholds[:, None]) == same[tested]).double().mean(dim=1)
        yield tested, thresholds, set(shares.tolist())


def clear(inputs: Inputs) -> bool:
    """Whether it does not matter which of the best thresholds is taken; pairs of both kinds choose each of them."""
    same = inputs["same"]
    return all(
        len(shares) == 1 and 0 < same[~tested].sum() < (~tested).sum() for tested, _, shares in each_fold(inputs)
    )


def accuracy(accepted: Tensor, same: Tensor) -> Tensor:
    """The share of right pairs."""
    return (accepted == same).double().mean()


def hits(accepted: Tensor, same: Tensor) -> Tensor:
    """The share of pairs that are rightly accepted."""
    return (accepted & same).double().mean()


def balanced(accepted: Tensor, same: Tensor) -> Tensor:
    """The mean of the shares of both kinds that are right, or of the only one."""
    return torch.stack([(accepted[kind] == same[kind]).double().mean() for kind in (same, ~same)]).nanmean()


def mean(
    inputs: Inputs,
    chosen_by: Callable[[Tensor], Tensor] = torch.logical_not,
    tested_by: Callable[[Tensor], Tensor] = torch.clone,
    measure: Callable[[Tensor, Tensor], Tensor] = accuracy,
) -> float:
    """What a protocol reports; of each fold's pairs, other ones may choose the threshold or be tested."""
    distances, same, folds = inputs.values()
    shares = []
    for fold in folds.unique():
        choose, test = chosen_by(folds == fold), tested_by(folds == fold)
        accepted = distances[test] <= best(distances[choose], same[choose], distances)[0]
        shares.append(measure(accepted, same[test]))
    return float(torch.stack(shares).mean())


def telling(inputs: Inputs) -> bool:
    """Whether all of this matters: which pairs choose and are tested, what is counted, `folds`, and the direction.

    No extreme threshold is best then, and not all folds are equally good.
    """
    if not clear(inputs):
        return False
    distances, _, folds = inputs.values()
    limits = torch.cat([thresholds for _, thresholds, _ in each_fold(inputs)])
    parts = torch.arange(len(folds)) * len(folds.unique()) // len(folds)
    others = [
        mean(inputs, chosen_by=torch.clone),
        mean(inputs, chosen_by=torch.ones_like),
        mean(inputs, measure=hits),
        mean(inputs, measure=balanced),
        mean(inputs | {"distances": -distances}),
    ]
    if len(folds.unique()) > 2:  # of two folds each chooses for the other
        others.append(mean(inputs, chosen_by=torch.clone, tested_by=torch.logical_not))
    if not torch.equal(parts, folds):
        others.append(mean(inputs | {"folds": parts}))
    inside = bool((limits > -torch.inf).all() and (limits < distances.max()).all())
    shares = {max(shares) for _, _, shares in each_fold(inputs)}
    return inside and len(shares) > 1 and min(abs(mean(inputs) - other) for other in others) > 0.01


def extreme(nothing: bool):
    """Four folds of five pairs; on the others it is always best to accept no pair, or every pair."""

    def make(rng: Generator) -> Inputs:
        levels = torch.as_tensor(rng.integers(3, 13, (4, 5)))
        levels[:, 0] = 2 if nothing else 13  # the same nearest, or furthest, distance in each fold
        same = torch.full((4, 5), not nothing)
        for row, column in enumerate((1, 1, 2, 2)):  # another number of pairs is right in the last two folds
            same[row, 1 : 1 + column] = nothing
        levels[same == nothing] += 1 if nothing else -1
        distances, order = rounded(levels.flatten() / 4, 4), torch.as_tensor(rng.permutation(20))
        folds = torch.arange(4).repeat_interleave(5)
        return {"distances": distances[order], "same": same.flatten()[order], "folds": folds[order]}

    def fits(inputs: Inputs) -> bool:
        limits = torch.cat([thresholds for _, thresholds, _ in each_fold(inputs)])
        return clear(inputs) and bool((limits == (-torch.inf if nothing else inputs["distances"].max())).all())

    return until(make, fits)


def perfect(rng: Generator) -> Inputs:
    """Every pair is right in every fold."""
    inputs = Folds((5, 4, 6))(rng)
    near, far = (torch.as_tensor(rng.integers(low, low + 3, 15)) for low in (1, 9))
    near[[0, 5, 9]], far[[1, 6, 10]] = 3, 9  # the gap is the same whichever fold is tested
    inputs["same"][[0, 5, 9]], inputs["same"][[1, 6, 10]] = True, False
    return inputs | {"distances": rounded(torch.where(inputs["same"], near, far) / 4, 4)}


def one_kind_in_a_fold(rng: Generator) -> Inputs:
    """The pairs of one fold all show one person."""

    def make(rng: Generator) -> Inputs:
        inputs = Folds((5, 5, 5, 4))._drawn(rng)
        return inputs | {"same": inputs["same"] | (inputs["folds"] == 2)}

    return until(make, telling)(rng)


def single(inputs: Inputs) -> Inputs:
    """All pairs are in one fold."""
    return inputs | {"folds": torch.full_like(inputs["folds"], 3)}


def otherwise(function: Callable, distances: Tensor, same: Tensor, folds: Tensor) -> list[Any]:
    """The same pairs in another order, folds of other numbers, and at distances eight times as large."""
    found = [
        function(distances.flip(0), same.flip(0), folds.flip(0)),
        function(distances, same, 7 - 2 * folds),
        function(8 * distances, same, folds),
    ]
    return [[float(copy(part)) for part in one] for one in found]


def hint(answer: Sequence[float], expected: Sequence[float], inputs: Inputs) -> str:
    """Only the error is wrong, or the mean, too."""
    return ERROR if abs(answer[0] - expected[0]) < 1e-4 else ONE_FOLD


def explain(inputs: Inputs, answer: Sequence[float], expected: Sequence[float]) -> Counterexample:
    """Each fold with its pairs, its threshold and how many are right; all accuracies as bars."""
    distances, same, folds = inputs.values()
    lines, shares = [], []
    for tested, thresholds, found in each_fold(inputs):
        fold, count = int(folds[tested][0]), int(tested.sum())
        shares.append(max(found))
        threshold = "none" if thresholds[0] == -torch.inf else f"at most {digits(thresholds[0])}"
        right = f"{round(shares[-1] * count)} of {count} right"
        if len(lines) < 4:
            lines.append(f"fold {fold}: {told(distances[tested], same[tested])}")
            lines.append(f"   best on the other folds: accept {threshold}; here {right}")
    both = [f"{float(part[0]):.4f} ± {float(part[1]):.4f}" for part in (expected, answer)]
    lines.append(f"expected {both[0]}, yours {both[1]}")

    def draw():
        names = [*(f"fold {number}" for number in folds.unique().tolist()), "mean, expected", "mean, yours"]
        colors = [*[ASIDE] * len(shares), EXPECTED, YOURS]
        ax = plots.bars(names, [*shares, expected[0], answer[0]], "accuracy", colors=colors, form="{:.3f}")
        rows = [len(shares), len(shares) + 1]
        ax.errorbar(
            [float(part[0]) for part in (expected, answer)],
            rows,
            xerr=[abs(float(part[1])) for part in (expected, answer)],
            fmt="none",
            color=plots.BLACK,
            capsize=3,
        )
        return ax

    return Counterexample("\n".join(lines), draw)


INTERLEAVED = Folds((6, 6, 6), numbers=(8, 3, 11), mixed=True)
CHECK = Check(
    "lfw_accuracy",
    points=4,
    forbids=("sklearn", "torchmetrics", "course_lib.explorers"),
    compare=named(close(1e-4, 1e-6), "mean", "standard error"),
    hint=hint,
    explain=explain,
    cases=(
        Case("three folds", "values", Folds((6, 6, 6))),
        Case("folds of unequal size", "values", Folds((4, 7, 9, 5))),
        Case("interleaved folds of any numbers", "values", INTERLEAVED),
        Case("distances that are close together", "values", Folds((7, 5, 6, 8), mixed=True, step=1 / 4096)),
        Case("other orders, numbers and scales", "property", INTERLEAVED, probe=otherwise, explain=False, hint=False),
        Case("accepting no pair is best", "edge", extreme(nothing=True), hint=NOTHING),
        Case("accepting every pair is best", "edge", extreme(nothing=False), hint=EVERYTHING),
        Case("two folds", "edge", Folds((7, 8), mixed=True)),
        Case("ten folds", "edge", Folds((6,) * 10, mixed=True)),
        Case("every pair is right", "edge", perfect),
        Case("a fold with pairs of one person only", "edge", one_kind_in_a_fold),
        not_measured(INTERLEAVED, "a distance that is NaN", with_nan, NAN),
        not_measured(INTERLEAVED, "only pairs of one person", all_same, ONE_KIND),
        not_measured(INTERLEAVED, "only pairs of two persons", all_different, ONE_KIND),
        not_measured(INTERLEAVED, "a single fold", single, TWO_FOLDS),
        not_measured(INTERLEAVED, "no pairs", none_left, TWO_FOLDS),
        *styles(INTERLEAVED),
    ),
)
