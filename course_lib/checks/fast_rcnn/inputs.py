"""Unit 03: feature maps and regions. Sizes are unequal everywhere (images, channels, height, width).

Regions are written in cells, first and last, and lie in pixels a little off: never near .5 of a cell, where two
roundings would be right.
"""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.spec import Inputs

Region = tuple[int, int, int, int, int]  # image; first column, first row, last column, last row, in cells
LEFT, WIDE = (0, 1, 1, 4, 3), (0, 2, 1, 8, 5)
OVERLAPPING = ((0, 0, 0, 5, 4), (0, 2, 1, 7, 5), (0, 3, 2, 6, 6))
TWO_IMAGES = ((1, 2, 0, 7, 4), (0, 1, 1, 5, 6), (1, 0, 3, 4, 6))


def floats(values) -> Tensor:
    """Any numbers as a float32 tensor."""
    return torch.as_tensor(values, dtype=torch.float32)


def maps(rng: Generator, images: int, channels: int, height: int, width: int) -> Tensor:
    """Responses from -1 to 1, no two equal. [images, channels, height, width]"""
    count = images * channels * height * width
    return floats(rng.permutation(count)).reshape(images, channels, height, width) * 2 / count - 1


def regions(rng: Generator, wanted: tuple[Region, ...], scale: float) -> Tensor:
    """These regions in pixels, each corner up to 0.4 cells off, but at least 0.2. [r, 5]"""
    rows = floats(wanted).reshape(-1, 5)
    off = floats(rng.uniform(0.2, 0.4, (len(rows), 4)) * rng.choice([-1, 1], (len(rows), 4)))
    corners = (rows[:, 1:] + off).reshape(-1, 2, 2).sort(dim=1).values.flatten(1)  # a single cell: x1 before x2
    return torch.cat([rows[:, :1], corners / scale], dim=1)


def pooling(
    *wanted: Region, size: int = 2, images: int = 1, channels: int = 2, scale: float = 1 / 16, shift: float = 0
):
    """Regions to pool into `size` by `size` bins from maps of 7 by 11 cells; `shift` is added to the responses."""

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


def gradients(*wanted: Region, size: int = 2, images: int = 1, channels: int = 2):
    """Gradients of regions that were pooled from maps with as many cells as their image has pixels, 7 by 11.

    One cell in the middle responds most, so that every region that holds it passes its gradient there.
    """

    def make(rng: Generator) -> Inputs:
        from torchvision.ops import roi_pool  # noqa: F401  (registers the operation that also tells the places)

        features = maps(rng, images, channels, 7, 11)
        features[:, :, 3, 4] += 2
        rois = regions(rng, wanted, 1.0)
        argmax = torch.ops.torchvision.roi_pool(features, rois, 1.0, size, size)[1].long()
        grad = floats(rng.normal(size=tuple(argmax.shape)))
        return {"grad": grad, "argmax": argmax, "rois": rois, "shape": tuple(features.shape)}

    return make


def errors(*shape: int, beta: float, spread: float = 2.0):
    """Errors of both signs, none near beta and none near 0."""

    def make(rng: Generator) -> Inputs:
        x = floats(rng.uniform(0.05, spread, shape) * rng.choice([-1, 1], shape))
        x[(x.abs() - beta).abs() < 0.01] *= 1.05
        return {"x": x, "beta": beta}

    return make


def around_beta(rng: Generator) -> Inputs:
    """Errors just below and just above beta, on both sides."""
    beta = float(floats(rng.uniform(0.3, 0.8)))
    return {"x": beta * floats([-1.02, -0.98, 0.98, 1.02]), "beta": beta}


def without_parabola(rng: Generator) -> Inputs:
    """beta 0, and an error of exactly 0 among others."""
    return {"x": torch.cat([floats([0.0]), floats(rng.normal(size=4))]), "beta": 0.0}


def aligning(
    *wanted: Region,
    size: int = 2,
    ratio: int = 2,
    aligned: bool = True,
    images: int = 1,
    channels: int = 2,
):
    """Regions to align; the corners lie anywhere between the cells."""

    def make(rng: Generator) -> Inputs:
        pooled = pooling(*wanted, size=size, images=images, channels=channels)(rng)
        return {**pooled, "sampling_ratio": ratio, "aligned": aligned}

    return make


def ramp(rng: Generator) -> Inputs:
    """Responses that rise evenly along x and y: the mean of a bin is the response in its middle."""
    found = aligning((0, 1, 1, 7, 4), size=3)(rng)
    y, x = torch.meshgrid(torch.arange(7.0), torch.arange(11.0), indexing="ij")
    slopes = floats(rng.uniform(0.2, 1.0, (1, 2, 2, 1, 1)))
    return found | {"features": x * slopes[:, 0] - y * slopes[:, 1]}
