"""Unit 03: wrong versions of `fast_rcnn_loss`."""

import torch
from torch.nn.functional import cross_entropy

from autograder.misconceptions import wrong
from autograder.misconceptions.fast_rcnn.shared import smooth


def _losses(scores, deltas, labels, targets, rows=None, of=None, beta=1.0, reduce=None):
    """The two losses; `rows` have a box loss, `of` says whose correction learns, `reduce` makes one number of it."""
    rows = labels.nonzero()[:, 0] if rows is None else rows
    of = labels if of is None else of
    errors = smooth(deltas[rows, of[rows]] - targets[rows], beta)
    box = reduce(errors) if reduce else errors.sum() / len(labels)
    return cross_entropy(scores, labels), box


@wrong(
    "fast_rcnn_loss",
    "background-boxes",
    "You pull background regions towards a box that does not exist: that is the [u ≥ 1] in the formula.",
)
def background_boxes(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, rows=torch.arange(len(labels)))


@wrong(
    "fast_rcnn_loss", "guessed-class", "You train the box of the class you guessed. Train the box of the true class."
)
def guessed_class(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, of=scores.argmax(1))


@wrong("fast_rcnn_loss", "shifted-class", "Your classes are off by one: row 0 belongs to background.")
def shifted_class(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, of=labels - 1)


@wrong(
    "fast_rcnn_loss",
    "per-foreground",
    "You average over foreground regions only; then one region in a batch weighs as much as fifty. We divide by all, "
    "as torchvision does.",
)
def per_foreground(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=lambda errors: errors.sum() / max(1, len(errors)))


@wrong("fast_rcnn_loss", "per-coordinate", "You average over x, y, w, h; the paper sums them.")
def per_coordinate(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=lambda errors: errors.sum() / 4 / len(labels))


@wrong(
    "fast_rcnn_loss", "softmax-twice", "Cross-entropy contains the softmax; you apply it twice and the gradient fades."
)
def softmax_twice(scores, deltas, labels, targets):
    return _losses(scores.softmax(1), deltas, labels, targets)


@wrong("fast_rcnn_loss", "empty-nan", "A batch without objects makes your loss NaN.", slip=True)
def empty_nan(scores, deltas, labels, targets):
    def reduce(errors):
        return errors.sum(1).mean() * (len(errors) / len(labels))

    return _losses(scores, deltas, labels, targets, reduce=reduce)


@wrong(
    "fast_rcnn_loss",
    "mean-of-all",
    "Your box loss is a mean over foreground and coordinates. Sum over the four, then divide by all regions.",
)
def mean_of_all(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=lambda errors: errors.sum() / max(1, errors.numel()))


@wrong("fast_rcnn_loss", "not-divided", "Your box loss grows with the batch: divide it by the number of all regions.")
def not_divided(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=torch.sum)


@wrong(
    "fast_rcnn_loss",
    "every-class",
    "You train the boxes of all classes at once. Only that of the true class has a target.",
)
def every_class(scores, deltas, labels, targets):
    objects = labels > 0
    errors = smooth(deltas[objects] - targets[objects][:, None])
    return cross_entropy(scores, labels), errors.sum() / len(labels)


@wrong(
    "fast_rcnn_loss",
    "objects-only",
    "You classify foreground regions alone. Background is a class too, and most regions must learn to say so.",
)
def objects_only(scores, deltas, labels, targets):
    objects = labels > 0
    classifier, box = _losses(scores, deltas, labels, targets)
    return (cross_entropy(scores[objects], labels[objects]) if objects.any() else classifier * 0), box


@wrong(
    "fast_rcnn_loss",
    "absolute",
    "You add up absolute errors. The box loss is smooth L1: small errors count by half their square.",
)
def absolute(scores, deltas, labels, targets):
    objects = labels.nonzero()[:, 0]
    errors = deltas[objects, labels[objects]] - targets[objects]
    return cross_entropy(scores, labels), errors.abs().sum() / len(labels)


@wrong(
    "fast_rcnn_loss", "squared", "You square large errors too. The box loss is smooth L1: beyond beta it rises evenly."
)
def squared(scores, deltas, labels, targets):
    objects = labels.nonzero()[:, 0]
    errors = deltas[objects, labels[objects]] - targets[objects]
    return cross_entropy(scores, labels), 0.5 * errors.square().sum() / len(labels)


@wrong("fast_rcnn_loss", "torchvision-beta", "You use torchvision's beta of 1/9; ours is 1, as in the paper.")
def torchvision_beta(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, beta=1 / 9)


@wrong("fast_rcnn_loss", "exchanged", "Your losses come in the other order: classification first, then boxes.")
def exchanged(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets)[::-1]


@wrong(
    "fast_rcnn_loss",
    "one-number",
    "You add the two losses up. Return both: the caller adds them, and wants to watch each.",
)
def one_number(scores, deltas, labels, targets):
    return sum(_losses(scores, deltas, labels, targets))


@wrong(
    "fast_rcnn_loss", "no-gradient", "Your losses are plain numbers without a graph, so nothing can learn from them."
)
def no_gradient(scores, deltas, labels, targets):
    return tuple(loss.detach() for loss in _losses(scores, deltas, labels, targets))
