"""Unit 03: what is asked of `roi_align`."""

from collections.abc import Iterator
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, worst
from course_lib.checks.fast_rcnn.pictures import bins, draw_grids, legend, show_roi
from course_lib.checks.fast_rcnn.regions import TWO_IMAGES, WIDE, Region, pooling
from course_lib.checks.fast_rcnn.shared import PIXELS, Guess, same
from course_lib.checks.kit.numbers import floats, rounded
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

POINTS = (
    "Mark the points of one bin on paper: the region's corners in cells, its size, the parts of a bin, their middles. "
    "Then read the map there."
)


def aligning(
    *wanted: Region,
    size: int = 2,
    ratio: int = 2,
    aligned: bool = True,
    images: int = 1,
    channels: int = 3,
):
    """Regions to align; the corners lie anywhere between the cells."""

    def make(rng: Generator) -> Inputs:
        pooled = pooling(*wanted, size=size, images=images, channels=channels, shift=0.0)(rng)
        return {**pooled, "sampling_ratio": ratio, "aligned": aligned}

    return make


def smaller_than_a_cell(aligned: bool):
    """Regions half a cell wide or high, with two points to each of two bins."""

    def make(rng: Generator) -> Inputs:
        found = aligning((0, 3, 2, 3, 2), (0, 6, 4, 6, 4), aligned=aligned)(rng)
        corners = floats([[3, 2], [6, 3]]) + floats(rng.integers(8, 25, (2, 2))) / 64
        sizes = floats([[0.5, 0.5], [0.5, 2.5]])
        rois = torch.cat([torch.zeros(2, 1), torch.cat([corners, corners + sizes], dim=1) * 16], dim=1)
        return found | {"rois": rois}

    return make


def past_the_border(rng: Generator) -> Inputs:
    """Regions that touch the image's borders: some of their points lie beyond the outermost cells' middles."""
    found = aligning((0, 0, 0, 9, 6), (0, 2, 1, 10, 6), size=3)(rng)
    return found | {"rois": floats([[0, -7, -6, 150, 109], [0, 30, 20, 183, 119]])}


def ramp(rng: Generator) -> Inputs:
    """Responses that rise evenly along x and y: the mean of a bin is the response in its middle."""
    found = aligning((0, 1, 1, 7, 4), size=3)(rng)
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(11.0), indexing="ij")
    slopes = rounded(rng.uniform(0.2, 1.0, (2, 1, 3, 1, 1)), steps=64)
    return found | {"features": x * slopes[0] - y * slopes[1]}


def aligned_from(inputs: Inputs, answer: Tensor, r: int) -> Guess | None:
    """The points that give the means of region r; None where none of those we try does."""
    from torchvision.ops import roi_align

    for guess in _other_points(inputs, inputs["rois"][r, 1:].reshape(2, 2)):
        roi = torch.cat([inputs["rois"][r, :1], guess.first + 0.5, guess.last + 0.5])[None]
        found = roi_align(inputs["features"], roi, inputs["output_size"], 1.0, guess.ratio, aligned=True)
        if same(found[0], answer[r]):
            return guess
    return None


def right_points(inputs: Inputs, corners: Tensor) -> tuple[Tensor, Tensor]:
    """First and last corner (x, y) of a region of `roi_align`, where a cell's middle has a whole number."""
    first, last = corners * inputs["spatial_scale"] - (0.5 if inputs["aligned"] else 0.0)
    return first, last if inputs["aligned"] else torch.maximum(last, first + 1)


