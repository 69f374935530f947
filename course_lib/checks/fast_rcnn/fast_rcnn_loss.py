"""Unit 03: what is asked of `fast_rcnn_loss`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.parts import named
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

BOX_LOSS = (
    "Four questions about the box loss: which regions count, whose correction is meant, what does an error of that "
    "size cost, and by how many do you divide?"
)
CLASSIFICATION = "What does a cross-entropy expect of the scores, and over which regions is it averaged?"


def losses(labels: tuple[int, ...], classes: int = 3, sure: float = 1.0, right: bool = False):
    """Scores and corrections for regions with these labels of `classes` classes and background.

    Of each correction's four errors two lie between 0.25 and 0.8 and two between 1.2 and 3.

    Args:
        sure: scores are multiplied by this.
        right: whether the highest score is the true class's; otherwise it never is.
    """

    def make(rng: Generator) -> Inputs:
        count, true = len(labels), torch.tensor(labels, dtype=torch.int64)
        scores = rounded(rng.uniform(-1, 1, (count, classes + 1)))
        best = true if right else (true + torch.as_tensor(rng.integers(1, classes + 1, count))) % (classes + 1)
        scores[torch.arange(count), best] += 2.5
        targets = rounded(rng.normal(size=(count, 4)))
        return {
            "scores": scores * sure,
            "deltas": targets[:, None] + _errors(rng, count, classes + 1),
            "labels": true,
            "targets": targets,
        }

    return make


def _errors(rng: Generator, regions: int, classes: int) -> Tensor:
    """Small and large errors of both signs, two of each in every correction. [regions, classes, 4]"""
    shape = (regions, classes, 2)
    sizes = np.concatenate([rng.uniform(0.25, 0.8, shape), rng.uniform(1.2, 3.0, shape)], axis=2)
    return rounded(rng.permuted(sizes * rng.choice([-1, 1], sizes.shape), axis=2))


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Which of the two parts is to be looked at."""
    mine, right = torch.as_tensor(answer[0]).double().reshape(()), expected[0].double()
    return BOX_LOSS if torch.allclose(mine, right, 1e-4, 1e-5) else CLASSIFICATION


def explain(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """Both losses, labels, and what the box loss is made of."""
    names = ("loss_classifier", "loss_box_reg")
    rows = [
        f"{n}: expected {float(e):.4f}, yours {float(a):.4f}" for n, a, e in zip(names, answer, expected, strict=True)
    ]
    labels = inputs["labels"]
    rows.append(f"labels {labels.tolist()}: {int((labels > 0).sum())} of {len(labels)} regions show an object")

    def draw():
        values = [float(value) for pair in zip(expected, answer, strict=True) for value in pair]
        bars = [f"{name}, {whose}" for name in names for whose in ("expected", "yours")]
        return plots.bars(bars, values, "loss", colors=[EXPECTED, YOURS] * 2, form="{:.4f}")

    return Counterexample("\n".join(rows), draw)


CHECK = Check(
    "fast_rcnn_loss",
    points=4,
    forbids=("torchvision.models.detection.roi_heads.fastrcnn_loss",),
    compare=named(close(1e-4, 1e-5), "loss_classifier", "loss_box_reg"),
    hint=hint,
    explain=explain,
    cases=(
        Case("two objects, two backgrounds", "values", losses((2, 0, 1, 0))),
        Case("the network guesses another class", "values", losses((2, 0, 1, 3, 0))),
        Case("one object among nine regions", "values", losses((0, 0, 0, 0, 4, 0, 0, 0, 0), classes=5)),
        Case(
            "scores of a sure network",
            "values",
            losses((1, 0, 2, 0, 1), classes=2, sure=8.0, right=True),
        ),
        Case(
            "gradients for scores and corrections",
            "property",
            losses((2, 0, 1, 0, 3)),
            named(close(1e-4, 1e-5), "the gradient for scores", "the gradient for deltas"),
            gradients_of(0, 1),
            hint="A loss learns only where its graph reaches back to the tensors that it was given.",
            explain=False,
        ),
        Case("only background", "edge", losses((0, 0, 0)), hint="What is the mean of nothing?"),
        Case("only objects", "edge", losses((1, 3, 2, 3))),
        Case("one region", "edge", losses((2,), classes=4)),
        *styles(losses((2, 0, 1))),
    ),
)
