"""Unit 02: wrong versions of `average_precision`."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.rcnn.shared import falling


def _curve(scores, matched, objects):
    hits = matched[falling(scores)].double().cumsum(0)
    return hits / objects, hits / torch.arange(1, len(hits) + 1)


def _envelope(precision):
    return precision.flip(0).cummax(0).values.flip(0) if len(precision) else precision


def _area(recall, precision):
    return float((precision * recall.diff(prepend=torch.zeros(1, dtype=recall.dtype))).sum())


def _best(precision, reached):
    return float(precision[reached].amax()) if reached.any() else 0.0


def _points(recall, precision, steps=range(11)):
    best = [_best(precision, recall >= r / 10) for r in steps]
    return sum(best) / len(best)


def _measure(recall, precision, method, **options):
    return _points(recall, precision, **options) if method == "11-point" else _area(recall, _envelope(precision))


@wrong(
    "average_precision",
    "recall-of-found",
    "You divide by the objects you found, so recall always reaches 1. Missed objects must cost.",
)
def recall_of_found(scores, matched, objects, method="area"):
    return _measure(*_curve(scores, matched, max(1, int(matched.sum()))), method)


@wrong("average_precision", "unsorted", "Detections count in the order of their score.")
def unsorted(scores, matched, objects, method="area"):
    return _measure(*_curve(-torch.arange(float(len(scores))), matched, objects), method)


@wrong("average_precision", "rising", "You begin with the least certain detection. Sort by falling score.")
def rising(scores, matched, objects, method="area"):
    return _measure(*_curve(-scores, matched, objects), method)


@wrong(
    "average_precision",
    "no-envelope",
    "Your precision zigzags. VOC takes the best precision at this recall or a higher one.",
)
def no_envelope(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "area":
        return _area(recall, precision)
    first = [(recall >= r / 10).nonzero()[:1, 0] for r in range(11)]
    return sum(float(precision[i]) if len(i) else 0.0 for i in first) / 11


@wrong("average_precision", "trapezoid", "You join the points by straight lines; VOC counts steps.")
def trapezoid(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "11-point":
        return _points(recall, precision)
    return float(torch.trapezoid(precision, recall)) if len(recall) else 0.0


@wrong("average_precision", "mean-of-hits", "You average over what was found. Divide by all objects.")
def mean_of_hits(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "11-point":
        return _points(recall, precision)
    hits = matched[falling(scores)]
    return float(precision[hits].mean()) if hits.any() else 0.0


@wrong("average_precision", "ten-points", "Eleven recalls, and 0 is the first.")
def ten_points(scores, matched, objects, method="area"):
    return _measure(
        *_curve(scores, matched, objects), method, **({"steps": range(1, 11)} if method == "11-point" else {})
    )


@wrong(
    "average_precision",
    "recall-above",
    "Your 11 points look at recalls above r. A recall of exactly r counts as well: r is reached.",
    slip=True,
)
def recall_above(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "area":
        return _area(recall, _envelope(precision))
    return sum(_best(precision, recall > r / 10) for r in range(11)) / 11


@wrong(
    "average_precision", "threshold-precision", "That is the precision of the whole list, not the area under the curve."
)
def threshold_precision(scores, matched, objects, method="area"):
    return float(matched.double().mean()) if len(matched) else 0.0


@wrong(
    "average_precision",
    "area-always",
    "You compute the area whatever `method` says. VOC 2007 averages over eleven recalls.",
)
def area_always(scores, matched, objects, method="area"):
    return _measure(*_curve(scores, matched, objects), "area")


@wrong("average_precision", "empty-nan", "No detection is an AP of 0, not NaN.", slip=True)
def empty_nan(scores, matched, objects, method="area"):
    return _measure(*_curve(scores, matched, objects), method) if len(scores) else float("nan")


@wrong(
    "average_precision",
    "empty-fails",
    "Your function fails without detections. A detector that says nothing has an AP of 0.",
    slip=True,
)
def empty_fails(scores, matched, objects, method="area"):
    if len(scores) == 0:
        raise IndexError("index -1 is out of bounds")
    return _measure(*_curve(scores, matched, objects), method)
