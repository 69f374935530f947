"""Unit 03: what is asked of `roi_pool`."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, worst
from course_lib.checks.fast_rcnn.pictures import bins, draw_grids, legend, show_roi
from course_lib.checks.fast_rcnn.regions import TWO_IMAGES, WIDE, pooling
from course_lib.checks.fast_rcnn.shared import PIXELS, Guess, same
from course_lib.checks.kit.parts import named
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

NEAREST = "Which whole number is nearest to 2.7, and which to 3.2? Every corner goes to its nearest cell."
INCLUSIVE = "How many cells are there from cell 2 to cell 8, when both of them belong to the region?"
PLACE = (
    "The responses are right, their places are not. Which number has that cell when you count through the whole map?"
)
STEPS = (
    "Three steps: from corners to cells, from cells to bins, the largest of each bin. Which of them can you do by hand "
    "for the region below?"
)


def corner_wins(rng: Generator) -> Inputs:
    """The first cell of all, place 0, has the largest response."""
    found = pooling((0, 0, 0, 5, 4), size=2)(rng)
    found["features"][:, :, 0, 0] += 2
    return found


def twice_the_pixels(function: Callable, features: Tensor, rois: Tensor, *more: Any) -> Any:
    """roi_pool of the same regions in an image of twice the resolution: nothing changes."""
    size, scale = more
    return function(features, torch.cat([rois[:, :1], rois[:, 1:] * 2], dim=1), size, scale / 2)


def pooled_from(inputs: Inputs, pooled: Tensor, r: int) -> Guess | None:
    """The region that gives the responses that were pooled for region r; None where none of those we try does."""
    from torchvision.ops import roi_pool

    for guess in _other_cells(inputs["rois"][r, 1:].reshape(2, 2), inputs["spatial_scale"]):
        roi = torch.cat([inputs["rois"][r, :1], guess.first, guess.last])[None]
        if same(roi_pool(inputs["features"], roi, inputs["output_size"], 1.0)[0], pooled[r]):
            return guess
    return None


def _other_cells(corners: Tensor, scale: float) -> Iterator[Guess]:
    """Other ways to make cells of corners [2 (first, last), 2 (x, y)] in pixels."""
    cells, pixels = corners * scale, corners.round()
    near, down, up = cells.round(), cells.floor(), cells.ceil()
    yield Guess("every corner rounded down", "rounding", *down)
    yield Guess("every corner rounded up", "rounding", *up)
    yield Guess("the first corner rounded down, the last one up", "rounding", down[0], up[1])
    yield Guess("the first corner rounded up, the last one down", "rounding", up[0], down[1])
    yield Guess("without the last row and column", "end", near[0], torch.maximum(near[1] - 1, near[0]))
    yield Guess("with one row and column more", "end", near[0], near[1] + 1)
    yield Guess("with `spatial_scale` left out", "scale", *pixels)


def hint_or(otherwise: str):
    """First corners, then places; `otherwise` where neither is to blame."""

    def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
        if torch.allclose(answer[0].double(), expected[0].double(), 1e-4, 1e-5):
            return PLACE
        guesses = [pooled_from(inputs, answer[0], r) for r in range(len(inputs["rois"]))]
        kinds = {guess.kind for guess in guesses if guess}
        known = {"rounding": NEAREST, "end": INCLUSIVE, "scale": PIXELS}
        return next((text for kind, text in known.items() if kind in kinds), otherwise)

    return hint


def explain(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The bin whose response (or, where all are right, whose place) is furthest off, on the map with all bins."""
    part = 0 if not torch.allclose(answer[0].double(), expected[0].double(), 1e-4, 1e-5) else 1
    r, c, i, j = worst(answer[part], expected[part])
    roi, size = inputs["rois"][r], inputs["output_size"]
    guess = pooled_from(inputs, answer[0], r) if part == 0 else None
    values = f"expected {_told(expected, r, c, i, j)}, yours {_told(answer, r, c, i, j)}"
    text = (
        f"region {r} = {show_roi(roi)}, spatial_scale {inputs['spatial_scale']:g}, {size} by {size} bins\n"
        f"map of {inputs['features'].shape[2]} rows and {inputs['features'].shape[3]} columns\n"
        f"channel {c}, bin in row {i}, column {j}: {values}{_said(guess)}"
    )

    def draw():
        responses = inputs["features"][int(roi[0]), c]
        cells = (roi[1:] * inputs["spatial_scale"]).round().reshape(2, 2)
        grids = [bins(cells[0], cells[1] + 1, size, rounded=True)]
        grids += [bins(guess.first, guess.last + 1, size, rounded=True)] if guess else []
        ax = draw_grids(responses, grids, i * size + j, f"bin in row {i}, column {j}")
        _print_numbers(ax, responses, [grid[i * size + j] for grid in grids])
        _mark(ax, int(expected[1][r, c, i, j]), responses, "o", EXPECTED, "the expected place")
        _mark(ax, int(answer[1][r, c, i, j]), responses, "X", YOURS, "your place")
        return legend(ax)

    return Counterexample(text, draw)


