"""Unit 08: what is asked of `slerp`."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import cosine_similarity

from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.pictures import number
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs
from course_lib.plots.style import new_axes

ARC = "How long is your point, and how large is its angle to a? It should be t of the whole angle."
ANGLE = "The vectors are longer than 1. Is your cosine one, and what is the arc cosine of a number above 1?"
LENGTH = "Directions may be right: how long are a, b and your point?"
END = "At which of both ends should your point be for this t?"
ROUNDED = "The cosine of two vectors of one direction is 1, but for rounding. What if it is 1.0000001?"
PARALLEL = "Both have one direction: what is the sine of the angle between them, and what is divided by it?"


BELOW, ABOVE = tuple(range(4, 13)), tuple(range(20, 29))  # t in 32nds: in the first half, in the second one


@dataclass(frozen=True)
class Ends:
    """Two vectors of d numbers, of about these lengths, at an angle of 30 to 150°, and not near 90°.

    Attributes:
        t: one of these 32nds. obtuse: whether the angle is above 90°; None: it may be.
    """

    d: int
    lengths: tuple[float, float] = (1.0, 1.0)
    t: tuple[int, ...] = BELOW
    obtuse: bool | None = None

    def __call__(self, rng: Generator) -> Inputs:
        return until(self.drawn, self.fits)(rng)

    def drawn(self, rng: Generator) -> Inputs:
        """Any two."""
        a, b = rng.normal(size=(2, self.d))
        ends = [
            rounded(length * end / math.hypot(*end), 4096) for length, end in zip(self.lengths, (a, b), strict=True)
        ]
        t = float(rng.choice(self.t)) / 32
        return {"a": ends[0], "b": ends[1], "t": t}

    def fits(self, inputs: Inputs) -> bool:
        """Whether the angle is as asked for; near 90° a wrong one may be right."""
        cosine = float(cosine_similarity(inputs["a"], inputs["b"], dim=0))
        return 0.15 < abs(cosine) < 0.87 and self.obtuse in (None, cosine < 0)


def at_right_angles(rng: Generator) -> Inputs:
    """Two axes, exactly at 90°, of the length 2."""
    first, second = rng.permutation(4)[:2].tolist()
    eye = 2 * torch.eye(4)
    return {"a": eye[first], "b": -eye[second], "t": float(rng.integers(4, 12)) / 32}


def parallel(times: float, aside: float = 0.0):
    """The first vector lies on an axis, the second one is so many times that, and a little aside."""

    def make(rng: Generator) -> Inputs:
        axis, other = rng.permutation(5)[:2].tolist()
        a = torch.zeros(5)
        a[axis] = 3.0
        b = times * a
        b[other] = aside
        return {"a": a, "b": b, "t": float(rng.choice(BELOW)) / 32}

    return make


def many_parallel(rng: Generator) -> Inputs:
    """Forty vectors, and each a second time, twice as long."""
    a = rounded(rng.normal(size=(40, 6)), 64) + 0.25
    return {"a": a, "b": 2 * a, "t": float(rng.choice(BELOW)) / 32}


def one_by_one(function: Callable, a: Tensor, b: Tensor, t: float) -> list[Any]:
    """The point of each pair."""
    return [function(*ends, t) for ends in zip(a, b, strict=True)]


def from_both_ends(function: Callable, a: Tensor, b: Tensor, t: float) -> list[Any]:
    """The point at t from a to b, at 1 - t from b to a, and that of vectors twice as long."""
    return [function(a, b, t), function(b, a, 1 - t), function(2 * a, 2 * b, t)]


def in_steps(function: Callable, a: Tensor, b: Tensor, t: float) -> list[Any]:
    """The points at 0, t / 2, t and 1."""
    return [function(a, b, step) for step in (0.0, t / 2, t, 1.0)]


def degrees(one: Tensor, other: Tensor) -> float:
    """The angle between two vectors; NaN where one has no direction."""
    lengths = float(one.norm() * other.norm())
    return math.degrees(math.acos(max(-1.0, min(1.0, float(one @ other) / lengths)))) if lengths > 0 else math.nan


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """NaN, the length alone, or direction."""
    a, b, mine, right = (values.double() for values in (inputs["a"], inputs["b"], answer, expected))
    if not mine.isfinite().all():
        return ANGLE
    if degrees(mine, right) < 0.1:
        return LENGTH
    turned = abs(degrees(mine, b) - degrees(right, a)) < 0.5 < abs(degrees(right, b) - degrees(right, a))
    return END if turned else ARC


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """Lengths and angles to a; both points in the plane of a and b."""
    a, b, mine, right = (values.double() for values in (inputs["a"], inputs["b"], answer, expected))
    text = (
        f"|a| = {a.norm():.3f}, |b| = {b.norm():.3f}, the angle between them is {degrees(a, b):.1f}°, "
        f"t = {inputs['t']:g}\nlength of the point: expected {right.norm():.3f}, yours {mine.norm():.3f}; "
        f"its angle to a: expected {number(degrees(right, a))}°, yours {number(degrees(mine, a))}°"
    )

    def draw():
        east = a / a.norm()
        north = b - (b @ east) * east
        north = north / north.norm().clamp(min=1e-9)
        ax = new_axes(4.5, 4.5)
        arrows = {"a": (a, ASIDE), "b": (b, ASIDE), "expected": (right, EXPECTED), "yours": (mine.nan_to_num(), YOURS)}
        for name, (end, color) in arrows.items():
            x, y = float(end @ east), float(end @ north)
            ax.plot([0, x], [0, y], color=color, marker="o", markevery=[1], label=name)
        ax.set(aspect="equal", title="in the plane of a and b")
        ax.legend()
        return ax

    return Counterexample(text, draw)


TOGETHER = {"hint": ARC, "explain": False}

CHECK = Check(
    "slerp",
    points=3,
    forbids=("scipy.spatial.geometric_slerp",),
    compare=close(1e-4, 1e-4),
    hint=hint,
    explain=explain,
    cases=(
        Case("in the plane, of length 1", "values", Ends(2, obtuse=True)),
        Case("of length 3", "values", Ends(5, (3.0, 3.0), obtuse=False)),
        Case("of unequal lengths", "values", Ends(4, (3.0, 1.5), ABOVE, obtuse=False)),
        Case("half-way", "values", Ends(6, (2.0, 2.0), (16,), obtuse=False)),
        Case("a hundred numbers", "values", Ends(100, (10.0, 9.0), obtuse=True)),
        Case(
            "from both ends, twice as long",
            "property",
            Ends(5, (2.0, 3.0), obtuse=False),
            probe=from_both_ends,
            **TOGETHER,
        ),
        Case(
            "steps from 0 to 1",
            "property",
            Ends(3, (2.0, 2.5), obtuse=False),
            probe=in_steps,
            **TOGETHER | {"hint": END},
        ),
        Case("at right angles", "edge", at_right_angles),
        Case("t = 0", "edge", Ends(4, (2.0, 3.0), (0,)), hint=END),
        Case("t = 1", "edge", Ends(4, (2.0, 3.0), (32,)), hint=END),
        Case("a = b", "edge", parallel(1.0), hint=PARALLEL),
        Case("b = 2 a", "edge", parallel(2.0), hint=PARALLEL),
        Case("nearly one direction", "edge", parallel(1.0, aside=1 / 4096), hint=PARALLEL),
        Case("forty pairs of one direction", "edge", many_parallel, probe=one_by_one, **TOGETHER | {"hint": ROUNDED}),
        *styles(Ends(5, (2.0, 1.5), obtuse=False)),
    ),
)
