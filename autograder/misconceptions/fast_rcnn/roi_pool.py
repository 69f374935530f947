"""Unit 03: wrong versions of `roi_pool`."""

import math

import torch
from torch.nn.functional import interpolate

from autograder.misconceptions import wrong


def _cells(first, last, size, length):
    """First and last cell of a region along one axis, to the (start, end) of each bin, cut at the border."""
    count = max(last - first + 1, 1)
    bins = [(first + i * count // size, first - (-(i + 1) * count // size)) for i in range(size)]
    return [(max(start, 0), min(end, length)) for start, end in bins]


def _corners(roi, scale, rounded=round, last=None):
    """A region's corners in cells; `last` rounds the last ones, where that is not as the first."""
    ways = (rounded, rounded, last or rounded, last or rounded)
    return [way(value * scale) for way, value in zip(ways, roi[1:].tolist(), strict=True)]


def _pool(features, rois, size, scale, rounded=round, last=None, cells=_cells, empty=(0.0, -1), reduce=None):
    """RoI pooling, bin by bin; each option is one thing to get wrong."""
    height, width = features.shape[2:]
    pooled = features.new_full((len(rois), features.shape[1], size, size), empty[0])
    argmax = torch.full(pooled.shape, empty[1], dtype=torch.int64)
    for r, roi in enumerate(rois):
        x1, y1, x2, y2 = _corners(roi, scale, rounded, last)
        for i, (top, bottom) in enumerate(cells(y1, y2, size, height)):
            for j, (left, right) in enumerate(cells(x1, x2, size, width)):
                if top < bottom and left < right:
                    found = features[int(roi[0]), :, top:bottom, left:right]
                    columns = right - left
                    pooled[r, :, i, j], flat = found.flatten(1).max(1)
                    argmax[r, :, i, j] = (top + flat // columns) * width + left + flat % columns
                    if reduce:
                        pooled[r, :, i, j] = reduce(found.flatten(1))
    return pooled, argmax


@wrong("roi_pool", "scale-forgotten", "Your box is in image pixels, the map is coarser. Multiply by `spatial_scale`.")
def scale_forgotten(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, 1.0)


@wrong("roi_pool", "floor-corners", "You round corners down; the definition rounds to the nearest cell.")
def floor_corners(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, rounded=math.floor)


@wrong("roi_pool", "ceil-corners", "You round corners up; the definition rounds to the nearest cell.")
def ceil_corners(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, rounded=math.ceil)


@wrong(
    "roi_pool",
    "outward-corners",
    "You round the first corner down and the last one up, so that the region grows. Both go to the nearest cell.",
)
def outward_corners(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, rounded=math.floor, last=math.ceil)


@wrong(
    "roi_pool",
    "exclusive-end",
    "The last cell is missing: in cells the end is inclusive (the one place of this course where it is).",
)
def exclusive_end(features, rois, output_size, spatial_scale):
    def cells(first, last, size, length):
        return _cells(first, max(last - 1, first), size, length)

    return _pool(features, rois, output_size, spatial_scale, cells=cells)


@wrong(
    "roi_pool",
    "tiled-bins",
    "Your bins tile the region. A bin's end is rounded up: neighbours may share a cell, and a region with fewer cells "
    "than bins leaves no bin empty.",
)
def tiled_bins(features, rois, output_size, spatial_scale):
    def cells(first, last, size, length):
        edges = [first + i * (last - first + 1) // size for i in range(size + 1)]
        return [(max(edges[i], 0), min(edges[i + 1], length)) for i in range(size)]

    return _pool(features, rois, output_size, spatial_scale, cells=cells)


@wrong(
    "roi_pool",
    "interpolated",
    "You resize the crop. Pooling keeps the largest response of each bin and invents nothing.",
)
def interpolated(features, rois, output_size, spatial_scale):
    height, width = features.shape[2:]
    pooled, argmax = _pool(features, rois, output_size, spatial_scale)
    for r, roi in enumerate(rois):
        x1, y1, x2, y2 = _corners(roi, spatial_scale)
        crop = features[int(roi[0]), :, max(y1, 0) : max(y2 + 1, 0), max(x1, 0) : max(x2 + 1, 0)]
        if crop.numel():
            pooled[r] = interpolate(crop[None], (output_size, output_size), mode="bilinear", align_corners=False)[0]
    return pooled, argmax


@wrong("roi_pool", "mean", "You average; the maximum is asked for.")
def mean(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, reduce=lambda values: values.mean(1))


@wrong("roi_pool", "first-image", "All your regions are cut from the first image.")
def first_image(features, rois, output_size, spatial_scale):
    first = rois.clone()
    first[:, 0] = 0
    return _pool(features, first, output_size, spatial_scale)


BIN = "Your argmax counts within the bin. The backward pass needs the place in the whole map."


@wrong("roi_pool", "bin-argmax", BIN)
def bin_argmax(features, rois, output_size, spatial_scale):
    pooled, argmax = _pool(features, rois, output_size, spatial_scale)
    height, width = features.shape[2:]
    for r, roi in enumerate(rois):
        x1, y1, x2, y2 = _corners(roi, spatial_scale)
        for i, (top, _) in enumerate(_cells(y1, y2, output_size, height)):
            for j, (left, right) in enumerate(_cells(x1, x2, output_size, width)):
                found = argmax[r, :, i, j]
                inside = (found // width - top) * (right - left) + found % width - left
                argmax[r, :, i, j] = torch.where(found < 0, found, inside)
    return pooled, argmax


@wrong(
    "roi_pool",
    "region-argmax",
    "Your argmax counts within the region that you cut. The backward pass needs the place in the map.",
)
def region_argmax(features, rois, output_size, spatial_scale):
    pooled, argmax = _pool(features, rois, output_size, spatial_scale)
    height, width = features.shape[2:]
    for r, roi in enumerate(rois):
        x1, y1, x2, y2 = _corners(roi, spatial_scale)
        left, top, right = max(x1, 0), max(y1, 0), min(x2 + 1, width)
        inside = (argmax[r] // width - top) * (right - left) + argmax[r] % width - left
        argmax[r] = torch.where(argmax[r] < 0, argmax[r], inside)
    return pooled, argmax


@wrong(
    "roi_pool",
    "minus-infinity",
    "A bin outside the map gives minus infinity, and the loss becomes NaN. Use 0.",
    slip=True,
)
def minus_infinity(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, empty=(-math.inf, -1))


@wrong(
    "roi_pool",
    "winner-of-nothing",
    "A bin without cells has no winner: its place is −1, so that no gradient goes anywhere.",
    slip=True,
)
def winner_of_nothing(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, empty=(0.0, 0))


ZERO = "Negative responses come out as 0: your maximum starts from zero."


@wrong("roi_pool", "starts-at-zero", ZERO)
def starts_at_zero(features, rois, output_size, spatial_scale):
    pooled, argmax = _pool(features, rois, output_size, spatial_scale)
    return pooled.clamp(min=0), torch.where(pooled > 0, argmax, -1)


@wrong("roi_pool", "starts-at-zero-with-places", ZERO)
def starts_at_zero_with_places(features, rois, output_size, spatial_scale):
    return _pool(features, rois, output_size, spatial_scale, reduce=lambda values: values.amax(1).clamp(min=0))


@wrong("roi_pool", "rows-and-columns", "Your regions lie on their side: x counts columns, y counts rows.")
def rows_and_columns(features, rois, output_size, spatial_scale):
    return _pool(features, rois[:, [0, 2, 1, 4, 3]], output_size, spatial_scale)


@wrong("roi_pool", "column-by-column", "Your places count column by column. They count row by row: row * w + column.")
def column_by_column(features, rois, output_size, spatial_scale):
    pooled, argmax = _pool(features, rois, output_size, spatial_scale)
    height, width = features.shape[2:]
    return pooled, torch.where(argmax < 0, argmax, argmax % width * height + argmax // width)


@wrong(
    "roi_pool",
    "cut-before",
    "You cut the region at the map's border and divide what is left. Divide first: bins beyond the border stay empty.",
)
def cut_before(features, rois, output_size, spatial_scale):
    def cells(first, last, size, length):
        first, last = max(first, 0), min(last, length - 1)
        return _cells(first, last, size, length) if first <= last else [(0, 0)] * size

    return _pool(features, rois, output_size, spatial_scale, cells=cells)


@wrong(
    "roi_pool",
    "empty-fails",
    "Your function fails where a bin has no cell. Regions may reach beyond the map: answer 0 and −1.",
    slip=True,
)
def empty_fails(features, rois, output_size, spatial_scale):
    pooled, argmax = _pool(features, rois, output_size, spatial_scale)
    if (argmax < 0).any():
        raise IndexError("max(): expected a non-empty tensor")
    return pooled, argmax
