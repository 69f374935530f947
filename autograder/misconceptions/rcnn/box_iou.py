"""Unit 02: wrong versions of `box_iou`."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.rcnn.shared import iou, parts


@wrong(
    "box_iou",
    "inclusive",
    "You count pixels inclusively (+1), as VOC's old tools do. Our coordinates are continuous: width is x2 − x1.",
)
def inclusive(boxes1, boxes2):
    return iou(boxes1, boxes2, grow=1.0)


@wrong(
    "box_iou",
    "unclamped",
    "Two boxes apart in both directions get a positive overlap: minus times minus. "
    "Set negative widths and heights to 0.",
)
def unclamped(boxes1, boxes2):
    return iou(boxes1, boxes2, clamp=False)


@wrong(
    "box_iou",
    "double-union",
    "You count the overlap twice in the union. Subtract it once; identical boxes must give 1.",
)
def double_union(boxes1, boxes2):
    inter, area1, area2 = parts(boxes1, boxes2)
    return inter / (area1 + area2)


@wrong("box_iou", "over-smaller", "You divide by the smaller box: a small box inside a large one gets 1.")
def over_smaller(boxes1, boxes2):
    inter, area1, area2 = parts(boxes1, boxes2)
    return inter / torch.minimum(area1, area2)


@wrong("box_iou", "over-first", "Your measure changes when a and b are exchanged; IoU is symmetric.")
def over_first(boxes1, boxes2):
    inter, area1, _ = parts(boxes1, boxes2)
    return inter / area1


@wrong("box_iou", "rowwise", "You compare box i with box i only. Every a meets every b.")
def rowwise(boxes1, boxes2):
    if len(boxes1) != len(boxes2):
        raise ValueError("sizes differ")
    return iou(boxes1, boxes2).diagonal()


def _center_size(boxes):
    return torch.cat([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)


@wrong("box_iou", "cxcywh", "Your boxes are read as (cx, cy, w, h); this course uses (x1, y1, x2, y2).")
def cxcywh(boxes1, boxes2):
    return iou(_center_size(boxes1), _center_size(boxes2))


@wrong("box_iou", "xywh", "Your boxes are read as (x, y, w, h); this course uses (x1, y1, x2, y2).")
def xywh(boxes1, boxes2):
    return iou(*(torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1) for boxes in (boxes1, boxes2)))
