"""Unit 07: what is asked of `lfw_accuracy`."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.faces.folds import Folds, each_fold, extreme, far_apart, telling
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
NOTHING = "Which threshold accepts no pair at all, not even one at distance 0? It may be the best one."
EVERYTHING = "Which threshold accepts every pair? It may be the best one."
BETWEEN = "Two thresholds far apart are equally good here, and those between them are worse. Which one do you take?"
TWO_FOLDS = "What can choose the threshold of a fold when there is no other?"


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
        who = [f"mean ± {float(part[1]):.3f}, {name}" for name, part in (("expected", expected), ("yours", answer))]
        names = [*(f"fold {number}" for number in folds.unique().tolist()), *who]
        colors = [*[ASIDE] * len(shares), EXPECTED, YOURS]
        means = [float(expected[0]), float(answer[0])]
        return plots.bars(names, [*shares, *means], "accuracy", colors=colors, form="{:.3f}")

    return Counterexample("\n".join(lines), draw)


INTERLEAVED = Folds((6, 6, 6), numbers=(8, 3, 11), mixed=True)
PLAIN = {"explain": False, "hint": False}
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
        Case("other orders, numbers and scales", "property", INTERLEAVED, close(1e-4, 1e-6), otherwise, **PLAIN),
        Case("accepting no pair is best", "edge", extreme(nothing=True), hint=NOTHING),
        Case("accepting every pair is best", "edge", extreme(nothing=False), hint=EVERYTHING),
        Case("thresholds far apart are best", "edge", far_apart, hint=BETWEEN),
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
