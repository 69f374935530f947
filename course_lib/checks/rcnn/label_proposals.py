"""Unit 02: what is asked of `label_proposals`."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import exact
from course_lib.checks.kit.numbers import floats, until
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def _table(rng: Generator, n: int, m: int, *thresholds: float) -> Tensor:
    """Overlaps of n proposals with m objects, no two equal, none within 0.01 of a threshold. [n, m]"""
    table = floats(rng.uniform(0, 1, (n, m)) * rng.uniform(0.15, 1, (n, 1)))
    for threshold in thresholds:
        table[(table - threshold).abs() < 0.01] += 0.02
    return table


def overlaps(n: int, m: int, positive: float, negative: float):
    """Random overlaps and two thresholds; among the proposals is one of each kind."""
    marks, kinds = torch.tensor([negative, positive]), 3 if positive > negative else 2

    def draw(rng: Generator) -> Inputs:
        return {"ious": _table(rng, n, m, positive, negative), "positive": positive, "negative": negative}

    def has_all_kinds(inputs: Inputs) -> bool:
        return len(torch.bucketize(inputs["ious"].amax(dim=1), marks).unique()) == kinds

    return until(draw, has_all_kinds) if n >= 3 and m else draw


def two_good(rng: Generator) -> Inputs:
    """Each proposal overlaps two objects well, the later one better; one object is nobody's."""
    low, high = rng.uniform(0.55, 0.65, 3), rng.uniform(0.75, 0.9, 3)
    rows = [[0.1, a, b, 0.2] for a, b in zip(low, high, strict=True)]
    return {"ious": floats(rows), "positive": 0.5, "negative": 0.3}


def on_the_thresholds(rng: Generator) -> Inputs:
    """Best overlaps of exactly 0.5 and exactly 0.25, which are the thresholds."""
    rows = [[0.125, 0.5, 0.0], [0.25, 0.0, 0.125], [0.0, 0.125, 0.25], [0.5, 0.25, 0.375]]
    return {"ious": floats(rows)[torch.as_tensor(rng.permutation(4))], "positive": 0.5, "negative": 0.25}


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first proposal with a wrong label and its row of overlaps."""
    i = int((answer != expected).nonzero()[0])
    row = ", ".join(f"{value:.2f}" for value in inputs["ious"][i].tolist())
    return Counterexample(
        f"positive from {inputs['positive']}, background below {inputs['negative']}\n"
        f"proposal {i} overlaps the objects by [{row}]\nexpected {int(expected[i])}, yours {int(answer[i])}"
    )


CHECK = Check(
    "label_proposals",
    points=3,
    forbids=("torchvision.models.detection._utils.Matcher",),
    compare=exact(),
    explain=explain,
    cases=(
        Case("fine-tuning: 0.5 and 0.5", "values", overlaps(12, 3, 0.5, 0.5)),
        Case("a zone to ignore: 0.6 and 0.3", "values", overlaps(14, 4, 0.6, 0.3), hint="Three outcomes, not two."),
        Case("two good objects", "values", two_good, hint="Which of the two does it show?"),
        Case("as many proposals as objects", "values", overlaps(5, 5, 0.5, 0.3)),
        Case("more objects than proposals", "values", overlaps(3, 7, 0.5, 0.3)),
        Case(
            "exactly on the thresholds",
            "edge",
            on_the_thresholds,
            hint="Read `positive` and `negative` in the docstring once more: from where on, and below what?",
        ),
        Case(
            "no objects",
            "edge",
            overlaps(4, 0, 0.5, 0.3),
            hint="What is every proposal then?",
            explain=False,
            essential=True,
        ),
        Case("no proposals", "edge", overlaps(0, 3, 0.5, 0.3), explain=False),
        *styles(overlaps(6, 2, 0.5, 0.3)),
    ),
)
