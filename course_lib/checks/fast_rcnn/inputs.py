"""Unit 03: feature maps and regions. Sizes are unequal everywhere (images, channels, height, width).

Regions are written in cells, first and last, and lie in pixels a little off: never near .5 of a cell, where two
roundings would be right.
"""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import floats, rounded
from course_lib.checks.spec import Inputs

Region = tuple[int, int, int, int, int]  # image; first column, first row, last column, last row, in cells
LEFT, WIDE = (0, 1, 1, 4, 3), (0, 2, 1, 8, 5)
OVERLAPPING = ((0, 0, 0, 5, 4), (0, 2, 1, 7, 5), (0, 3, 2, 6, 6))
TWO_IMAGES = ((1, 2, 0, 7, 4), (0, 1, 1, 5, 6), (1, 0, 3, 4, 6))


def maps(rng: Generator, images: int, channels: int, height: int, width: int) -> Tensor:
    """Responses from -1 to 1, no two equal. [images, channels, height, width]"""
    count = images * channels * height * width
    return floats(rng.permutation(count)).reshape(images, channels, height, width) * 2 / count - 1


def regions(rng: Generator, wanted: tuple[Region, ...], scale: float) -> Tensor:
    """These regions in pixels, each corner a quarter to four tenths of a cell off. [r, 5]

    Along one axis both corners lie below their cell's number, along the other above it, so that rounding each corner
    down, or up, or the region inwards or outwards makes another region of it.
    """
    rows = floats(wanted).reshape(-1, 5)
    less, more = rng.integers(15, 18, (len(rows), 2)), rng.integers(23, 26, (len(rows), 2))  # no half pixels, either
    above = rng.permuted(np.tile([True, False], (len(rows), 1)), axis=1)  # for x and for y
    first, last = np.where(above, less, -more), np.where(above, more, -less)  # a single cell: x1 before x2
    off = floats(np.concatenate([first, last], axis=1)) / 64
    return torch.cat([rows[:, :1], (rows[:, 1:] + off) / scale], dim=1)


def pooling(
    *wanted: Region, size: int = 2, images: int = 1, channels: int = 3, scale: float = 1 / 16, shift: float = 1.25
):
    """Regions to pool into `size` by `size` bins from maps of 7 by 11 cells.

    `shift` is added to the responses, which then lie around it: all positive, or all negative, or of both signs.
    """

    def make(rng: Generator) -> Inputs:
        features = maps(rng, images, channels, 7, 11) + shift
        return {
            "features": features,
            "rois": regions(rng, wanted, scale),
            "output_size": size,
            "spatial_scale": scale,
        }

    return make


def corner_wins(rng: Generator) -> Inputs:
    """The first cell of all, place 0, has the largest response."""
    found = pooling((0, 0, 0, 5, 4), size=2)(rng)
    found["features"][:, :, 0, 0] += 2
    return found


def gradients(*wanted: Region, size: int = 2, images: int = 1, channels: int = 3):
    """Gradients of regions that were pooled from maps with as many cells as their image has pixels, 7 by 11.

    One cell in the middle responds most, so that every region that holds it passes its gradient there.
    """

    def make(rng: Generator) -> Inputs:
        from torchvision.ops import roi_pool  # noqa: F401  (registers the operation that also tells the places)

        features = maps(rng, images, channels, 7, 11)
        features[:, :, 3, 4] += 2
        rois = regions(rng, wanted, 1.0)
        argmax = torch.ops.torchvision.roi_pool(features, rois, 1.0, size, size)[1].long()
        grad = rounded(rng.normal(size=tuple(argmax.shape)))
        return {"grad": grad, "argmax": argmax, "rois": rois, "shape": tuple(features.shape)}

    return make


def errors(steps: int, *shape: int, beta: float, most: float):
    """Errors of both signs, small and large, `steps` sizes of each up to `most`, shuffled; none is 0.

    Args:
        shape: of the errors, 2 * steps in all; one axis by default.
    """

    def make(rng: Generator) -> Inputs:
        sizes = (np.arange(2 * steps) // 2 + rng.integers(8, 57, 2 * steps) / 64) * most / steps
        x = floats(rng.permutation(sizes * np.tile([-1, 1], steps)))
        return {"x": x.reshape(shape or (-1,)), "beta": beta}

    return make


def no_errors(rng: Generator) -> Inputs:
    """No error at all."""
    return {"x": torch.zeros(0), "beta": 1.0}


def around_beta(rng: Generator) -> Inputs:
    """Errors just below beta, exactly at it and just above, of both signs, and large ones."""
    beta = int(rng.integers(10, 26)) / 32
    return {"x": beta * floats([-4, -33 / 32, -1, -31 / 32, -0.5, 0.5, 31 / 32, 1, 33 / 32, 4]), "beta": beta}


def without_parabola(rng: Generator) -> Inputs:
    """beta 0, and an error of exactly 0 among others."""
    found = errors(3, beta=0.0, most=3.0)(rng)
    return {**found, "x": torch.cat([floats([0.0]), found["x"]])}


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
