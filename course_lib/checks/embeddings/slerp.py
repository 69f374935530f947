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
PARALLEL = "Both have one direction: what is the sine of the angle between them, and what is divided by it?"


@dataclass(frozen=True)
class Ends:
    """Two vectors of d numbers, of these lengths (about, as they are drawn in 64ths), at an angle of 30 to 150°."""

    d: int
    lengths: tuple[float, float] = (1.0, 1.0)
    t: float | None = None

    def __call__(self, rng: Generator) -> Inputs:
        return until(self.drawn, self.fits)(rng)

    def drawn(self, rng: Generator) -> Inputs:
        """Any two; t in 32nds, and not in the middle, where it is not said."""
        a, b = rng.normal(size=(2, self.d))
        ends = [
            rounded(length * end / math.hypot(*end), 4096) for length, end in zip(self.lengths, (a, b), strict=True)
        ]
        t = float(rng.choice([*range(4, 13), *range(20, 29)])) / 32 if self.t is None else self.t
        return {"a": ends[0], "b": ends[1], "t": t}

    @staticmethod
    def fits(inputs: Inputs) -> bool:
        """Whether the angle is neither small nor near 180°, and not near 90°, where a wrong one may be right."""
        cosine = abs(float(cosine_similarity(inputs["a"], inputs["b"], dim=0)))
        return 0.15 < cosine < 0.87


def at_right_angles(rng: Generator) -> Inputs:
    """Two axes, exactly at 90°, of the length 2."""
    first, second = rng.permutation(4)[:2].tolist()
    eye = 2 * torch.eye(4)
    return {"a": eye[first], "b": -eye[second], "t": float(rng.integers(4, 12)) / 32}


def parallel(times: float, d: int = 5):
    """The second vector is so many times the first one."""

    def make(rng: Generator) -> Inputs:
        inputs = Ends(d, (3.0, 1.0))(rng)
        return inputs | {"b": times * inputs["a"]}

    return make


def nearly_parallel(rng: Generator) -> Inputs:
    """The second vector differs from the first one by some ten thousandths."""
    inputs = Ends(6, (3.0, 1.0))(rng)
    return inputs | {"b": inputs["a"] + rounded(rng.normal(size=6), 2) / 4096}


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


CHECK = Check(
    "slerp",
    points=3,
    forbids=("scipy.spatial.geometric_slerp",),
    compare=close(1e-4, 1e-4),
    hint=hint,
    explain=explain,
    cases=(
        Case("in the plane, of length 1", "values", Ends(2)),
        Case("of length 3", "values", Ends(5, (3.0, 3.0))),
        Case("of unequal lengths", "values", Ends(4, (3.0, 1.5))),
        Case("half-way", "values", Ends(6, (2.0, 2.0), t=0.5)),
        Case("a hundred numbers", "values", Ends(100, (10.0, 9.0))),
        Case(
            "from both ends, and of twice the length",
            "property",
            Ends(5, (2.0, 3.0)),
            probe=from_both_ends,
            hint=ARC,
            explain=False,
        ),
        Case("steps from 0 to 1", "property", Ends(3, (2.0, 2.5)), probe=in_steps, hint=END, explain=False),
        Case("at right angles", "edge", at_right_angles),
        Case("t = 0", "edge", Ends(4, (2.0, 3.0), t=0.0), hint=END),
        Case("t = 1", "edge", Ends(4, (2.0, 3.0), t=1.0), hint=END),
        Case("a = b", "edge", parallel(1.0), hint=PARALLEL),
        Case("b = 2 a", "edge", parallel(2.0), hint=PARALLEL),
        Case("nearly one direction", "edge", nearly_parallel, hint=PARALLEL),
        *styles(Ends(5, (2.0, 1.5))),
    ),
)
