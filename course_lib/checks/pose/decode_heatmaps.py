"""Unit 06: what is asked of `decode_heatmaps`."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import floats, rounded, until
from course_lib.checks.kit.pictures import number, numbered
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.pose.shared import Size, disks, distances, places
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

NEAR = close(1e-5, 1e-4)
STEPS = (
    "Go step by step: which cell is it, a quarter of a cell to which sides, where is a cell's centre, how many pixels?"
)
PLATEAU = "Several cells are the highest. Which point is as far from the ones on its left as from those on its right?"
BORDER = "At the border a cell has one neighbour in that direction. What does the docstring say of it?"
EQUAL = "Both neighbours are equally high: to neither side is it higher."


@dataclass(frozen=True)
class Blobs:
    """Maps with one smooth peak each, off a cell's centre, in 4096ths; all neighbours of a peak differ.

    Attributes:
        below: so much is taken from all numbers. width: of a peak, in cells.
    """

    persons: int
    joints: int
    size: Size
    stride: int
    below: float = 0.0
    width: float = 1.5

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, _distinct)(rng) if self.persons else self._drawn(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        apart = distances(_off_centre(rng, self.persons, self.joints, self.size), self.size)
        maps = rounded(torch.exp(-(apart**2) / (2 * self.width**2)), 4096) - self.below
        return {"heatmaps": maps, "stride": self.stride}


def _off_centre(rng: Generator, persons: int, joints: int, size: Size) -> Tensor:
    """Places an eighth to three eighths of a cell from a cell's centre in both directions, inside the outermost."""
    height, width = size
    cells = rng.integers([1, 1], [width - 1, height - 1], (persons, joints, 2)) + 0.5
    aside = rng.uniform(0.125, 0.375, cells.shape) * rng.choice([-1, 1], cells.shape)
    return rounded(cells + aside, 64)


def _distinct(inputs: Inputs) -> bool:
    """Whether each map has one highest cell, and no two maps the same one."""
    flat = inputs["heatmaps"].flatten(2)
    top = flat.topk(2, dim=2)
    cells = top.indices[..., 0].flatten().tolist()
    return bool((top.values[..., 0] > top.values[..., 1]).all()) and len(set(cells)) == len(cells)


def noisy(rng: Generator) -> Inputs:
    """A peak, and low noise and a lower blob far from it."""
    inputs = Blobs(1, 3, (12, 16), 4)(rng)
    noise = rounded(rng.uniform(0, 0.25, inputs["heatmaps"].shape), 4096)
    noise[..., -4:, :5] += 0.25
    inputs["heatmaps"] += noise * (inputs["heatmaps"] < 0.2)
    return inputs


def at_the_border(rng: Generator) -> Inputs:
    """Peaks in the outermost rows and columns, and in two corners; the opposite border is higher than the inside."""
    height, width = 7, 9
    maps = rounded(rng.uniform(0, 0.5, (1, 6, height, width)), 4096)
    middle = [int(rng.integers(2, side - 2)) for side in (height, width)]
    cells = [(middle[0], 0), (middle[0], width - 1), (0, middle[1]), (height - 1, middle[1]), (0, 0), (6, 8)]
    for joint, (row, column) in enumerate(cells):
        maps[0, joint, row, :: width - 1] += 0.25
        maps[0, joint, :: height - 1, column] += 0.25
        maps[0, joint, row, column] = 1.5
    return {"heatmaps": maps, "stride": 4}


def equal_neighbours(rng: Generator) -> Inputs:
    """Peaks exactly in a cell's centre: equal neighbours in one direction, or in both."""
    inputs = Blobs(1, 3, (8, 9), 4)(rng)
    joints = torch.tensor([[[3.5, 4.75], [5.25, 2.5], [4.5, 5.5]]]) + float(rng.integers(0, 2))
    apart = distances(joints, (8, 9))
    return inputs | {"heatmaps": rounded(torch.exp(-(apart**2) / 4), 4096)}


@dataclass(frozen=True)
class Disks:
    """Disks around joints: many cells are the highest."""

    persons: int
    joints: int
    size: Size
    radius: float
    stride: int

    def __call__(self, rng: Generator) -> Inputs:
        def draw(rng: Generator) -> Inputs:
            return {"heatmaps": disks(places(rng, self.persons, self.joints, self.size), self.size, self.radius)}

        found = until(draw, lambda inputs: bool((inputs["heatmaps"].sum(dim=(2, 3)) > 1).all()))(rng)
        return found | {"stride": self.stride}


