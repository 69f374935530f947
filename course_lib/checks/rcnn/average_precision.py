"""Unit 02: what is asked of `average_precision`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def detections(hits: str, objects: int, method: str):
    """A ranked list written as "+-+": hit, false alarm, hit; handed over in an order in which that list is another."""

    def make(rng: Generator) -> Inputs:
        order = torch.as_tensor(rng.permutation(len(hits)))
        while len(set(hits)) == 2 and "".join(hits[i] for i in order) == hits:
            order = torch.as_tensor(rng.permutation(len(hits)))
        scores = floats(sorted(rng.uniform(-2, 2, len(hits)), reverse=True))
        matched = torch.tensor([hit == "+" for hit in hits], dtype=torch.bool)
        return {"scores": scores[order], "matched": matched[order], "objects": objects, "method": method}

    return make


def ranking(count: int, objects: int, method: str):
    """A list of `count` detections that begins with a false alarm, two hits and a false alarm, and then has one hit.

    That hit never comes sixth: what the envelope adds before it and a running best behind it would then be equal.
    """

    def make(rng: Generator) -> Inputs:
        rest = rng.permutation(list("+" + "-" * (count - 5)))
        while rest[1] == "+":
            rest = rng.permutation(list("+" + "-" * (count - 5)))
        return detections("-++-" + "".join(rest), objects, method)(rng)

    return make


def rescored(function: Callable, scores: Tensor, matched: Tensor, objects: int, method: str) -> Any:
    """average_precision when all scores are squeezed without changing their order."""
    return function(torch.sigmoid(scores) / 10, matched, objects, method)


def explain(inputs: Inputs, answer: Any, expected: float) -> Counterexample:
    """The ranked list as hits and false alarms, and its curve."""
    order = inputs["scores"].argsort(descending=True)
    hits = inputs["matched"][order]
    ranked = " ".join("hit" if hit else "false" for hit in hits.tolist())
    values = f"expected {expected:.4f}, yours {float(answer):.4f}"
    asked = f"objects {inputs['objects']}, method {inputs['method']!r}"
    text = f"by falling score: {ranked or 'no detection'}\n{asked}: {values}"

    def draw():
        found = hits.cumsum(0)
        precision = found / torch.arange(1, len(hits) + 1)
        return plots.pr_curve((found / inputs["objects"]).tolist(), precision.tolist())

    return Counterexample(text, draw if len(hits) else None)


CHECK = Check(
    "average_precision",
    points=4,
    forbids=("sklearn.metrics.average_precision_score", "torchmetrics"),
    compare=close(1e-4, 1e-5),
    explain=explain,
    cases=(
        Case(
            "a false alarm before a hit",
            "values",
            detections("-+", 7, "area"),
            hint="May recall r use a later precision?",
        ),
        Case("hits, then false alarms", "values", detections("++--", 9, "area"), hint="What of the objects not found?"),
        Case("twelve detections, area", "values", ranking(12, 7, "area")),
        Case(
            "twelve detections, 11 points",
            "values",
            ranking(12, 9, "11-point"),
            hint="Recall 0 is the first of eleven.",
        ),
        Case("one hit, 11 points", "values", detections("+", 7, "11-point")),
        Case("scores on another scale", "property", ranking(10, 11, "area"), probe=rescored, explain=False),
        Case("every object found at once", "edge", detections("+++++++", 7, "area")),
        Case("every object found, 11 points", "edge", detections("-+++++++++", 9, "11-point")),
        Case(
            "a recall of exactly 0.5, 11 points",
            "edge",
            detections("+-", 2, "11-point"),
            hint="The envelope at r looks at recalls of at least r.",
        ),
        Case("only false alarms", "edge", detections("---", 7, "area")),
        Case("no detections", "edge", detections("", 7, "area"), hint="A detector that says nothing scores 0."),
        Case("no detections, 11 points", "edge", detections("", 7, "11-point")),
        *styles(ranking(6, 7, "area")),
    ),
)
