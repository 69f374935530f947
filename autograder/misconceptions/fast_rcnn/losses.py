"""Unit 03: wrong versions of `fast_rcnn_loss`."""

import torch
from torch.nn.functional import cross_entropy

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("fast_rcnn_loss", MISCONCEPTIONS)


def _smooth(x, beta=1.0):
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs() - 0.5 * beta) if beta else x.abs()


def _losses(scores, deltas, labels, targets, rows=None, of=None, beta=1.0, reduce=None):
    """The two losses; `rows` have a box loss, `of` says whose correction learns, `reduce` makes one number of it."""
    rows = labels.nonzero()[:, 0] if rows is None else rows
    of = labels if of is None else of
    errors = _smooth(deltas[rows, of[rows]] - targets[rows], beta)
    box = reduce(errors) if reduce else errors.sum() / len(labels)
    return cross_entropy(scores, labels), box


@wrong(
    "background-boxes",
    "You pull background regions towards a box that does not exist: that is the [u ≥ 1] in the formula.",
)
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, rows=torch.arange(len(labels)))


@wrong("guessed-class", "You train the box of the class you guessed. Train the box of the true class.")
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, of=scores.argmax(1))


@wrong("shifted-class", "Your classes are off by one: row 0 belongs to background.")
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, of=labels - 1)


@wrong(
    "per-foreground",
    "You average over foreground regions only; then one region in a batch weighs as much as fifty. We divide by all, "
    "as torchvision does.",
)
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=lambda errors: errors.sum() / max(1, len(errors)))


@wrong("per-coordinate", "You average over x, y, w, h; the paper sums them.")
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=lambda errors: errors.sum() / 4 / len(labels))


@wrong("softmax-twice", "Cross-entropy contains the softmax; you apply it twice and the gradient fades.")
def _(scores, deltas, labels, targets):
    return _losses(scores.softmax(1), deltas, labels, targets)


@wrong("empty-nan", "A batch without objects makes your loss NaN.", slip=True)
def _(scores, deltas, labels, targets):
    def reduce(errors):
        return errors.sum(1).mean() * (len(errors) / len(labels))

    return _losses(scores, deltas, labels, targets, reduce=reduce)


@wrong(
    "mean-of-all",
    "Your box loss is a mean over foreground and coordinates. Sum over the four, then divide by all regions.",
)
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=lambda errors: errors.sum() / max(1, errors.numel()))


@wrong("not-divided", "Your box loss grows with the batch: divide it by the number of all regions.")
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, reduce=torch.sum)


@wrong("every-class", "You train the boxes of all classes at once. Only that of the true class has a target.")
def _(scores, deltas, labels, targets):
    objects = labels > 0
    errors = _smooth(deltas[objects] - targets[objects][:, None])
    return cross_entropy(scores, labels), errors.sum() / len(labels)


@wrong(
    "objects-only",
    "You classify foreground regions alone. Background is a class too, and most regions must learn to say so.",
)
def _(scores, deltas, labels, targets):
    objects = labels > 0
    classifier, box = _losses(scores, deltas, labels, targets)
    return (cross_entropy(scores[objects], labels[objects]) if objects.any() else classifier * 0), box


@wrong("absolute", "You add up absolute errors. The box loss is smooth L1: small errors count by half their square.")
def _(scores, deltas, labels, targets):
    objects = labels.nonzero()[:, 0]
    errors = deltas[objects, labels[objects]] - targets[objects]
    return cross_entropy(scores, labels), errors.abs().sum() / len(labels)


@wrong("squared", "You square large errors too. The box loss is smooth L1: beyond beta it rises evenly.")
def _(scores, deltas, labels, targets):
    objects = labels.nonzero()[:, 0]
    errors = deltas[objects, labels[objects]] - targets[objects]
    return cross_entropy(scores, labels), 0.5 * errors.square().sum() / len(labels)


@wrong("torchvision-beta", "You use torchvision's beta of 1/9; ours is 1, as in the paper.")
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets, beta=1 / 9)


@wrong("exchanged", "Your losses come in the other order: classification first, then boxes.")
def _(scores, deltas, labels, targets):
    return _losses(scores, deltas, labels, targets)[::-1]


@wrong("one-number", "You add the two losses up. Return both: the caller adds them, and wants to watch each.")
def _(scores, deltas, labels, targets):
    return sum(_losses(scores, deltas, labels, targets))


@wrong("no-gradient", "Your losses are plain numbers without a graph, so nothing can learn from them.")
def _(scores, deltas, labels, targets):
    return tuple(loss.detach() for loss in _losses(scores, deltas, labels, targets))


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
