"""Unit 03: from which other region, or which other points, an answer was read: tried out, for pictures and hints.

A guess is no verdict: it only draws beside the right region the one that gives the student's numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from course_lib.checks.spec import Inputs


@dataclass(frozen=True)
class Guess:
    """A region that gives the student's numbers.

    Attributes:
        words: how it differs from the right one.
        kind: "rounding", "end", "scale", "half a cell", "points", "align_corners" or "least".
        first, last: its corners (x, y): whole cells, both inclusive, for pooling; places between the middles of the
            cells for aligning.
        ratio: points along a side of each bin, for aligning.
    """

    words: str
    kind: str
    first: Tensor
    last: Tensor
    ratio: int = 0


def pooled_from(inputs: Inputs, pooled: Tensor, r: int) -> Guess | None:
    """The region that gives the responses that were pooled for region r; None where none of those we try does."""
    from torchvision.ops import roi_pool

    for guess in _other_cells(inputs["rois"][r, 1:].reshape(2, 2), inputs["spatial_scale"]):
        roi = torch.cat([inputs["rois"][r, :1], guess.first, guess.last])[None]
        if _same(roi_pool(inputs["features"], roi, inputs["output_size"], 1.0)[0], pooled[r]):
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


def aligned_from(inputs: Inputs, answer: Tensor, r: int) -> Guess | None:
    """The points that give the means of region r; None where none of those we try does."""
    from torchvision.ops import roi_align

    for guess in _other_points(inputs, inputs["rois"][r, 1:].reshape(2, 2)):
        roi = torch.cat([inputs["rois"][r, :1], guess.first + 0.5, guess.last + 0.5])[None]
        found = roi_align(inputs["features"], roi, inputs["output_size"], 1.0, guess.ratio, aligned=True)
        if _same(found[0], answer[r]):
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


def _same(found: Tensor, answer: Tensor) -> bool:
    return found.shape == answer.shape and torch.allclose(found.double(), answer.double(), 1e-3, 1e-4)
