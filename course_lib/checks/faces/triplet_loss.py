"""Unit 07: what is asked of `triplet_loss`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.faces.shared import aside
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.idle import idle, idle_step
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

ONE_TRIPLET = "Take the first triplet below: two squared distances, their difference, the margin. What does it cost?"
SOLVED = "What does a triplet cost that keeps the margin with room to spare? And does it count in the mean?"
NO_TRIPLET = "A mean over nothing: what is 0 / 0 for a computer, and what does the docstring ask for?"
SLOPE = (
    "Is there a root on the way, whose slope is infinite where two images are equal? Or is there no way back, because "
    "`.item()` or `.detach()` cut it?"
)
KINDS = {"hard": (-0.75, -0.25), "within": (0.25, 0.75), "solved": (1.25, 2.5)}  # of d(a, n) - d(a, p), in margins


@dataclass(frozen=True)
class Triplets:
    """Triplets of which the negatives are nearer than the positive, farther within the margin, or beyond it.

    Attributes:
        kinds: of each triplet, see `KINDS`. d: numbers per embedding. margin: a power of two, so that sums are exact.
    """

    kinds: tuple[str, ...]
    d: int = 3
    margin: float = 0.5

    def __call__(self, rng: Generator) -> Inputs:
        t, bounds = len(self.kinds), np.array([KINDS[kind] for kind in self.kinds]).reshape(-1, 2).T
        near = self.margin * rng.uniform(1, 2, t)
        far = near + self.margin * rng.uniform(*bounds)
        anchor = rng.normal(size=(t, self.d))
        others = [anchor + squared[:, None] ** 0.5 * self._directions(rng, t) for squared in (near, far)]
        found = [rounded(part, 256) for part in (anchor, *others)]
        return dict(zip(("anchor", "positive", "negative"), found, strict=True)) | {"margin": self.margin}

    def _directions(self, rng: Generator, count: int) -> np.ndarray:
        arrows = rng.normal(size=(count, self.d))
        return arrows / np.maximum(np.linalg.norm(arrows, axis=1, keepdims=True), 1e-9)


MIXED = ("solved", "hard", "solved", "within", "solved")


def equal_images(rng: Generator) -> Inputs:
    """In the first triplet anchor and positive are equal, in the second anchor and negative; both cost something."""
    inputs = Triplets(("within",) * 4)(rng)
    inputs["positive"][0] = inputs["anchor"][0]
    inputs["negative"][0] = inputs["anchor"][0] + torch.tensor([0.5, -0.25, 0.0])
    inputs["negative"][1] = inputs["anchor"][1]
    return inputs


def other_orders(function: Callable, anchor: Tensor, positive: Tensor, negative: Tensor, margin: float) -> list[float]:
    """The loss of the triplets in another order, of all of them twice, and with all embeddings moved."""
    given = (anchor, positive, negative)
    views = [
        [part.flip(0) for part in given],
        [torch.cat([part, part]) for part in given],
        [part + 1 for part in given],
    ]
    return [float(torch.as_tensor(copy(function(*view, margin)))) for view in views]


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """One triplet by itself, or which of them count."""
    near, far = squared(inputs)
    return SOLVED if bool((near - far + inputs["margin"] < 0).any()) else ONE_TRIPLET


def squared(inputs: Inputs) -> tuple[Tensor, Tensor]:
    """The squared distances of each anchor to its positive and to its negative."""
    anchor = inputs["anchor"].double()
    return tuple((anchor - inputs[name]).square().sum(dim=1) for name in ("positive", "negative"))


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """Each triplet's two distances and what it costs; both losses."""
    near, far = (part.tolist() for part in squared(inputs))
    margin, mine, right = inputs["margin"], float(answer), float(expected)
    costs = [max(0.0, one - other + margin) for one, other in zip(near, far, strict=True)]
    first = f"\nthe first: d(a, p) = {near[0]:.3f}, d(a, n) = {far[0]:.3f}" if near else ""
    text = (
        f"margin {margin:g}; what each triplet costs: {', '.join(f'{cost:.3f}' for cost in costs)}{first}\n"
        f"the loss: expected {right:.4f}, yours {mine:.4f}"
    )

    def draw():
        names = [f"d(a, p) {one:.2f}, d(a, n) {other:.2f}" for one, other in zip(near, far, strict=True)]
        names += ["the loss, expected", "the loss, yours"]
        colors = [ASIDE] * len(costs) + [EXPECTED, YOURS]
        return plots.bars(names, [*costs, right, mine], "what a triplet costs", colors=colors, form="{:.3f}")

    return Counterexample(text, draw)


CHECK = Check(
    "triplet_loss",
    points=3,
    compare=close(1e-4, 1e-5),
    hint=hint,
    explain=explain,
    forbids=(
        "torch.triplet_margin_loss",
        "torch.pairwise_distance",
        "torch.nn.TripletMarginLoss",
        "torch.nn.TripletMarginWithDistanceLoss",
        "torch.nn.functional.triplet_margin_loss",
        "torch.nn.functional.triplet_margin_with_distance_loss",
        "torch.nn.functional.pairwise_distance",
        "pytorch_metric_learning",
        "course_lib.explorers",
    ),
    cases=(
        Case("one triplet", "values", Triplets(("within",))),
        Case("four triplets that cost something", "values", Triplets(("within", "hard", "hard", "within"))),
        Case("solved ones among them", "values", Triplets(MIXED)),
        Case("another margin, longer embeddings", "values", Triplets(MIXED[1:], d=8, margin=2.0)),
        Case(
            "in another order, twice, moved", "property", Triplets(MIXED), probe=other_orders, hint=False, explain=False
        ),
        Case(
            "gradients of all three",
            "property",
            Triplets(MIXED),
            close(1e-3, 1e-4),
            gradients_of(0, 1, 2),
            hint=GRAPH,
            explain=False,
        ),
        Case(
            "no triplet", "edge", Triplets(()), aside(close(1e-4, 1e-5)), hint=NO_TRIPLET, explain=False, essential=True
        ),
        Case(
            "`backward` without a triplet",
            "edge",
            Triplets(()),
            idle("embeddings"),
            idle_step(0, 1, 2),
            hint=NO_TRIPLET,
            explain=False,
        ),
        Case("two equal images", "edge", equal_images, hint=ONE_TRIPLET),
        Case(
            "gradients where two images are equal",
            "edge",
            equal_images,
            close(1e-3, 1e-4),
            gradients_of(0, 1, 2),
            hint=SLOPE,
            explain=False,
            essential=True,
        ),
        Case("all of them solved", "edge", Triplets(("solved",) * 3)),
        Case("embeddings of one number", "edge", Triplets(MIXED, d=1)),
        Case("embeddings of 128 numbers", "edge", Triplets(MIXED, d=128)),
        *styles(Triplets(MIXED)),
    ),
)
