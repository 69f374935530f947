"""Unit 02: what wrong versions of several functions are made of."""

import torch


def parts(boxes1, boxes2, grow=0.0, clamp=True):
    """Intersections [n, m], first areas [n, 1], second areas [m]."""
    sides = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:]) - torch.maximum(boxes1[:, None, :2], boxes2[:, :2]) + grow
    sides = sides.clamp(min=0) if clamp else sides
    areas = [(boxes[:, 2:] - boxes[:, :2] + grow).prod(-1) for boxes in (boxes1, boxes2)]
    return sides.prod(-1), areas[0][:, None], areas[1]


def iou(boxes1, boxes2, **options):
    inter, area1, area2 = parts(boxes1, boxes2, **options)
    return inter / (area1 + area2 - inter)


def falling(scores):
    return scores.argsort(descending=True)


def center(boxes):
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def size(boxes):
    return boxes[:, 2:] - boxes[:, :2]
