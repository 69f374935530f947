"""Unit 03: wrong versions of `roi_align`."""

import torch

from autograder.misconceptions import wrong


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


def _align(features, corners, images, size, ratio, aligned, reduce=None, weigh=torch.abs, shift=None, least=None):
    """RoI align; `corners` are in cells, and `reduce` makes one number of a bin's points [c, s, ratio, s, ratio].

    `shift` and `least` take the place of what `aligned` says about half a cell and about the smallest region.
    """
    shift = (0.5 if aligned else 0.0) if shift is None else shift
    least = (0.0 if aligned else 1.0) if least is None else least
    out = features.new_zeros(len(corners), features.shape[1], size, size)
    middles = (torch.arange(size * ratio, dtype=features.dtype) + 0.5) / (size * ratio)
    for r, (x1, y1, x2, y2) in enumerate(corners):
        y = y1 - shift + (y2 - y1).clamp(min=least) * middles
        x = x1 - shift + (x2 - x1).clamp(min=least) * middles
        points = _between(features[int(images[r])], (y, x), weigh).unflatten(2, (size, ratio))
        points = points.unflatten(1, (size, ratio))
        out[r] = reduce(points) if reduce else points.mean((2, 4))
    return out


@wrong("roi_align", "rounded", "You still round to cells. Not rounding is the whole idea.")
def rounded(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = (rois[:, 1:] * spatial_scale).round()
    return _align(features, corners, rois[:, 0], output_size, sampling_ratio, aligned)


@wrong("roi_align", "max", "RoI align averages its sample points.")
def maximum(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    return _align(
        features, corners, rois[:, 0], output_size, sampling_ratio, aligned, reduce=lambda points: points.amax((2, 4))
    )


OLDER = "This is the older convention (`aligned=False`): everything lies half a cell off."
ALWAYS = "You move every corner by half a cell, also where the older convention is asked for."


@wrong("roi_align", "half-pixel", OLDER)
def half_pixel(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, False)


@wrong("roi_align", "never-moved", OLDER)
def never_moved(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, aligned, shift=0.0)


@wrong("roi_align", "always-aligned", ALWAYS)
def always_aligned(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, True)


@wrong("roi_align", "always-moved", ALWAYS)
def always_moved(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, aligned, shift=0.5)


@wrong(
    "roi_align",
    "always-a-cell",
    "You make every region at least one cell wide and high. Only the older convention does.",
)
def always_a_cell(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, aligned, least=1.0)


@wrong(
    "roi_align",
    "never-a-cell",
    "In the older convention (`aligned=False`) a region is at least one cell wide and high.",
)
def never_a_cell(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, sampling_ratio, aligned, least=0.0)


@wrong(
    "roi_align",
    "align-corners",
    "With `align_corners=True`, −1 and 1 are the middles of the outermost cells. Your grid takes them for the map's "
    "borders, so that all points are squeezed towards its middle.",
)
def align_corners(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    first, last = corners[:, :2], corners[:, 2:]
    if not aligned:
        first, last = first + 0.5, torch.maximum(last, first + 1) + 0.5
    size = features.new_tensor([features.shape[3], features.shape[2]])
    squeezed = torch.cat([first, last], 1) * ((size - 1) / size).repeat(2)
    return _align(features, squeezed, rois[:, 0], output_size, sampling_ratio, True, shift=0.0)


@wrong(
    "roi_align",
    "zeros-beyond",
    "Beyond the outermost cells your points read 0. They take the nearest cell's value.",
    slip=True,
)
def zeros_beyond(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    wide = torch.nn.functional.pad(features, (2, 2, 2, 2))
    shift = -2.0 + (0.5 if aligned else 0.0)
    corners = rois[:, 1:] * spatial_scale
    return _align(wide, corners, rois[:, 0], output_size, sampling_ratio, aligned, shift=shift)


@wrong("roi_align", "centre-only", "You sample each bin once; `sampling_ratio` asks for a grid of points.")
def centre_only(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:] * spatial_scale, rois[:, 0], output_size, 1, aligned)


@wrong(
    "roi_align",
    "swapped-weights",
    "Your weights are those of the opposite neighbours: the nearest one must weigh most.",
)
def swapped_weights(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    return _align(features, corners, rois[:, 0], output_size, sampling_ratio, aligned, weigh=lambda share: 1 - share)


@wrong("roi_align", "first-image", "All your regions are cut from the first image.")
def first_image(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    images = torch.zeros(len(rois))
    return _align(features, rois[:, 1:] * spatial_scale, images, output_size, sampling_ratio, aligned)


@wrong(
    "roi_align",
    "nearest",
    "You read the nearest cell. Between cells the response is interpolated from all four neighbours.",
)
def nearest(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    corners = rois[:, 1:] * spatial_scale
    return _align(features, corners, rois[:, 0], output_size, sampling_ratio, aligned, weigh=torch.round)


@wrong("roi_align", "scale-forgotten", "Your box is in image pixels, the map is coarser. Multiply by `spatial_scale`.")
def scale_forgotten(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    return _align(features, rois[:, 1:], rois[:, 0], output_size, sampling_ratio, aligned)
