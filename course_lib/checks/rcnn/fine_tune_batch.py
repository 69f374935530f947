"""Unit 02: what is asked of `fine_tune_batch`, whose draws are judged by a rule and not compared."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import judged_by
from course_lib.checks.kit.draws import Kind, drawn, faults
from course_lib.checks.kit.numbers import floats
from course_lib.checks.spec import Case, Check, Inputs

POSITIVES, BACKGROUNDS = 32, 96


def overlaps(n: int, share: float, exact: int = 0):
    """Overlaps of n proposals with 3 objects: a `share` of the proposals reach 0.5 with some object, some exactly."""

    def make(rng: Generator) -> Inputs:
        reaching = torch.as_tensor(rng.permutation(n)) < round(share * n)
        best = torch.where(reaching, floats(rng.uniform(0.51, 1, n)), floats(rng.uniform(0, 0.49, n)))
        best[reaching.nonzero().flatten()[:exact]] = 0.5
        table = floats(rng.uniform(0, 0.3, (n, 3)))
        table[torch.arange(n), torch.as_tensor(rng.integers(0, 3, n))] = best
        return {"ious": table, "seeds": 200}

    return make


def no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return {"ious": torch.zeros(int(rng.integers(120, 150)), 0), "seeds": 200}


def draw_batches(function: Callable, ious: Tensor, seeds: int) -> dict[str, Any]:
    """What fine_tune_batch draws under many seeds; see `drawn`."""
    return drawn(lambda rng: function(ious, rng), len(ious), seeds)


def valid_batches(answer: Any, inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the batches of `draw_batches`: all symptoms, and the sentence on the first."""
    positive = (inputs["ious"] >= 0.5).any(dim=1)
    kinds = (
        Kind(
            "positive",
            positive,
            min(int(positive.sum()), POSITIVES),
            "Among your positives are proposals that reach 0.5 with no object.",
        ),
        Kind(
            "background",
            ~positive,
            min(int((~positive).sum()), BACKGROUNDS),
            "Among your backgrounds are proposals that reach 0.5 with an object.",
        ),
    )
    found = faults(answer, inputs["seeds"], kinds)
    return (" ".join(name for name, _ in found), found[0][1]) if found else None


CHECK = Check(
    "fine_tune_batch",
    points=3,
    compare=judged_by(valid_batches),
    probe=draw_batches,
    draws=1,
    cases=(
        Case("plenty of both", "values", overlaps(420, 0.3), hint="32 and 96, each kind drawn for itself."),
        Case("few positives", "values", overlaps(300, 0.05), hint="Take what there is."),
        Case(
            "overlaps of exactly 0.5",
            "edge",
            overlaps(300, 0.05, exact=9),
            hint="Which of the two is a proposal with an IoU of exactly 0.5?",
        ),
        Case("few proposals at all", "edge", overlaps(60, 0.5)),
        Case("no objects", "edge", no_objects),
    ),
)
