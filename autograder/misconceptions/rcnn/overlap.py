"""Unit 02: wrong versions of `box_iou` and `warp_region`."""

import torch
from torch.nn.functional import grid_sample, interpolate, pad

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("box_iou", MISCONCEPTIONS)


def _parts(boxes1, boxes2, grow=0.0, clamp=True):
    """Intersections [n, m], first areas [n, 1], second areas [m]."""
    sides = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:]) - torch.maximum(boxes1[:, None, :2], boxes2[:, :2]) + grow
    sides = sides.clamp(min=0) if clamp else sides
    areas = [(boxes[:, 2:] - boxes[:, :2] + grow).prod(-1) for boxes in (boxes1, boxes2)]
    return sides.prod(-1), areas[0][:, None], areas[1]


def _iou(boxes1, boxes2, **options):
    inter, area1, area2 = _parts(boxes1, boxes2, **options)
    return inter / (area1 + area2 - inter)


@wrong(
    "inclusive",
    "You count pixels inclusively (+1), as VOC's old tools do. Our coordinates are continuous: width is x2 − x1.",
)
def _(boxes1, boxes2):
    return _iou(boxes1, boxes2, grow=1.0)


@wrong(
    "unclamped",
    "Two boxes apart in both directions get a positive overlap: minus times minus. "
    "Set negative widths and heights to 0.",
)
def _(boxes1, boxes2):
    return _iou(boxes1, boxes2, clamp=False)


@wrong("double-union", "You count the overlap twice in the union. Subtract it once; identical boxes must give 1.")
def _(boxes1, boxes2):
    inter, area1, area2 = _parts(boxes1, boxes2)
    return inter / (area1 + area2)


@wrong("over-smaller", "You divide by the smaller box: a small box inside a large one gets 1.")
def _(boxes1, boxes2):
    inter, area1, area2 = _parts(boxes1, boxes2)
    return inter / torch.minimum(area1, area2)


@wrong("over-first", "Your measure changes when a and b are exchanged; IoU is symmetric.")
def _(boxes1, boxes2):
    inter, area1, _ = _parts(boxes1, boxes2)
    return inter / area1


@wrong("rowwise", "You compare box i with box i only. Every a meets every b.")
def _(boxes1, boxes2):
    if len(boxes1) != len(boxes2):
        raise ValueError("sizes differ")
    return _iou(boxes1, boxes2).diagonal()


def _center_size(boxes):
    return torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


@wrong("cxcywh", "Your boxes are read as (cx, cy, w, h); this course uses (x1, y1, x2, y2).", convention=True)
def _(boxes1, boxes2):
    return _iou(_center_size(boxes1), _center_size(boxes2))


@wrong("xywh", "Your boxes are read as (x, y, w, h); this course uses (x1, y1, x2, y2).", convention=True)
def _(boxes1, boxes2):
    return _iou(*(torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1) for boxes in (boxes1, boxes2)))


wrong = collector("warp_region", MISCONCEPTIONS)


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


@wrong("no-context", "Your patch ends at the box. The paper adds surroundings: 16 pixels of its 227.")
def _(image, box, size, context):
    return _warp(image, box, size, *_halves(box, size, 0))


@wrong(
    "source-pixels",
    "You add the context in pixels of the photograph. It is counted after warping, so a small object gets few pixels "
    "of it, a large one many.",
)
def _(image, box, size, context):
    return _warp(image, box, size, (box[2] - box[0]) / 2 + context, (box[3] - box[1]) / 2 + context)


@wrong(
    "black-fill", "The outside is black. Fill it with the mean colour: after subtracting the mean it is then nothing."
)
def _(image, box, size, context):
    return _warp(image, box, size, *_halves(box, size, context), fill=torch.zeros(len(image), 1, 1, dtype=image.dtype))


@wrong("clipped", "You cut the box at the border and stretch the rest, so the object moves and deforms. Fill instead.")
def _(image, box, size, context):
    (half_width, half_height), (height, width) = _halves(box, size, context), image.shape[-2:]
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    x1, x2 = (x - half_width).clamp(0, width), (x + half_width).clamp(0, width)
    y1, y2 = (y - half_height).clamp(0, height), (y + half_height).clamp(0, height)
    return _warp(image, torch.stack([x1, y1, x2, y2]), size, (x2 - x1) / 2, (y2 - y1) / 2)


@wrong(
    "keeps-shape",
    "You keep the aspect ratio. That is another variant of the paper's appendix; R-CNN proper stretches.",
    convention=True,
)
def _(image, box, size, context):
    half = max(_halves(box, size, context))
    return _warp(image, box, size, half, half)


@wrong("swapped", "Rows are y, columns are x: you cut with the two exchanged.")
def _(image, box, size, context):
    return _warp(image, box[[1, 0, 3, 2]], size, *_halves(box[[1, 0, 3, 2]], size, context))


@wrong("transposed", "Your patch lies on its side: its rows run along x. Rows are y, columns are x.")
def _(image, box, size, context):
    return _warp(image, box, size, *_halves(box, size, context)).transpose(1, 2)


@wrong(
    "edge-fill",
    "Outside the image you repeat its border. Fill with the mean colour: after subtracting it, that is nothing.",
)
def _(image, box, size, context):
    margin = max(image.shape[-2:])
    larger = pad(image[None], (margin,) * 4, mode="replicate")[0]
    return _warp(larger, box + margin, size, *_halves(box, size, context))


@wrong(
    "squashed-context",
    "You warp the bare box and then pad it. The surroundings are part of the photograph, not a frame.",
)
def _(image, box, size, context):
    inner = size - 2 * context
    bare = _warp(image, box, inner, *_halves(box, inner, 0))
    framed = image.mean((1, 2), keepdim=True).expand(-1, size, size).clone()
    framed[:, context : size - context, context : size - context] = interpolate(bare[None], inner)[0]
    return framed


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
