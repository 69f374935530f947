"""Unit 03: wrong versions of `roi_align`."""

import torch

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("roi_align", MISCONCEPTIONS)


def _between(one, places, weigh):
    """Interpolation of a map [c, h, w] at (y, x), each [points]; `weigh` makes the far cell's weight of its share."""
    for axis, at in zip((1, 2), places, strict=True):
        at = at.clamp(0, one.shape[axis] - 1)
        low = at.floor().long()
        high = (low + 1).clamp(max=one.shape[axis] - 1)
        share = (at - low).reshape([-1, 1] if axis == 1 else [-1])
        share = weigh(share)
        one = one.index_select(axis, low) * (1 - share) + one.index_select(axis, high) * share
    return one


def _align(features, corners, images, size, ratio, aligned, reduce=None, weigh=torch.abs):
    """RoI align; `corners` are in cells, and `reduce` makes one number of a bin's points [c, s, ratio, s, ratio]."""
    shift, least = (0.5, 0.0) if aligned else (0.0, 1.0)
    out = features.new_zeros(len(corners), features.shape[1], size, size)
    middles = (torch.arange(size * ratio, dtype=features.dtype) + 0.5) / (size * ratio)
    for r, (x1, y1, x2, y2) in enumerate(corners):
        y = y1 - shift + (y2 - y1).clamp(min=least) * middles
        x = x1 - shift + (x2 - x1).clamp(min=least) * middles
        points = _between(features[int(images[r])], (y, x), weigh).unflatten(2, (size, ratio))
        points = points.unflatten(1, (size, ratio))
        out[r] = reduce(points) if reduce else points.mean((2, 4))
    return out


@wrong("rounded", "You still round to cells. Not rounding is the whole idea.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = (rois[:, 1:] * spatial_scale).round()
    return _align(features, corners, rois[:, 0], output_size, sampling_ratio, aligned)


@wrong("max", "RoI align averages its sample points.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    return _align(
        features, corners, rois[:, 0], output_size, sampling_ratio, aligned, reduce=lambda points: points.amax((2, 4))
    )


@wrong(
    "half-pixel",
    "This is the older convention (`aligned=False`): everything lies half a cell off.",
    convention=True,
)
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, False)


@wrong("always-aligned", "You move every corner by half a cell, also where the older convention is asked for.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, True)


@wrong("centre-only", "You sample each bin once; `sampling_ratio` asks for a grid of points.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, 1, aligned)


@wrong("swapped-weights", "Your weights are those of the opposite neighbours: the nearest one must weigh most.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    return _align(features, corners, rois[:, 0], output_size, sampling_ratio, aligned, weigh=lambda share: 1 - share)


@wrong("first-image", "All your regions are cut from the first image.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    images = torch.zeros(len(rois))
    return _align(features, rois[:, 1:] * spatial_scale, images, output_size, sampling_ratio, aligned)


@wrong("nearest", "You read the nearest cell. Between cells the response is interpolated from all four neighbours.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    return _align(features, corners, rois[:, 0], output_size, sampling_ratio, aligned, weigh=torch.round)


@wrong("scale-forgotten", "Your box is in image pixels, the map is coarser. Multiply by `spatial_scale`.")
def _(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:], rois[:, 0], output_size, sampling_ratio, aligned)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