def _told(both: Sequence[Tensor], *place: int) -> str:
    return f"{both[0][place]:.3f} at place {int(both[1][place])}"


def _said(guess: Guess | None) -> str:
    return f"\nYour numbers are those of another region: {guess.words}." if guess else ""


def _print_numbers(ax, responses: Tensor, boxes: list[Tensor]) -> None:
    """Write the responses of these bins' cells into them."""
    height, width = responses.shape
    cells = {
        (y, x)
        for x1, y1, x2, y2 in (one.int().tolist() for one in boxes)
        for y in range(max(y1, 0), min(y2, height))
        for x in range(max(x1, 0), min(x2, width))
    }
    middle = float(responses.min() + responses.max()) / 2
    for y, x in cells:
        ink = "black" if responses[y, x] > middle else "white"
        ax.text(
            x + 0.5, y + 0.3, f"{responses[y, x]:.2f}", color=ink, fontsize=8, ha="center", va="center", clip_on=True
        )


def _mark(ax, place: int, responses: Tensor, marker: str, color: str, name: str) -> None:
    """Mark a cell by its place; a place outside the map has no mark."""
    if 0 <= place < responses.numel():
        y, x = divmod(place, responses.shape[1])
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        ax.set(xlim=(min(left, x), max(right, x + 1)), ylim=(max(bottom, y + 1), min(top, y)))
        style = {"color": color, "markeredgecolor": "white", "markersize": 9, "linestyle": "none"}
        ax.plot(x + (0.3 if marker == "o" else 0.7), y + 0.7, marker, label=name, **style)


CHECK = Check(
    "roi_pool",
    points=6,
    forbids=("torchvision.ops.roi_pool", "torchvision.ops.RoIPool", "torch.ops.torchvision"),
    compare=named(close(1e-4, 1e-5), "pooled", "argmax"),
    hint=hint_or(STEPS),
    explain=explain,
    cases=(
        Case("one region", "values", pooling((0, 1, 1, 4, 3))),
        Case(
            "seven cells into three bins",
            "values",
            pooling(WIDE, size=3),
            hint=hint_or("A bin owns every cell that it touches."),
        ),
        Case(
            "two cells into three bins",
            "values",
            pooling((0, 4, 2, 5, 3), (0, 8, 5, 8, 5), size=3),
            hint=hint_or("No bin stays empty here: neighbours share a cell."),
        ),
        Case("three regions of two images", "values", pooling(*TWO_IMAGES, size=2, images=2, scale=1 / 8)),
        Case(
            "only negative responses",
            "values",
            pooling((0, 0, 1, 6, 6), size=3, shift=-3),
            hint=hint_or("The largest of negative numbers is negative."),
        ),
        Case(
            "an image of twice the resolution",
            "property",
            pooling((0, 1, 0, 6, 5), (0, 3, 2, 9, 4), size=2),
            probe=twice_the_pixels,
            hint=False,
            explain=False,
        ),
        Case("the first cell of all wins", "edge", corner_wins),
        Case(
            "regions beyond the border",
            "edge",
            pooling((0, 6, 3, 12, 7), (0, -2, -1, 6, 4), size=3, shift=-2),
            hint=hint_or("Cut the bins at the border, not the region."),
            essential=True,
        ),
        Case(
            "bins outside the map",
            "edge",
            pooling((0, 12, 8, 15, 11), (0, -6, 1, -3, 4), (0, 7, 2, 14, 5), size=2, shift=-2),
            hint=hint_or("A bin without cells has the response 0 and the place -1."),
        ),
        Case("a single bin", "edge", pooling((0, 1, 2, 8, 5), size=1)),
        Case("no regions", "edge", pooling(), close(), hint=False, explain=False),
        *styles(pooling((0, 1, 1, 5, 4))),
    ),
)
