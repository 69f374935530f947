"""Unit 04: wrong versions of `assign_anchors`."""

import torch
from torchvision.ops import box_iou

from autograder.misconceptions import wrong


def _by_threshold(overlaps, high, low):
    """Labels and matches without any rescue."""
    if not overlaps.numel():
        return _empty(overlaps)
    largest, matches = overlaps.max(dim=1)
    labels = torch.zeros_like(matches)
    labels[largest >= low] = -1
    labels[largest >= high] = 1
    return labels, matches


def _rescue(labels, matches, overlaps, best):
    """Make the anchors marked in `best` positive, each for its object."""
    rescued = best.any(dim=1)
    labels[rescued] = 1
    if rescued.any():
        matches[rescued] = (overlaps * best).argmax(dim=1)[rescued]
    return labels, matches


def _best(overlaps):
    """The best anchors of each object."""
    return (overlaps == overlaps.amax(dim=0)) & (overlaps > 0) if overlaps.numel() else overlaps > 0


def _empty(anchors):
    """All anchors negative."""
    labels = torch.zeros(len(anchors), dtype=torch.int64)
    return labels, labels.clone()


@wrong(
    "assign_anchors",
    "no-rescue",
    "A small object reaches no anchor by `high` and is never learned. Its best anchor must be positive.",
)
def no_rescue(anchors, objects, high, low):
    return _by_threshold(box_iou(anchors, objects), high, low)


@wrong(
    "assign_anchors",
    "no-ignore",
    "Anchors that half cover an object are taught as background. Leave them out: label -1.",
)
def no_ignore(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    return _rescue(*_by_threshold(overlaps, high, high), overlaps, _best(overlaps))


@wrong(
    "assign_anchors",
    "stolen",
    "You rescued the anchor for one object and then regress it to another: set its match as well.",
)
def stolen(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _by_threshold(overlaps, high, low)
    labels[_best(overlaps).any(dim=1)] = 1
    return labels, matches


@wrong(
    "assign_anchors",
    "rescue-overwritten",
    "An object's best anchor becomes background where its IoU is below `low`. The rule on best anchors comes last.",
)
def rescue_overwritten(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps))
    if overlaps.numel():
        labels[overlaps.amax(dim=1) < low] = 0
    return labels, matches


@wrong(
    "assign_anchors",
    "rescue-above-low",
    "You rescue an object's best anchor only where its IoU reaches `low`. It is positive however small its IoU is.",
)
def rescue_above_low(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps) & (overlaps >= low))


@wrong(
    "assign_anchors",
    "rescue-above-half-high",
    "You rescue an object's best anchor only from half of `high` on. It is positive however small its IoU is.",
)
def rescue_above_half_high(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps) & (overlaps >= high / 2))


@wrong(
    "assign_anchors",
    "zero-rescue",
    "An object that no anchor touches makes every anchor positive: all tie for its best, at 0. Rescue above 0 only.",
)
def zero_rescue(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    best = overlaps == overlaps.amax(dim=0) if overlaps.numel() else overlaps > 0
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, best)


@wrong(
    "assign_anchors",
    "forced",
    "You force one anchor on every object, even on an object that no anchor overlaps. Rescue above an IoU of 0 only.",
)
def forced(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _by_threshold(overlaps, high, low)
    if overlaps.numel():
        for j, i in enumerate(overlaps.argmax(dim=0).tolist()):
            labels[i], matches[i] = 1, j
    return labels, matches


@wrong(
    "assign_anchors",
    "single-tie",
    "Several anchors tie for an object's best; the paper takes all of them, you take the first.",
    slip=True,
)
def single_tie(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    first = torch.zeros_like(overlaps, dtype=torch.bool)
    if overlaps.numel():
        first[overlaps.argmax(dim=0), torch.arange(len(objects))] = True
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, first & (overlaps > 0))


@wrong(
    "assign_anchors",
    "shared-last",
    "An anchor that is the best of several objects goes to the last one. Give it to the one that it overlaps most.",
    slip=True,
)
def shared_last(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _by_threshold(overlaps, high, low)
    for i, j in _best(overlaps).nonzero().tolist():
        labels[i], matches[i] = 1, j
    return labels, matches


@wrong(
    "assign_anchors",
    "shared-first",
    "An anchor that is the best of several objects goes to the first one. Give it to the one that it overlaps most.",
    slip=True,
)
def shared_first(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _by_threshold(overlaps, high, low)
    for i, j in reversed(_best(overlaps).nonzero().tolist()):
        labels[i], matches[i] = 1, j
    return labels, matches


@wrong("assign_anchors", "above-high", "An anchor is positive from an IoU of `high` on, not only above it.", slip=True)
def above_high(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _by_threshold(overlaps, high, low)
    if overlaps.numel():
        labels[overlaps.amax(dim=1) == high] = -1
    return _rescue(labels, matches, overlaps, _best(overlaps))


@wrong(
    "assign_anchors",
    "up-to-low",
    "An anchor is negative below an IoU of `low`; at `low` itself it is left out.",
    slip=True,
)
def up_to_low(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _by_threshold(overlaps, high, low)
    if overlaps.numel():
        labels[overlaps.amax(dim=1) == low] = 0
    return _rescue(labels, matches, overlaps, _best(overlaps))


@wrong(
    "assign_anchors", "no-objects", "An image without objects has only negatives; yours are all left out.", slip=True
)
def no_objects(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    labels, matches = _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps))
    return (labels, matches) if len(objects) else (labels - 1, matches)


@wrong(
    "assign_anchors",
    "no-objects-fails",
    "Your function fails on an image without objects: all its anchors are negative.",
    slip=True,
)
def no_objects_fails(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not len(objects):
        return overlaps.max(dim=1)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps))


@wrong(
    "assign_anchors",
    "wrong-axis",
    "You label objects instead of anchors: the largest overlap is to be taken over the objects, for each anchor.",
)
def wrong_axis(anchors, objects, high, low):
    return _by_threshold(box_iou(objects, anchors), high, low)


@wrong("assign_anchors", "swapped-order", "You return the matches first. The labels come first.")
def swapped_order(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps))[::-1]
