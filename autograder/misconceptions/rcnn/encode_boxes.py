"""Unit 02: wrong versions of `encode_boxes`."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.rcnn.shared import center, size


def _encode(proposals, targets):
    shift = (center(targets) - center(proposals)) / size(proposals)
    return torch.cat([shift, (size(targets) / size(proposals)).log()], 1)


@wrong("encode_boxes", "corners", "You measure from corner to corner. The x and y of the paper are centres.")
def corners(proposals, targets):
    return torch.cat([(targets - proposals)[:, :2] / size(proposals), _encode(proposals, targets)[:, 2:]], 1)


@wrong(
    "encode_boxes",
    "pixels",
    "Your shift is in pixels; the same slip would count ten times more for a large box. Divide by the proposal's size.",
)
def pixels(proposals, targets):
    return torch.cat([center(targets) - center(proposals), _encode(proposals, targets)[:, 2:]], 1)


@wrong(
    "encode_boxes",
    "target-size",
    "You divide by the target's size, which is unknown at test time. Divide by the proposal's.",
)
def target_size(proposals, targets):
    shift = (center(targets) - center(proposals)) / size(targets)
    return torch.cat([shift, _encode(proposals, targets)[:, 2:]], 1)


RATIO = "Sizes need the logarithm: twice and half must be equally far from 0."


@wrong("encode_boxes", "ratio", RATIO)
def ratio(proposals, targets):
    return torch.cat([_encode(proposals, targets)[:, :2], size(targets) / size(proposals)], 1)


@wrong("encode_boxes", "ratio-minus-one", RATIO)
def ratio_minus_one(proposals, targets):
    return torch.cat([_encode(proposals, targets)[:, :2], size(targets) / size(proposals) - 1], 1)


@wrong(
    "encode_boxes",
    "one-size",
    "Your height follows the width, as in the slide that prints the width's weights twice. Each has its own.",
)
def one_size(proposals, targets):
    return _encode(proposals, targets)[:, [0, 1, 2, 2]]


@wrong("encode_boxes", "reversed", "Your arrows point from the target to the proposal.")
def reversed(proposals, targets):
    return _encode(targets, proposals)


@wrong("encode_boxes", "weighted", "These are torchvision's weights (10, 10, 5, 5); ours are 1.")
def weighted(proposals, targets):
    return _encode(proposals, targets) * proposals.new_tensor([10, 10, 5, 5])
