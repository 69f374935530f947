"""Unit 06: what is asked of `heatmap_loss`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.idle import idle, idle_step
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.pose.shared import Size, disks, distances, mixed, places
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

ONE_MAP = "Take one annotated map. What is the mean over its positive cells, what over the others, what half their sum?"
MISSING = "Which maps are in your mean, and how many are they? The annotated ones, and nothing else."
NOTHING = "A map costs half of the sum of two means: one of them has nothing to average here, and is 0."
NO_MAP = "A mean over no map: what is 0 / 0 for a computer, and what does the docstring ask for?"
HALF = "The docstring says of a target of exactly 0.5 to which kind its cell belongs."
SURE = "log(1 - p) has no digits left where p is almost 1. Is there a function that takes the logit itself?"


@dataclass(frozen=True)
class Maps:
    """Logits of persons' joints, and disks as targets; zeros where a joint is not annotated.

    Attributes:
        radii: of the disks, person after person. annotated: "all", "some", "one" or "none". scale: of the logits.
    """

    persons: int
    joints: int
    size: Size
    radii: tuple[float, ...] = (1.65,)
    annotated: str = "all"
    scale: float = 2.0

    def __call__(self, rng: Generator) -> Inputs:
        count = (self.persons, self.joints)
        joints = places(rng, *count, self.size)
        radii = (self.radii * self.persons)[: self.persons]
        parts = [disks(one[None], self.size, radius) for one, radius in zip(joints, radii, strict=True)]
        annotated = self._annotated(rng)
        targets = torch.cat([torch.zeros(0, self.joints, *self.size), *parts]) * annotated[..., None, None]
        logits = rounded(self.scale * rng.normal(size=(*count, *self.size)) - 1, 256)
        return {"logits": logits, "targets": targets, "annotated": annotated}

    def _annotated(self, rng: Generator) -> Tensor:
        count = (self.persons, self.joints)
        if self.annotated == "some":
            return mixed(rng, *count)
        found = torch.full(count, self.annotated == "all")
        if self.annotated == "one":
            found.view(-1)[int(rng.integers(found.numel()))] = True
        return found


def beyond(rng: Generator) -> Inputs:
    """An annotated joint lies outside: its map has no positive cell; another's is all positive."""
    inputs = Maps(2, 3, (5, 7))(rng)
    inputs["targets"][0, 1] = 0
    inputs["targets"][1, 2] = 1
    return inputs


def in_one_cell(rng: Generator) -> Inputs:
    """Two joints of each person share their disk, and the network is sure of both."""
    inputs = Maps(2, 3, (6, 8))(rng)
    inputs["targets"][:, 1] = inputs["targets"][:, 0]
    inputs["logits"] += 4 * inputs["targets"]
    return inputs


def blobs(rng: Generator) -> Inputs:
    """Targets between 0 and 1, in 64ths; none of them is 0.5."""
    inputs = Maps(2, 3, (7, 8))(rng)
    apart = distances(places(rng, 2, 3, (7, 8)), (7, 8))
    soft = rounded(torch.exp(-(apart**2) / 4.5), 64)
    return inputs | {"targets": torch.where(soft == 0.5, 33 / 64, soft)}


def a_half(rng: Generator) -> Inputs:
    """The cells around each disk are 0.5."""
    inputs = Maps(1, 3, (7, 8), radii=(1.4,))(rng)
    around = torch.nn.functional.max_pool2d(inputs["targets"], 3, stride=1, padding=1)
    return inputs | {"targets": (inputs["targets"] + around) / 2}


def sure(rng: Generator) -> Inputs:
    """Logits of 50 and -50, right or wrong."""
    inputs = Maps(2, 2, (5, 6), annotated="some")(rng)
    signs = torch.as_tensor(rng.choice([-50.0, 50.0], inputs["logits"].shape)).float()
    return inputs | {"logits": signs}


