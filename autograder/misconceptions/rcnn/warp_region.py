"""Unit 02: wrong versions of `warp_region`."""

import torch
from torch.nn.functional import grid_sample, interpolate, pad

from autograder.misconceptions import wrong


def _warp(image, box, size, half_width, half_height, fill=None):
    """The region with these half sides about the box's centre, `fill` (default: the mean colour) outside."""
    fill = image.mean((1, 2), keepdim=True) if fill is None else fill
    steps = (2 * torch.arange(size, dtype=image.dtype) + 1) / size - 1
    height, width = image.shape[-2:]
    x = (box[0] + box[2] + 2 * steps * half_width) / width - 1
    y = (box[1] + box[3] + 2 * steps * half_height) / height - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).to(image.dtype)
    return grid_sample((image - fill)[None], grid[None], align_corners=False)[0] + fill


def _halves(box, size, context):
    factor = size / (size - 2 * context) / 2
    return (box[2] - box[0]) * factor, (box[3] - box[1]) * factor


@wrong("warp_region", "no-context", "Your patch ends at the box. The paper adds surroundings: 16 pixels of its 227.")
def no_context(image, box, size, context):
    return _warp(image, box, size, *_halves(box, size, 0))


@wrong(
    "warp_region",
    "source-pixels",
    "You add the context in pixels of the photograph. It is counted after warping, so a small object gets few pixels "
    "of it, a large one many.",
)
def source_pixels(image, box, size, context):
    return _warp(image, box, size, (box[2] - box[0]) / 2 + context, (box[3] - box[1]) / 2 + context)


@wrong(
    "warp_region",
    "black-fill",
    "The outside is black. Fill it with the mean colour: after subtracting the mean it is then nothing.",
)
def black_fill(image, box, size, context):
    return _warp(image, box, size, *_halves(box, size, context), fill=torch.zeros(len(image), 1, 1, dtype=image.dtype))


@wrong(
    "warp_region",
    "clipped",
    "You cut the box at the border and stretch the rest, so the object moves and deforms. Fill instead.",
)
def clipped(image, box, size, context):
    (half_width, half_height), (height, width) = _halves(box, size, context), image.shape[-2:]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    x1, x2 = (x - half_width).clamp(0, width), (x + half_width).clamp(0, width)
    y1, y2 = (y - half_height).clamp(0, height), (y + half_height).clamp(0, height)
    return _warp(image, torch.stack([x1, y1, x2, y2]), size, (x2 - x1) / 2, (y2 - y1) / 2)


@wrong(
    "warp_region",
    "keeps-shape",
    "You keep the aspect ratio. That is another variant of the paper's appendix; R-CNN proper stretches.",
)
def keeps_shape(image, box, size, context):
    half = max(_halves(box, size, context))
    return _warp(image, box, size, half, half)


@wrong("warp_region", "swapped", "Rows are y, columns are x: you cut with the two exchanged.")
def swapped(image, box, size, context):
    return _warp(image, box[[1, 0, 3, 2]], size, *_halves(box[[1, 0, 3, 2]], size, context))


@wrong("warp_region", "transposed", "Your patch lies on its side: its rows run along x. Rows are y, columns are x.")
def transposed(image, box, size, context):
    return _warp(image, box, size, *_halves(box, size, context)).transpose(1, 2)


@wrong(
    "warp_region",
    "edge-fill",
    "Outside the image you repeat its border. Fill with the mean colour: after subtracting it, that is nothing.",
)
def edge_fill(image, box, size, context):
    margin = max(image.shape[-2:])
    larger = pad(image[None], (margin,) * 4, mode="replicate")[0]
    return _warp(larger, box + margin, size, *_halves(box, size, context))


@wrong(
    "warp_region",
    "squashed-context",
    "You warp the bare box and then pad it. The surroundings are part of the photograph, not a frame.",
)
def squashed_context(image, box, size, context):
    inner = size - 2 * context
    bare = _warp(image, box, inner, *_halves(box, inner, 0))
    framed = image.mean((1, 2), keepdim=True).expand(-1, size, size).clone()
    framed[:, context : size - context, context : size - context] = interpolate(bare[None], inner)[0]
    return framed