def two_cells(rng: Generator) -> Inputs:
    """Two or three equal maxima; a neighbour of the first is higher than that on its other side."""
    maps = rounded(rng.uniform(0, 0.5, (1, 3, 7, 9)), 4096)
    row, column = int(rng.integers(1, 5)), int(rng.integers(1, 6))
    maps[0, 0, row, column : column + 2] = 1
    maps[0, 1, row : row + 2, column] = 1
    maps[0, 2, row, column] = maps[0, 2, row + 1, column + 2] = 1
    return {"heatmaps": maps, "stride": 4}


def flat(rng: Generator) -> Inputs:
    """Maps of one number each."""
    return {"heatmaps": torch.tensor([0.0, -1.5, 2.0])[None, :, None, None].expand(1, 3, 5, 8).clone(), "stride": 4}


def one_line(size: Size):
    """Maps of a single row, column or cell, all their numbers different."""

    def make(rng: Generator) -> Inputs:
        height, width = size
        maps = [rng.permutation(height * width).reshape(size) for _ in range(4)]
        return {"heatmaps": floats(np.stack(maps))[None], "stride": 8}

    return make


def mirrored(function: Callable, heatmaps: Tensor, stride: int) -> Tensor:
    """What mirrored maps give, and maps that stand upside down."""
    return torch.stack([torch.as_tensor(copy(function(one, stride))) for one in (heatmaps.flip(3), heatmaps.flip(2))])


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """The steps, or what to do with several equal maxima."""
    maps = inputs["heatmaps"]
    many = (maps == maps.amax(dim=(2, 3), keepdim=True)).sum(dim=(2, 3)) > 1
    return PLATEAU if bool(many.all()) else STEPS


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The joint that is furthest off, with the highest cells of its map marked."""
    n, j, _ = worst(answer, expected)
    one = inputs["heatmaps"][n, j]
    peaks = (one == one.max()).nonzero()
    row, column = peaks[0].tolist()
    more = f", and {len(peaks) - 1} more" if len(peaks) > 1 else ""
    mine, right = (", ".join(number(v) for v in values[n, j].tolist()) for values in (answer, expected))
    text = (
        f"person {n}, joint {j}: a map of {one.shape[0]} rows and {one.shape[1]} columns, stride {inputs['stride']}\n"
        f"the highest cell is in row {row}, column {column}{more}\n"
        f"(x, y) in pixels: expected ({right}), yours ({mine})"
    )

    def draw():
        ax = numbered([one], [(row, column, 1, 1)], [f"the heatmap of joint {j}"], right=one)
        for values, color, marker, label in ((expected, EXPECTED, "o", "expected"), (answer, YOURS, "X", "yours")):
            x, y = (values[n, j].double() / inputs["stride"]).tolist()
            ax.plot(x, y, marker, color=color, markersize=9, alpha=0.8, label=label, clip_on=False)
        ax.legend(loc="lower left", fontsize=8)
        return ax

    return Counterexample(text, draw)


CHECK = Check(
    "decode_heatmaps",
    points=5,
    forbids=("course_lib.explorers",),
    compare=NEAR,
    hint=hint,
    explain=explain,
    cases=(
        Case("one person of four joints, stride 4", "values", Blobs(1, 4, (9, 13), 4)),
        Case("two persons of 14 joints, stride 8", "values", Blobs(2, 14, (16, 12), 8)),
        Case("stride 1", "values", Blobs(1, 3, (8, 6), 1)),
        Case("all numbers below zero", "values", Blobs(2, 3, (8, 11), 2, below=3.0)),
        Case("noise and a lower peak elsewhere", "values", noisy),
        Case("a disk of radius 2", "values", Disks(1, 4, (10, 13), 2.1, 4)),
        Case(
            "mirrored, and upside down",
            "property",
            Blobs(1, 4, (7, 9), 4),
            probe=mirrored,
            explain=False,
        ),
        Case("peaks at the border", "edge", at_the_border, hint=BORDER, essential=True),
        Case("equal neighbours", "edge", equal_neighbours, hint=EQUAL),
        Case("two highest cells", "edge", two_cells, hint=PLATEAU),
        Case("a large disk, cut by the border", "edge", Disks(1, 3, (8, 9), 4.3, 2), hint=PLATEAU),
        Case("the same number everywhere", "edge", flat, hint=PLATEAU),
        Case("16 joints", "edge", Blobs(1, 16, (9, 11), 4)),
        Case("17 joints", "edge", Blobs(2, 17, (13, 11), 4)),
        Case("one row", "edge", one_line((1, 9))),
        Case("one column", "edge", one_line((7, 1))),
        Case("one cell", "edge", one_line((1, 1))),
        Case("no person", "edge", Blobs(0, 14, (4, 6), 4), explain=False, hint=False),
        *styles(Blobs(2, 3, (7, 9), 4)),
    ),
)
