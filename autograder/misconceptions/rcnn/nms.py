"""Unit 02: wrong versions of `nms`."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.rcnn.shared import falling, iou, parts


def _greedy(order, covers):
    """Keep by `order`; covers[i, j] says that a kept i removes j."""
    kept = []
    for i in order.tolist():
        if not any(covers[k, i] for k in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


@wrong("nms", "dead-suppress", "A box that was itself removed still removes others. Only survivors may suppress.")
def dead_suppress(boxes, scores, threshold):
    order, covers = falling(scores), iou(boxes, boxes) > threshold
    alive = [i for rank, i in enumerate(order.tolist()) if not covers[order[:rank], i].any()]
    return torch.tensor(alive, dtype=torch.int64)


@wrong("nms", "keeps-all", "Nothing is suppressed.")
def keeps_all(boxes, scores, threshold):
    return falling(scores)


@wrong("nms", "weakest-first", "You start from the weakest box, so the best detection is removed by a worse one.")
def weakest_first(boxes, scores, threshold):
    return _greedy(scores.argsort(), iou(boxes, boxes) > threshold)


@wrong("nms", "sorted-positions", "Your indices count in the sorted list. Map them back to the original boxes.")
def sorted_positions(boxes, scores, threshold):
    ranked = boxes[falling(scores)]
    return _greedy(torch.arange(len(boxes)), iou(ranked, ranked) > threshold)


@wrong("nms", "inverted", "You throw away what is far from the best box and keep its duplicates.")
def inverted(boxes, scores, threshold):
    return _greedy(falling(scores), iou(boxes, boxes) <= threshold)


@wrong("nms", "over-smaller", "Small boxes inside large ones disappear: your overlap is not IoU.")
def over_smaller(boxes, scores, threshold):
    inter, area1, area2 = parts(boxes, boxes)
    return _greedy(falling(scores), inter / torch.minimum(area1, area2) > threshold)


@wrong("nms", "index-order", "The right boxes, but order them by score.")
def index_order(boxes, scores, threshold):
    return _greedy(falling(scores), iou(boxes, boxes) > threshold).sort().values


@wrong("nms", "ignores-threshold", "Your threshold is always 0.5, whatever is asked for.")
def ignores_threshold(boxes, scores, threshold):
    return _greedy(falling(scores), iou(boxes, boxes) > 0.5)


@wrong(
    "nms", "best-only", "You return a single box. After removing what overlaps the best box, go on with what is left."
)
def best_only(boxes, scores, threshold):
    return falling(scores)[:1]


@wrong(
    "nms",
    "at-threshold",
    "You remove a box whose IoU equals the threshold. It stays: only an IoU above the threshold removes.",
    slip=True,
)
def at_threshold(boxes, scores, threshold):
    return _greedy(falling(scores), iou(boxes, boxes) >= threshold)


@wrong(
    "nms", "empty-fails", "Your function fails where there is no box at all: many images have no detection.", slip=True
)
def empty_fails(boxes, scores, threshold):
    if len(boxes) == 0:
        raise IndexError("index 0 is out of bounds")
    return _greedy(falling(scores), iou(boxes, boxes) > threshold)
