"""Unit 02: wrong versions of `label_proposals`."""

import torch

from autograder.misconceptions import wrong


def _label(ious, positive, negative):
    if ious.shape[1] == 0:
        return torch.full((len(ious),), -1)
    best, labels = ious.max(1)
    labels[best < positive] = -2
    labels[best < negative] = -1
    return labels


@wrong(
    "label_proposals",
    "no-ignore",
    "Proposals in the grey zone become negatives: half an object is then taught as background. Ignore them.",
)
def no_ignore(ious, positive, negative):
    return _label(ious, positive, positive)


@wrong("label_proposals", "wrong-axis", "You look for each object's best proposal, but the label is each proposal's.")
def wrong_axis(ious, positive, negative):
    return _label(ious.T, positive, negative)


@wrong("label_proposals", "first-hit", "A proposal that touches two objects belongs to the one it overlaps most.")
def first_hit(ious, positive, negative):
    labels = _label(ious, positive, negative)
    first = (ious >= positive).int().argmax(1) if ious.shape[1] else labels
    return torch.where(labels >= 0, first, labels)


@wrong(
    "label_proposals",
    "forces-match",
    "You give every object its best proposal, whatever the overlap. That is Faster R-CNN's rule; "
    "R-CNN lets an object go without.",
)
def forces_match(ious, positive, negative):
    labels = _label(ious, positive, negative)
    if len(ious):
        best, rows = ious.max(0)
        for column in (best > 0).nonzero()[:, 0].tolist():
            labels[rows[column]] = column
    return labels


@wrong("label_proposals", "swapped-marks", "Your marks are exchanged: background is -1, ignored is -2.")
def swapped_marks(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where(labels < 0, -3 - labels, labels)


@wrong(
    "label_proposals",
    "counts-from-one",
    "You count objects from 1, with 0 for background. Here objects count from 0 and background is -1.",
)
def counts_from_one(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where(labels == -2, labels, labels + 1)


@wrong(
    "label_proposals",
    "above-positive",
    "A proposal whose IoU is exactly `positive` shows its object: from `positive` on, not only above it.",
    slip=True,
)
def above_positive(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where((labels >= 0) & (ious.amax(1) == positive), -2, labels) if ious.numel() else labels


@wrong(
    "label_proposals",
    "up-to-negative",
    "A proposal whose IoU is exactly `negative` is no background: below `negative`, not up to it.",
    slip=True,
)
def up_to_negative(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where((labels == -2) & (ious.amax(1) == negative), -1, labels) if ious.numel() else labels


@wrong(
    "label_proposals",
    "no-objects",
    "An image without objects is full of good negatives: all its proposals are background.",
)
def no_objects(ious, positive, negative):
    if ious.shape[1] == 0:
        return torch.full((len(ious),), -2)
    return _label(ious, positive, negative)


@wrong(
    "label_proposals",
    "no-objects-fails",
    "Your function fails on an image without objects. It is full of good negatives: answer -1 for all.",
    slip=True,
)
def no_objects_fails(ious, positive, negative):
    if ious.shape[1] == 0:
        raise IndexError("max(): expected a non-empty dimension")
    return _label(ious, positive, negative)