def reordered(function: Callable, logits: Tensor, targets: Tensor, annotated: Tensor) -> list[Any]:
    """The loss with the joints in another order, with mirrored maps, and with all persons twice."""
    views = [(t.flip(1) for t in (logits, targets, annotated)), (logits.flip(3), targets.flip(3), annotated)]
    views += [(torch.cat([t, t]) for t in (logits, targets, annotated))]
    return [float(torch.as_tensor(copy(function(*view)))) for view in views]


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """One map by itself, or which maps count."""
    return ONE_MAP if bool(inputs["annotated"].all()) else MISSING


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The two means of the first annotated map, and both losses."""
    annotated = inputs["annotated"]
    mine, right = float(answer), float(expected)
    text = f"{int(annotated.sum())} of {annotated.numel()} maps are annotated\n"
    bars, colors = {}, []
    if annotated.any():
        n, j = annotated.nonzero()[0].tolist()
        logits, targets = inputs["logits"][n, j].double(), inputs["targets"][n, j].double()
        cells, positive = binary_cross_entropy_with_logits(logits, targets, reduction="none"), targets >= 0.5
        kinds = {"positive": positive, "other": ~positive}
        bars = {f"{kind} cells": float(cells[part].mean().nan_to_num(0)) for kind, part in kinds.items()}
        means = ", ".join(f"{int(part.sum())} {kind} cells" for kind, part in kinds.items())
        text += (
            f"person {n}, joint {j} has {means}; their means are {' and '.join(f'{v:.4f}' for v in bars.values())}\n"
        )
        colors = [ASIDE] * 2
    text += f"the loss over all annotated maps: expected {right:.4f}, yours {mine:.4f}"
    bars |= {"loss, expected": right, "loss, yours": mine}
    colors += [EXPECTED, YOURS]
    return Counterexample(text, lambda: plots.bars(list(bars), list(bars.values()), "cross-entropy", colors=colors))


CHECK = Check(
    "heatmap_loss",
    points=5,
    compare=close(1e-4, 1e-6),
    hint=hint,
    explain=explain,
    cases=(
        Case("one person of three joints", "values", Maps(1, 3, (7, 9))),
        Case("two persons, small disks and large ones", "values", Maps(2, 4, (8, 10), radii=(1.2, 3.35))),
        Case("joints that are not annotated", "values", Maps(3, 5, (6, 7), annotated="some")),
        Case("one joint of many annotated", "values", Maps(2, 4, (6, 8), annotated="one")),
        Case("two joints in one place", "values", in_one_cell),
        Case("targets between 0 and 1", "values", blobs),
        Case(
            "other orders, mirrored, twice the persons",
            "property",
            Maps(2, 3, (5, 6), annotated="some"),
            probe=reordered,
            explain=False,
        ),
        Case(
            "gradients of the logits",
            "property",
            Maps(2, 3, (5, 6), annotated="some"),
            close(1e-3, 1e-6),
            gradients_of(0),
            hint=GRAPH,
            explain=False,
        ),
        Case("no joint annotated", "edge", Maps(2, 3, (5, 6), annotated="none"), hint=NO_MAP, essential=True),
        Case(
            "gradients where no joint is annotated",
            "edge",
            Maps(2, 3, (5, 6), annotated="none"),
            idle("logits"),
            idle_step(0),
            hint="A step of training on such persons must change nothing, and must not fail.",
            explain=False,
        ),
        Case("no positive cell, and positive cells alone", "edge", beyond, hint=NOTHING),
        Case("targets of exactly 0.5", "edge", a_half, hint=HALF),
        Case("logits of 50 and -50", "edge", sure, hint=SURE),
        Case("14 joints", "edge", Maps(2, 14, (4, 5), annotated="some")),
        Case("17 joints", "edge", Maps(1, 17, (5, 4))),
        Case("one cell, one joint", "edge", Maps(1, 1, (1, 1))),
        Case("no person", "edge", Maps(0, 14, (4, 5)), hint=NO_MAP, explain=False),
        *styles(Maps(2, 3, (6, 5), annotated="some")),
    ),
)
