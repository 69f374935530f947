"""Unit 06: what is asked of `pck`."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.pictures import number
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.pose.shared import mixed
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

COUNT = "Take one joint: who is counted, who of them is near enough, and what is near for a person of this size?"
NOBODY = "Whoever was never asked has neither passed nor failed. What number says that?"
NOT_FOUND = "A joint that the network did not find is a joint that it got wrong."
NO_LENGTH = "Without a length nobody can say what is near: such a person is neither right nor wrong."
EXACTLY = "The distance is exactly the limit: what do the docstring's words “at most” say of it?"


@dataclass(frozen=True)
class Persons:
    """Persons of unequal sizes, predictions on both sides of the limit, none within a twentieth of it; some are exact.

    Attributes:
        some: whether only some joints are annotated. diagonal: errors lie halfway between the axes. alpha: of the size.
    """

    persons: int
    joints: int
    some: bool = False
    diagonal: bool = False
    alpha: float = 0.2

    def __call__(self, rng: Generator) -> Inputs:
        shape = (self.persons, self.joints)
        reference = rounded(rng.uniform(1, 1.5, self.persons) * rng.choice([8, 16, 48], self.persons), 8)
        joints = rounded(rng.uniform(0, 200, (*shape, 2)), 8)
        near = np.where(rng.uniform(size=shape) < 0.5, rng.uniform(0.3, 0.95, shape), rng.uniform(1.05, 1.7, shape))
        turn = rng.uniform(0, 2 * math.pi, shape)
        if self.diagonal:
            turn, near = math.pi / 4 + math.pi / 2 * rng.integers(0, 4, shape), np.maximum(near, 0.75)
        near = near * (rng.uniform(size=shape) > 0.2)
        error = self.alpha * reference.numpy()[:, None] * near
        apart = np.stack([error * np.cos(turn), error * np.sin(turn)], axis=2)
        return {
            "pred": rounded(joints.numpy() + apart, 1024),
            "joints": joints,
            "annotated": self._annotated(rng),
            "reference": reference,
            "alpha": self.alpha,
        }

    def _annotated(self, rng: Generator) -> Tensor:
        """Which joints are annotated; of several persons each joint for one at least."""
        found = mixed(rng, self.persons, self.joints) if self.some else torch.ones(self.persons, self.joints).bool()
        if self.some and self.persons > 1:
            found[torch.as_tensor(rng.integers(0, self.persons, self.joints)), torch.arange(self.joints)] = True
        return found


def never(rng: Generator) -> Inputs:
    """One joint is annotated for nobody, one person has no annotated joint; what is not annotated is NaN."""
    inputs = Persons(5, 6, some=True)(rng)
    inputs["annotated"][:, 2] = False
    inputs["annotated"][3] = False
    inputs["joints"][~inputs["annotated"]] = float("nan")
    return inputs


def guessed(rng: Generator) -> Inputs:
    """Joints that are not annotated are predicted exactly where a forgotten truth of zeros lies, or far from it."""
    inputs = Persons(6, 5, some=True)(rng)
    missing = ~inputs["annotated"]
    inputs["joints"][missing] = 0
    inputs["pred"][missing] *= torch.as_tensor(rng.integers(0, 2, (int(missing.sum()), 1)))
    return inputs


def unequal(rng: Generator) -> Inputs:
    """Of some persons nearly all joints are annotated, of others one or two."""
    inputs = Persons(6, 8)(rng)
    for person, kept in enumerate((8, 7, 1, 2, 8, 1)):
        inputs["annotated"][person] = torch.as_tensor(rng.permutation(8) < kept)
    return inputs


def not_found(value: float):
    """Some annotated joints have no prediction: a coordinate, or both, are this value."""

    def make(rng: Generator) -> Inputs:
        inputs = Persons(4, 5, some=True)(rng)
        rows, columns = inputs["annotated"].nonzero().T
        inputs["pred"][rows[0], columns[0]] = value
        inputs["pred"][rows[-1], columns[-1], int(rng.integers(0, 2))] = value
        return inputs

    return make


def without_length(rng: Generator) -> Inputs:
    """Two persons have no reference length; the joint of one of them is annotated for nobody else."""
    inputs = Persons(5, 4)(rng)
    inputs["reference"][[1, 3]] = float("nan")
    inputs["annotated"][[0, 2, 3, 4], 2] = False
    return inputs


def at_the_limit(rng: Generator) -> Inputs:
    """Errors of exactly alpha times the reference, along an axis and 3 across and 4 down, and an eighth more."""
    inputs = Persons(2, 4, alpha=0.625)(rng)
    reference, limit = torch.tensor([8.0, 16.0]), torch.tensor([5.0, 10.0])[:, None]
    directions = torch.tensor([[1.0, 0.0], [0.0, -1.0], [0.6, 0.8], [1.0, 0.0]])
    apart = torch.round(limit[:, :, None] * directions * 8) / 8
    apart[:, 3] += 0.125
    return inputs | {"pred": inputs["joints"] + apart, "reference": reference}


def larger(function: Callable, *inputs) -> list[Tensor]:
    """The same persons twice as large, and in another order, with their joints in another order."""
    pred, joints, annotated, reference, alpha = inputs
    twice = function(2 * pred, 2 * joints, annotated, 2 * reference, alpha)
    other = function(pred.flip(0, 1), joints.flip(0, 1), annotated.flip(0, 1), reference.flip(0), alpha)
    return [torch.as_tensor(copy(one)) for one in (twice, other)]


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Joints that nobody was asked about, or how to count one joint."""
    return NOBODY if bool((answer.isnan() != expected.isnan()).any()) else COUNT


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The joint whose share is furthest off: each person's error and limit."""
    (j,) = worst(answer, expected)
    limits = inputs["alpha"] * inputs["reference"]
    errors = (inputs["pred"] - inputs["joints"]).double().norm(dim=2)[:, j]
    annotated = inputs["annotated"][:, j]
    told = [
        f"{number(float(error))} of {number(float(limit))}" + ("" if counted else " (not annotated)")
        for error, limit, counted in zip(errors, limits, annotated, strict=True)
    ]
    text = (
        f"joint {j}, alpha {inputs['alpha']:g}; each person's error of its limit, in pixels:\n{', '.join(told)}\n"
        f"share of near enough: expected {number(float(expected[j]))}, yours {number(float(answer[j]))}"
    )

    def draw():
        shown = (errors / limits).nan_to_num(0, 0, 0).tolist() + [float(expected[j]), float(answer[j])]
        names = [*(f"person {n}" for n in range(len(limits))), "share, expected", "share, yours"]
        colors = [plots.SKY if counted else ASIDE for counted in annotated] + [EXPECTED, YOURS]
        values = [value if math.isfinite(value) else 0.0 for value in shown]
        return plots.bars(names, values, "error / limit, and the share", colors=colors, form="{:.2f}")

    return Counterexample(text, draw)


