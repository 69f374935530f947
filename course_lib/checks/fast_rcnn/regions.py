"""Unit 03: feature maps and regions on them, for what pools or aligns. Sizes are unequal everywhere.

Regions are written in cells, first and last, and lie in pixels a little off: never near .5 of a cell, where two
roundings would be right.
"""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import floats
from course_lib.checks.spec import Inputs

Region = tuple[int, int, int, int, int]  # image; first column, first row, last column, last row, in cells
WIDE = (0, 2, 1, 8, 5)
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