def _other_points(inputs: Inputs, corners: Tensor) -> Iterator[Guess]:
    """Other regions, or other numbers of points, than `roi_align` asks for."""
    first, last = right_points(inputs, corners)
    ratio, shift = inputs["sampling_ratio"], 0.5 if inputs["aligned"] else 0.0
    away = 0.5 if inputs["aligned"] else -0.5
    size = torch.tensor([inputs["features"].shape[3], inputs["features"].shape[2]])
    squeezed = (size - 1) / size
    yield Guess("half a cell away", "half a cell", first + away, last + away, ratio)
    yield Guess("one point in each bin", "points", first, last, 1)
    yield Guess("corners rounded to cells", "rounding", *((corners * inputs["spatial_scale"]).round() - shift), ratio)
    yield Guess("with `spatial_scale` left out", "scale", *(corners - shift), ratio)
    yield Guess(
        "squeezed towards the middle of the map",
        "align_corners",
        (first + 0.5) * squeezed,
        (last + 0.5) * squeezed,
        ratio,
    )
    yield Guess("of a region at least one cell wide and high", "least", first, torch.maximum(last, first + 1), ratio)
    yield Guess("of a region as small as it comes", "least", *(corners * inputs["spatial_scale"] - shift), ratio)


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """What the points have that give this answer."""
    known = {
        "half a cell": "Where does a cell's value sit, and in which of the two conventions do the corners move?",
        "points": "How many points does `sampling_ratio` ask for in each bin?",
        "rounding": "Nothing is rounded here: that is the whole idea.",
        "scale": PIXELS,
        "align_corners": "Where do -1 and 1 lie on the map: at its borders, or in the middles of its outermost cells?",
        "least": "Which of the two conventions knows a smallest size, and which does not?",
    }
    guesses = [aligned_from(inputs, answer, r) for r in range(len(inputs["rois"]))]
    return next((known[guess.kind] for guess in guesses if guess), POINTS)


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The bin whose mean is furthest off, on the map with all bins and the points of that bin."""
    r, c, i, j = worst(answer, expected)
    roi, size, ratio = inputs["rois"][r], inputs["output_size"], inputs["sampling_ratio"]
    guess = aligned_from(inputs, answer, r)
    values = f"expected {expected[r, c, i, j]:.3f}, yours {answer[r, c, i, j]:.3f}"
    told = f"\nYour numbers are those of other points: {guess.words}." if guess else ""
    text = (
        f"region {r} = {show_roi(roi)}, spatial_scale {inputs['spatial_scale']:g}, {size} by {size} bins, "
        f"sampling_ratio {ratio}, aligned {inputs['aligned']}\n"
        f"channel {c}, bin in row {i}, column {j}: {values}{told}"
    )

    def draw():
        responses, ends = inputs["features"][int(roi[0]), c], right_points(inputs, roi[1:].reshape(2, 2))
        grids = [bins(ends[0] + 0.5, ends[1] + 0.5, size)]  # a cell's middle is drawn at + 0.5
        grids += [bins(guess.first + 0.5, guess.last + 0.5, size)] if guess else []
        at = i * size + j
        ax = draw_grids(responses, grids, at, f"bin in row {i}, column {j}")
        _scatter(ax, grids[0][at], ratio, "o", EXPECTED, "the expected points")
        if guess:
            _scatter(ax, grids[1][at], guess.ratio, "X", YOURS, "points that give your number")
        return legend(ax)

    return Counterexample(text, draw)


def _scatter(ax, one: Tensor, ratio: int, marker: str, color: str, name: str) -> None:
    """The points of one bin: in the middles of ratio by ratio equal parts."""
    middles = (torch.arange(ratio) + 0.5) / ratio
    x, y = (one[:2] + middles[:, None] * (one[2:] - one[:2])).T
    y, x = torch.meshgrid(y, x, indexing="ij")
    style = {"color": color, "markeredgecolor": "white", "markersize": 8, "linestyle": "none"}
    ax.plot(x.flatten(), y.flatten(), marker, label=name, **style)


CHECK = Check(
    "roi_align",
    points=2,
    forbids=("torchvision.ops.roi_align", "torchvision.ops.RoIAlign", "torch.ops.torchvision"),
    compare=close(1e-3, 1e-4),
    hint=hint,
    explain=explain,
    cases=(
        Case("one point in each bin", "values", aligning(WIDE, size=3, ratio=1)),
        Case("four points in each bin", "values", aligning((0, 1, 1, 6, 4), size=2, ratio=2)),
        Case("three regions of two images", "values", aligning(*TWO_IMAGES, size=3, images=2)),
        Case("the older convention", "values", aligning((0, 1, 2, 7, 5), size=2, ratio=3, aligned=False)),
        Case("responses that rise evenly", "property", ramp),
        Case("regions at the border", "edge", past_the_border),
        Case(
            "regions smaller than a cell, in the older convention",
            "edge",
            smaller_than_a_cell(aligned=False),
            essential=True,
        ),
        Case("regions smaller than a cell, aligned", "edge", smaller_than_a_cell(aligned=True), essential=True),
        Case("no regions", "edge", aligning(), close(), hint=False, explain=False),
        *styles(aligning((0, 1, 1, 5, 4))),
    ),
)
