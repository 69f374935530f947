"""Unit 04: wrong versions of `rpn_loss`."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from autograder.misconceptions import wrong


def _entropy(objectness, labels, rows, reduction="mean"):
    """Cross-entropy over some anchors; 0 over none."""
    if not rows.any():
        return objectness.sum() * 0
    return binary_cross_entropy_with_logits(objectness[rows], labels[rows].to(objectness.dtype), reduction=reduction)


def _boxes(deltas, targets, rows, count, beta=1 / 9):
    """Smooth L1 over some anchors, divided by a number."""
    return smooth_l1_loss(deltas[rows], targets[rows], beta=beta, reduction="sum") / max(1, int(count))


@wrong("rpn_loss", "ignored-as-negative", "Anchors marked -1 are to be left out; you teach them as background.")
def ignored_as_negative(objectness, deltas, labels, targets):
    labels = labels.clamp(min=0)
    return _entropy(objectness, labels, labels >= 0), _boxes(deltas, targets, labels == 1, len(labels))


@wrong(
    "rpn_loss",
    "ignored-as-background",
    "Anchors marked -1 are to be left out of the cross-entropy; there you count them as background.",
)
def ignored_as_background(objectness, deltas, labels, targets):
    sampled = labels >= 0
    everyone = _entropy(objectness, labels.clamp(min=0), labels > -2)
    return everyone, _boxes(deltas, targets, labels == 1, sampled.sum())


@wrong(
    "rpn_loss",
    "over-all",
    "You divide your losses by the number of all anchors: divide by the number of sampled ones, 1 and 0.",
)
def over_all(objectness, deltas, labels, targets):
    count = max(1, len(labels))
    return _entropy(objectness, labels, labels >= 0, "sum") / count, _boxes(deltas, targets, labels == 1, count)


@wrong(
    "rpn_loss",
    "minus-one-target",
    "Cross-entropy with the target -1 rewards ever lower scores: leave those anchors out.",
)
def minus_one_target(objectness, deltas, labels, targets):
    return _entropy(objectness, labels, labels > -2), _boxes(deltas, targets, labels == 1, (labels >= 0).sum())


@wrong(
    "rpn_loss",
    "boxes-everywhere",
    "Only positive anchors have a box to aim at; your box loss runs over negative ones too.",
)
def boxes_everywhere(objectness, deltas, labels, targets):
    sampled = labels >= 0
    return _entropy(objectness, labels, sampled), _boxes(deltas, targets, sampled, sampled.sum())


@wrong("rpn_loss", "per-positive", "You divide the box loss by the positives; ours divides by all sampled anchors.")
def per_positive(objectness, deltas, labels, targets):
    positive = labels == 1
    return _entropy(objectness, labels, labels >= 0), _boxes(deltas, targets, positive, positive.sum())


@wrong("rpn_loss", "summed", "Your losses grow with the image: divide by the number of sampled anchors.")
def summed(objectness, deltas, labels, targets):
    return _entropy(objectness, labels, labels >= 0, "sum"), _boxes(deltas, targets, labels == 1, 1)


@wrong(
    "rpn_loss",
    "empty-nan",
    "Without a positive anchor your box loss is NaN: a mean over nothing. It should be 0.",
    slip=True,
)
def empty_nan(objectness, deltas, labels, targets):
    sampled, positive = labels >= 0, labels == 1
    mean = smooth_l1_loss(deltas[positive], targets[positive], beta=1 / 9, reduction="none").mean()
    return _entropy(objectness, labels, sampled), mean * 4 * positive.sum() / sampled.sum().clamp(min=1)


@wrong("rpn_loss", "beta-one", "Your smooth L1 bends at 1, as Fast R-CNN's; here beta is 1/9.")
def beta_one(objectness, deltas, labels, targets):
    sampled = labels >= 0
    return _entropy(objectness, labels, sampled), _boxes(deltas, targets, labels == 1, sampled.sum(), beta=1.0)


@wrong(
    "rpn_loss",
    "box-mean",
    "Your box loss is a mean over the four numbers as well. Sum over them: your loss is a quarter of ours.",
)
def box_mean(objectness, deltas, labels, targets):
    sampled = labels >= 0
    return _entropy(objectness, labels, sampled), _boxes(deltas, targets, labels == 1, sampled.sum()) / 4


@wrong(
    "rpn_loss",
    "sigmoid-first",
    "You take the logarithm of a sigmoid, which is infinite for a sure score. Start from the logits.",
    slip=True,
)
def sigmoid_first(objectness, deltas, labels, targets):
    sampled = labels >= 0
    chance, truth = objectness[sampled].sigmoid(), labels[sampled]
    entropy = -torch.where(truth > 0, chance.log(), (1 - chance).log()).sum() / sampled.sum().clamp(min=1)
    return entropy, _boxes(deltas, targets, labels == 1, sampled.sum())


@wrong("rpn_loss", "detached", "Your losses are numbers without a graph: nothing will learn from them.")
def detached(objectness, deltas, labels, targets):
    sampled = labels >= 0
    found = _entropy(objectness, labels, sampled), _boxes(deltas, targets, labels == 1, sampled.sum())
    return [loss.detach() for loss in found]
