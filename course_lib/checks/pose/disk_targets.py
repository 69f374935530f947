"""Unit 06: what is asked of `disk_targets`."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, worst
from course_lib.checks.kit.pictures import number, numbered
from course_lib.checks.kit.styles import styles
from course_lib.checks.pose.shared import Size, distances, mixed, places
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

MORE = "You fill more cells than expected. Which of yours is further from its joint than the radius, or has no joint?"
FEWER = "You fill fewer cells than expected. Which cell's centre is near enough to its joint and is left out?"
ELSEWHERE = "You fill as many cells as expected, in other places. Where is the centre of the first cell, and what is x?"
OUTSIDE = (
    "A joint beyond the border can still be nearer to a cell inside than the radius. Ask each cell, not the joint."
)
ON_CIRCLE = "A centre that is exactly one radius away: what do the docstring's words “at most” say of it?"
NO_PLACE = "What is the distance to a joint without a place? Nothing is nearer to it than the radius."


@dataclass(frozen=True)
class Persons:
    """Persons with joints anywhere inside.

    Attributes:
        size: rows and columns. radius: its square is no multiple of 1/64, as those of all distances between eighths
            are: no centre lies on a circle. some: whether only some joints are annotated.
    """

    persons: int
    joints: int
    size: Size
    radius: float
    some: bool = False

    def __call__(self, rng: Generator) -> Inputs:
        count = (self.persons, self.joints)
        joints = places(rng, *count, self.size)
        annotated = mixed(rng, *count) if self.some else torch.ones(count, dtype=torch.bool)
        return {"joints": joints, "annotated": annotated, "size": self.size, "radius": self.radius}


def beyond(radius: float, most: float):
    """One person whose joints lie beyond each of the four borders, by less than the radius, and one inside."""

    def make(rng: Generator) -> Inputs:
        inputs = Persons(1, 5, (8, 11), radius)(rng)
        height, width = inputs["size"]
        less, more = -rng.integers(2, 8 * most, 2) / 8, rng.integers(2, 8 * most, 2) / 8
        inputs["joints"][0, :2, 0] = torch.tensor([float(less[0]), width + float(more[0])])
        inputs["joints"][0, 2:4, 1] = torch.tensor([float(less[1]), height + float(more[1])])
        return inputs

    return make


def on_the_border(rng: Generator) -> Inputs:
    """Joints exactly on the borders and in two corners of the image."""
    inputs = Persons(1, 6, (7, 10), 1.7)(rng)
    inputs["joints"][0, :2, 0] = torch.tensor([0.0, 10.0])
    inputs["joints"][0, 2:4, 1] = torch.tensor([0.0, 7.0])
    inputs["joints"][0, 4:] = torch.tensor([[0.0, 0.0], [10.0, 7.0]])
    return inputs


def on_the_circle(radius: float, size: Size):
    """A joint in the middle of a cell: centres lie exactly on its circle."""

    def make(rng: Generator) -> Inputs:
        inputs = Persons(1, 2, size, radius)(rng)
        height, width = size
        inputs["joints"] = torch.tensor([[[width // 2 + 0.5, height // 2 + 0.5], [0.5, 1.5]]])
        inputs["joints"] += float(rng.integers(0, 2))
        return inputs

    return make


def near_together(rng: Generator) -> Inputs:
    """Three joints within a cell or two of each other."""
    inputs = Persons(1, 3, (9, 12), 2.2)(rng)
    inputs["joints"][0, 0].clamp_(1, 8)
    inputs["joints"][0, 1:] = inputs["joints"][0, :1] + torch.tensor([[0.5, 1.0], [-1.0, 0.0]])
    return inputs


def without_place(value: float):
    """Two joints that are said to be annotated and have no place: one coordinate, or both, are this value."""

    def make(rng: Generator) -> Inputs:
        inputs = Persons(2, 3, (6, 8), 2.2)(rng)
        inputs["joints"][0, 1] = value
        inputs["joints"][1, 2, int(rng.integers(0, 2))] = value
        return inputs

    return make


def nobody(rng: Generator) -> Inputs:
    """Persons of whom no joint is annotated."""
    inputs = Persons(2, 4, (6, 8), 2.2)(rng)
    return inputs | {"annotated": torch.zeros(2, 4, dtype=torch.bool)}


def each_alone(function: Callable, joints: Tensor, annotated: Tensor, size: Size, radius: float) -> Tensor:
    """The maps of each person alone, put together."""
    ones = zip(joints, annotated, strict=True)
    return torch.cat([torch.as_tensor(copy(function(j[None], a[None], size, radius))) for j, a in ones])


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Whether there are too many cells, too few, or as many in other places."""
    mine, right = float(answer.double().sum()), float(expected.double().sum())
    return MORE if mine > right else FEWER if mine < right else ELSEWHERE


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first cell that is wrong, and how far its centre is from the joint; both maps."""
    n, j, row, column = worst(answer, expected)
    x, y = inputs["joints"][n, j].tolist()
    apart = float(distances(inputs["joints"], inputs["size"])[n, j, row, column])
    said = "annotated" if inputs["annotated"][n, j] else "not annotated"
    text = (
        f"person {n}, joint {j} at x = {number(x)}, y = {number(y)}, {said}; radius {inputs['radius']:g}\n"
        f"the centre of the cell in row {row}, column {column} is ({column + 0.5:g}, {row + 0.5:g}), {apart:.2f} away: "
        f"expected {number(float(expected[n, j, row, column]))}, yours {number(float(answer[n, j, row, column]))}"
    )
    maps = [expected[n, j], answer[n, j]]
    box = (row, column, 1, 1)
    return Counterexample(text, lambda: numbered(maps, [box] * 2, ["expected", "yours"], right=expected[n, j]))


CHECK = Check(
    "disk_targets",
    points=4,
    forbids=("course_lib.explorers", "skimage.draw"),
    compare=exact(),
    hint=hint,
    explain=explain,
    cases=(
        Case("one person of four joints, radius 2.1", "values", Persons(1, 4, (9, 13), 2.1)),
        Case("two persons of 14 joints, radius 1.65", "values", Persons(2, 14, (8, 6), 1.65)),
        Case("radius 3.35", "values", Persons(1, 3, (12, 15), 3.35)),
        Case("joints that are not annotated", "values", Persons(2, 5, (7, 9), 2.2, some=True)),
        Case("joints near together", "values", near_together),
        Case("each person alone", "property", Persons(3, 4, (7, 5), 1.87), probe=each_alone, hint=False, explain=False),
        Case("joints outside of the image", "edge", beyond(2.2, most=1.5), hint=OUTSIDE, essential=True),
        Case("joints far outside, a large radius", "edge", beyond(4.3, most=3.5), hint=OUTSIDE),
        Case("joints on the border", "edge", on_the_border),
        Case("centres exactly one radius away", "edge", on_the_circle(2.0, (7, 9)), hint=ON_CIRCLE),
        Case("radius 5, 3 cells across and 4 down", "edge", on_the_circle(5.0, (13, 15)), hint=ON_CIRCLE),
        Case("joints that are NaN", "edge", without_place(float("nan")), hint=NO_PLACE),
        Case("joints that are infinite", "edge", without_place(float("inf")), hint=NO_PLACE),
        Case("no joint annotated", "edge", nobody),
        Case("16 joints", "edge", Persons(1, 16, (5, 8), 1.4)),
        Case("17 joints", "edge", Persons(2, 17, (6, 5), 1.4, some=True)),
        Case("a radius of about half a cell", "edge", Persons(1, 9, (6, 7), 0.52)),
        Case("one cell, one joint", "edge", Persons(1, 1, (1, 1), 0.85)),
        Case("no person", "edge", Persons(0, 14, (4, 6), 2.1), explain=False),
        *styles(Persons(2, 3, (6, 8), 2.1, some=True)),
    ),
)
