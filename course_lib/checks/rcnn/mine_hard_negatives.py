"""Unit 02: what is asked of `mine_hard_negatives`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import ranked
from course_lib.checks.kit.numbers import floats
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


class LinearScores:
    """A trained linear classifier with scikit-learn's manners, without its import."""

    def __init__(self, weight: Tensor, bias: float):
        self.coef_, self.intercept_ = weight.numpy()[None], np.array([bias])
        self.classes_ = np.array([0, 1])

    def decision_function(self, features: Any) -> np.ndarray:
        """One score per row; positive means class 1."""
        rows = np.asarray(features)
        if len(rows) == 0:
            raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
        return rows @ self.coef_[0] + self.intercept_[0]

    def predict(self, features: Any) -> np.ndarray:
        """Class 0 or 1 for each row."""
        return (self.decision_function(features) > 0).astype(int)


def scoring(scores):
    """Features whose scores are the given ones (shuffled) for a random classifier; `_scores` tells the judge.

    All numbers are multiples of 1/64, so that every processor computes the same scores.
    """

    def make(rng: Generator) -> Inputs:
        wanted = floats(rng.permutation(scores(rng))).mul(64).round() / 64
        weight = torch.cat([floats(rng.choice([-1.5, -0.5, 0.5, 1.0, 2.0], 5)), floats([1.0])])
        features = floats(rng.integers(-16, 17, (len(wanted), 6))) / 8
        features[:, -1] = wanted - 0.25 - features[:, :-1] @ weight[:-1]
        return {"weight": weight, "bias": 0.25, "features": features, "_scores": wanted}

    return make


def mine(function: Callable, weight: Tensor, bias: float, features: Tensor) -> Any:
    """mine_hard_negatives(svm, features)."""
    return function(LinearScores(weight, bias), features)


def mine_again(function: Callable, weight: Tensor, bias: float, features: Tensor) -> Any:
    """How often each row is found when the rows come in reverse order: positions must follow their rows."""
    found = function(LinearScores(weight, bias), features.flip(0))
    return len(features) - 1 - torch.as_tensor(copy(found))


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The scores of all rows, and which positions were asked for."""
    scores = [round(score, 2) for score in inputs["_scores"].tolist()]
    return Counterexample(f"scores of rows 0, 1, …: {scores}\nexpected {expected.tolist()}, yours {answer.tolist()}")


CHECK = Check(
    "mine_hard_negatives",
    points=2,
    compare=ranked("_scores"),
    probe=mine,
    explain=explain,
    cases=(
        Case(
            "some beyond, some inside the margin",
            "values",
            scoring(lambda rng: [3.1, -0.3, -0.7, 0.4, -1.6, -2.5, 1.2, -0.15, *rng.uniform(-4, -1.2, 4)]),
            hint="The margin ends at -1, not at 0.",
        ),
        Case("all of them hard", "values", scoring(lambda rng: [2.0, 0.3, -0.5, -0.9, *rng.uniform(-0.8, 2, 2)])),
        Case(
            "rows in another order",
            "property",
            scoring(lambda rng: [*rng.uniform(-0.9, 2, 5), *rng.uniform(-3, -1.1, 4)]),
            probe=mine_again,
            explain=False,
        ),
        Case("none is hard", "edge", scoring(lambda rng: rng.uniform(-5, -1.2, 5))),
        Case(
            "scores of exactly -1",
            "edge",
            scoring(lambda rng: [-1.0, 0.5, -1.0, -0.5, 2.0, -3.0]),
            hint="Does a region on the margin count?",
        ),
        Case("no features", "edge", scoring(lambda rng: []), hint="There is nothing to score."),
    ),
)
