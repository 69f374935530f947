"""Unit 02: wrong versions of `nms` and `average_precision`."""

import torch

from autograder.misconceptions import collector
from autograder.misconceptions.rcnn.overlap import _iou, _parts

MISCONCEPTIONS = []
wrong = collector("nms", MISCONCEPTIONS)


def _greedy(order, covers):
    """Keep by `order`; covers[i, j] says that a kept i removes j."""
    kept = []
    for i in order.tolist():
        if not any(covers[k, i] for k in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


def _falling(scores):
    return scores.argsort(descending=True)


@wrong("dead-suppress", "A box that was itself removed still removes others. Only survivors may suppress.")
def _(boxes, scores, threshold):
    order, covers = _falling(scores), _iou(boxes, boxes) > threshold
    alive = [i for rank, i in enumerate(order.tolist()) if not covers[order[:rank], i].any()]
    return torch.tensor(alive, dtype=torch.int64)


@wrong("keeps-all", "Nothing is suppressed.")
def _(boxes, scores, threshold):
    return _falling(scores)


@wrong("weakest-first", "You start from the weakest box, so the best detection is removed by a worse one.")
def _(boxes, scores, threshold):
    return _greedy(scores.argsort(), _iou(boxes, boxes) > threshold)


@wrong("sorted-positions", "Your indices count in the sorted list. Map them back to the original boxes.")
def _(boxes, scores, threshold):
    ranked = boxes[_falling(scores)]
    return _greedy(torch.arange(len(boxes)), _iou(ranked, ranked) > threshold)


@wrong("inverted", "You throw away what is far from the best box and keep its duplicates.")
def _(boxes, scores, threshold):
    return _greedy(_falling(scores), _iou(boxes, boxes) <= threshold)


@wrong("over-smaller", "Small boxes inside large ones disappear: your overlap is not IoU.")
def _(boxes, scores, threshold):
    inter, area1, area2 = _parts(boxes, boxes)
    return _greedy(_falling(scores), inter / torch.minimum(area1, area2) > threshold)


@wrong("index-order", "The right boxes, but order them by score.")
def _(boxes, scores, threshold):
    return _greedy(_falling(scores), _iou(boxes, boxes) > threshold).sort().values


@wrong("ignores-threshold", "Your threshold is always 0.5, whatever is asked for.")
def _(boxes, scores, threshold):
    return _greedy(_falling(scores), _iou(boxes, boxes) > 0.5)


@wrong("best-only", "You return a single box. After removing what overlaps the best box, go on with what is left.")
def _(boxes, scores, threshold):
    return _falling(scores)[:1]


@wrong(
    "at-threshold",
    "You remove a box whose IoU equals the threshold. It stays: only an IoU above the threshold removes.",
    slip=True,
)
def _(boxes, scores, threshold):
    return _greedy(_falling(scores), _iou(boxes, boxes) >= threshold)


@wrong("empty-fails", "Your function fails where there is no box at all: many images have no detection.", slip=True)
def _(boxes, scores, threshold):
    if len(boxes) == 0:
        raise IndexError("index 0 is out of bounds")
    return _greedy(_falling(scores), _iou(boxes, boxes) > threshold)


wrong = collector("average_precision", MISCONCEPTIONS)


def _curve(scores, matched, objects):
    hits = matched[_falling(scores)].double().cumsum(0)
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


@wrong("recall-of-found", "You divide by the objects you found, so recall always reaches 1. Missed objects must cost.")
def _(scores, matched, objects, method="area"):
    return _measure(*_curve(scores, matched, max(1, int(matched.sum()))), method)


@wrong("unsorted", "Detections count in the order of their score.")
def _(scores, matched, objects, method="area"):
    return _measure(*_curve(-torch.arange(float(len(scores))), matched, objects), method)


@wrong("rising", "You begin with the least certain detection. Sort by falling score.")
def _(scores, matched, objects, method="area"):
    return _measure(*_curve(-scores, matched, objects), method)


@wrong("no-envelope", "Your precision zigzags. VOC takes the best precision at this recall or a higher one.")
def _(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "area":
        return _area(recall, precision)
    first = [(recall >= r / 10).nonzero()[:1, 0] for r in range(11)]
    return sum(float(precision[i]) if len(i) else 0.0 for i in first) / 11


@wrong("trapezoid", "You join the points by straight lines; VOC counts steps.")
def _(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "11-point":
        return _points(recall, precision)
    return float(torch.trapezoid(precision, recall)) if len(recall) else 0.0


@wrong("mean-of-hits", "You average over what was found. Divide by all objects.")
def _(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "11-point":
        return _points(recall, precision)
    hits = matched[_falling(scores)]
    return float(precision[hits].mean()) if hits.any() else 0.0


@wrong("ten-points", "Eleven recalls, and 0 is the first.")
def _(scores, matched, objects, method="area"):
    return _measure(
        *_curve(scores, matched, objects), method, **({"steps": range(1, 11)} if method == "11-point" else {})
    )


@wrong(
    "recall-above",
    "Your 11 points look at recalls above r. A recall of exactly r counts as well: r is reached.",
    slip=True,
)
def _(scores, matched, objects, method="area"):
    recall, precision = _curve(scores, matched, objects)
    if method == "area":
        return _area(recall, _envelope(precision))
    return sum(_best(precision, recall > r / 10) for r in range(11)) / 11


@wrong("threshold-precision", "That is the precision of the whole list, not the area under the curve.")
def _(scores, matched, objects, method="area"):
    return float(matched.double().mean()) if len(matched) else 0.0


@wrong("area-always", "You compute the area whatever `method` says. VOC 2007 averages over eleven recalls.")
def _(scores, matched, objects, method="area"):
    return _measure(*_curve(scores, matched, objects), "area")


@wrong("empty-nan", "No detection is an AP of 0, not NaN.", slip=True)
def _(scores, matched, objects, method="area"):
    return _measure(*_curve(scores, matched, objects), method) if len(scores) else float("nan")


@wrong("empty-fails", "Your function fails without detections. A detector that says nothing has an AP of 0.", slip=True)
def _(scores, matched, objects, method="area"):
    if len(scores) == 0:
        raise IndexError("index -1 is out of bounds")
    return _measure(*_curve(scores, matched, objects), method)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