CHECK = Check(
    "pck",
    points=4,
    compare=close(1e-4, 1e-6),
    hint=hint,
    explain=explain,
    cases=(
        Case("six persons of unequal sizes", "values", Persons(6, 5)),
        Case("alpha 0.5", "values", Persons(7, 4, alpha=0.5)),
        Case("errors between the axes", "values", Persons(6, 4, diagonal=True)),
        Case("joints that are not annotated", "values", guessed),
        Case("unequally many joints annotated", "values", unequal),
        Case(
            "twice as large, and in another order",
            "property",
            Persons(5, 4, some=True),
            probe=larger,
            hint=False,
            explain=False,
        ),
        Case("predictions that are NaN", "edge", not_found(float("nan")), hint=NOT_FOUND, essential=True),
        Case("predictions that are infinite", "edge", not_found(float("inf")), hint=NOT_FOUND),
        Case("a joint and a person without annotation", "edge", never),
        Case("errors of exactly the limit", "edge", at_the_limit, hint=EXACTLY),
        Case("a person without a length", "edge", without_length, hint=NO_LENGTH),
        Case("14 joints, one person", "edge", Persons(1, 14, some=True)),
        Case("16 joints", "edge", Persons(4, 16, some=True)),
        Case("17 joints", "edge", Persons(3, 17, some=True)),
        Case("no person", "edge", Persons(0, 14), hint=NOBODY, explain=False),
        *styles(Persons(4, 5, some=True)),
    ),
)
