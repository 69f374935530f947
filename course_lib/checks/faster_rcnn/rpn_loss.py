"""Unit 04: what is asked of `rpn_loss`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close
from course_lib.checks.faster_rcnn.shared import flows
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def predictions(positive: int, negative: int, ignored: int, scale: float = 1.0):
    """Outputs of a region proposal network with their truth, shuffled; box errors on both sides of 1/9.

    Targets that mean nothing are wild.

    Args:
        scale: of the logits.
    """

    def make(rng: Generator) -> Inputs:
        labels = torch.as_tensor(rng.permutation([1] * positive + [0] * negative + [-1] * ignored)).long()
        targets = floats(rng.normal(size=(len(labels), 4)))
        errors = rng.normal(size=(len(labels), 4)) * rng.choice([0.05, 0.8], size=(len(labels), 1))
        logits = floats(rng.normal(size=len(labels)) * 1.5 * scale)
        deltas, wild = targets + floats(errors), floats(rng.integers(-90, 90, (len(labels), 4)))
        targets = torch.where(labels[:, None] > 0, targets, wild)
        return {"objectness": logits, "deltas": deltas, "labels": labels, "targets": targets}

    return make


def very_sure(rng: Generator) -> Inputs:
    """Logits whose sigmoid is 0 or 1 in float32, half of them wrong."""
    inputs = predictions(3, 3, 2)(rng)
    wrong = torch.tensor([1.0, -1.0]).repeat(4)
    sure = floats(rng.uniform(100, 200, 8)) * wrong * (2 * (inputs["labels"] > 0) - 1)
    return inputs | {"objectness": sure}


def doubled(function: Callable, *inputs: Tensor) -> Any:
    """rpn_loss when every anchor comes twice."""
    return function(*(torch.cat([values, values]) for values in inputs))


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Whether a loss is not finite, or is the right one divided by another number."""
    sure = inputs["objectness"].abs().max() > 90 if len(inputs["objectness"]) else False
    mine, theirs = ([float(loss) for loss in both] for both in (answer, expected))
    if not all(torch.tensor(mine).isfinite()):
        return (
            "What is log(sigmoid(-150)) in float32?" if sure else "What is a mean over nothing, and what should it be?"
        )
    counts = {"all": len(inputs["labels"]), "sampled": int((inputs["labels"] >= 0).sum())}
    divisors = [counts["all"], int((inputs["labels"] == 1).sum()), 1, 4 * counts["sampled"]]
    for own, right in zip(mine, theirs, strict=True):
        if right and any(
            abs(own * n / counts["sampled"] / right - 1) < 1e-3 for n in divisors if n != counts["sampled"]
        ):
            return "By what number is each of the two losses divided?"
    return ""


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """How many anchors are of each kind, and both losses."""
    counts = {word: int((inputs["labels"] == label).sum()) for label, word in ((1, "positive"), (0, "negative"))}
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    shown = [f"{float(value):.5f}" for value in (*expected, *answer)]
    return Counterexample(
        f"{len(inputs['labels'])} anchors: {told}, {len(inputs['labels']) - sum(counts.values())} left out (-1)\n"
        f"loss_objectness: expected {shown[0]}, yours {shown[2]}\n"
        f"loss_rpn_box_reg: expected {shown[1]}, yours {shown[3]}"
    )


CHECK = Check(
    "rpn_loss",
    points=4,
    forbids=("torchvision.models.detection.rpn.RegionProposalNetwork",),
    compare=close(1e-3, 1e-5),
    hint=hint,
    explain=explain,
    cases=(
        Case("positives and negatives", "values", predictions(4, 5, 0)),
        Case("anchors that are left out", "values", predictions(3, 4, 6)),
        Case("few positives among many", "values", predictions(2, 22, 9)),
        Case("every anchor twice", "property", predictions(3, 6, 4), probe=doubled, hint=False, explain=False),
        Case(
            "gradients of logits and deltas",
            "property",
            predictions(4, 6, 3),
            probe=gradients_of(0, 1),
            hint=flows,
            explain=False,
        ),
        Case("no positive anchor", "edge", predictions(0, 6, 2)),
        Case("no negative anchor", "edge", predictions(3, 0, 2)),
        Case("one sampled anchor", "edge", predictions(1, 0, 3)),
        Case("no sampled anchor", "edge", predictions(0, 0, 4)),
        Case(
            "no sampled anchor, gradients",
            "edge",
            predictions(0, 0, 4),
            close(),
            gradients_of(0, 1),
            hint=False,
            explain=False,
        ),
        Case("no anchors at all", "edge", predictions(0, 0, 0)),
        Case("very sure, and wrong", "edge", very_sure),
        *styles(predictions(2, 3, 2)),
    ),
)
