"""Unit 04: wrong versions of `generate_anchors` and `assign_anchors`."""

import torch
from torchvision.ops import box_iou

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("generate_anchors", MISCONCEPTIONS)


def _square_root(scale, ratio):
    """Width and height of an anchor."""
    return scale / ratio**0.5, scale * ratio**0.5


def _grid(feature_size, stride, scales, ratios, sides=_square_root, middle=0.5):
    """Anchors around the cells, `sides` giving width and height."""
    sizes = torch.tensor([sides(scale, ratio) for scale in scales for ratio in ratios], dtype=torch.float32)
    y, x = torch.meshgrid(torch.arange(feature_size[0]), torch.arange(feature_size[1]), indexing="ij")
    centers = (torch.stack([x, y], dim=2).reshape(-1, 1, 2) + middle) * stride
    return torch.cat([centers - sizes / 2, centers + sizes / 2], dim=2).reshape(-1, 4)


@wrong("area-changes", "Your tall anchors are also larger. The ratio must not change the area.")
def _(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, lambda scale, ratio: (scale, scale * ratio))


@wrong("no-root", "Your ratio comes out squared: take the square root for each side.")
def _(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, lambda scale, ratio: (scale / ratio, scale * ratio))


@wrong("ratio-inverted", "Your ratio is width over height; here it is height over width.", convention=True)
def _(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, lambda scale, ratio: _square_root(scale, ratio)[::-1])


@wrong(
    "map-cells",
    "You forget the stride: your anchors lie in cells of the map, all crowded in the image's upper left corner.",
)
def _(feature_size, stride, scales, ratios):
    return _grid(feature_size, 1, scales, ratios)


@wrong("h-w-swapped", "You laid the grid out with height and width exchanged: `feature_size` is (H, W).")
def _(feature_size, stride, scales, ratios):
    return _grid(feature_size[::-1], stride, scales, ratios)


@wrong("corner-anchored", "Your anchors hang down and right of their cell's middle; they must be centred on it.")
def _(feature_size, stride, scales, ratios):
    found = _grid(feature_size, stride, scales, ratios)
    return found + (found[:, 2:] - found[:, :2]).repeat(1, 2) / 2


@wrong(
    "no-half",
    "Your anchors are centred at j · stride, as torchvision's are; ours sit in the middle of the cell.",
    convention=True,
)
def _(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, middle=0.0)


def _reordered(found, feature_size, scales, ratios, order):
    """The same anchors, the axes (row, column, scale, ratio, side) in another order."""
    return found.reshape(*feature_size, len(scales), len(ratios), 4).permute(*order, 4).reshape(-1, 4)


@wrong("columns-first", "The right anchors, column by column. The answer of a network runs row by row.")
def _(feature_size, stride, scales, ratios):
    return _reordered(_grid(feature_size, stride, scales, ratios), feature_size, scales, ratios, (1, 0, 2, 3))


@wrong(
    "shapes-first",
    "The right anchors, but first all cells of one shape, then of the next. Here a cell's anchors stand together.",
)
def _(feature_size, stride, scales, ratios):
    return _reordered(_grid(feature_size, stride, scales, ratios), feature_size, scales, ratios, (2, 3, 0, 1))


@wrong("ratios-first", "The right anchors, but within a cell the ratio changes last. Scales come first, then ratios.")
def _(feature_size, stride, scales, ratios):
    return _reordered(_grid(feature_size, stride, scales, ratios), feature_size, scales, ratios, (0, 1, 3, 2))


wrong = collector("assign_anchors", MISCONCEPTIONS)


def _by_threshold(overlaps, high, low):
    """Labels and matches without any rescue."""
    largest, matches = overlaps.max(dim=1)
    labels = torch.zeros_like(matches)
    labels[largest >= low] = -1
    labels[largest >= high] = 1
    return labels, matches


def _rescue(labels, matches, overlaps, best):
    """Make the anchors marked in `best` positive, each for its object."""
    rescued = best.any(dim=1)
    labels[rescued] = 1
    matches[rescued] = (overlaps * best).argmax(dim=1)[rescued]
    return labels, matches


def _best(overlaps):
    """The best anchors of each object."""
    return (overlaps == overlaps.amax(dim=0)) & (overlaps > 0)


def _empty(anchors):
    """All anchors negative."""
    labels = torch.zeros(len(anchors), dtype=torch.int64)
    return labels, labels


@wrong(
    "no-rescue",
    "A small object reaches no anchor by `high` and is never learned. Its best anchor must be positive.",
)
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    return _by_threshold(overlaps, high, low) if overlaps.numel() else _empty(anchors)


@wrong("no-ignore", "Anchors that half cover an object are taught as background. Leave them out: label -1.")
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not overlaps.numel():
        return _empty(anchors)
    return _rescue(*_by_threshold(overlaps, high, high), overlaps, _best(overlaps))


@wrong("stolen", "You rescued the anchor for one object and then regress it to another: set its match as well.")
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not overlaps.numel():
        return _empty(anchors)
    labels, matches = _by_threshold(overlaps, high, low)
    labels[_best(overlaps).any(dim=1)] = 1
    return labels, matches


@wrong(
    "zero-rescue",
    "An object that no anchor touches makes every anchor positive: all tie for its best, at 0. Rescue above 0 only.",
)
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not overlaps.numel():
        return _empty(anchors)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, overlaps == overlaps.amax(dim=0))


@wrong("single-tie", "Several anchors tie for an object's best; the paper takes all of them, you take the first.")
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not overlaps.numel():
        return _empty(anchors)
    first = torch.zeros_like(overlaps, dtype=torch.bool)
    first[overlaps.argmax(dim=0), torch.arange(len(objects))] = True
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, first & (overlaps > 0))


@wrong("no-objects", "An image without objects has only negatives; yours are all left out.")
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not len(objects):
        return torch.full((len(anchors),), -1), torch.zeros(len(anchors), dtype=torch.int64)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps)) if len(anchors) else _empty(anchors)


@wrong("no-objects-fails", "Your function fails on an image without objects: all its anchors are negative.")
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps)) if len(anchors) else _empty(anchors)


@wrong(
    "wrong-axis",
    "You label objects instead of anchors: the largest overlap is to be taken over the objects, for each anchor.",
)
def _(anchors, objects, high, low):
    overlaps = box_iou(objects, anchors)
    return _by_threshold(overlaps, high, low) if overlaps.numel() else _empty(objects)


@wrong("swapped-order", "You return the matches first. The labels come first.")
def _(anchors, objects, high, low):
    overlaps = box_iou(anchors, objects)
    if not overlaps.numel():
        return _empty(anchors)
    return _rescue(*_by_threshold(overlaps, high, low), overlaps, _best(overlaps))[::-1]


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
