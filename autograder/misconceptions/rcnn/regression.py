"""Unit 02: wrong versions of `encode_boxes` and `decode_boxes`."""

import math

import torch

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("encode_boxes", MISCONCEPTIONS)
LIMIT = math.log(1000 / 16)


def _center(boxes):
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def _size(boxes):
    return boxes[:, 2:] - boxes[:, :2]


def _encode(proposals, targets):
    shift = (_center(targets) - _center(proposals)) / _size(proposals)
    return torch.cat([shift, (_size(targets) / _size(proposals)).log()], 1)


@wrong("corners", "You measure from corner to corner. The x and y of the paper are centres.")
def _(proposals, targets):
    return torch.cat([(targets - proposals)[:, :2] / _size(proposals), _encode(proposals, targets)[:, 2:]], 1)


@wrong(
    "pixels",
    "Your shift is in pixels; the same slip would count ten times more for a large box. Divide by the proposal's size.",
)
def _(proposals, targets):
    return torch.cat([_center(targets) - _center(proposals), _encode(proposals, targets)[:, 2:]], 1)


@wrong("target-size", "You divide by the target's size, which is unknown at test time. Divide by the proposal's.")
def _(proposals, targets):
    shift = (_center(targets) - _center(proposals)) / _size(targets)
    return torch.cat([shift, _encode(proposals, targets)[:, 2:]], 1)


RATIO = "Sizes need the logarithm: twice and half must be equally far from 0."


@wrong("ratio", RATIO)
def _(proposals, targets):
    return torch.cat([_encode(proposals, targets)[:, :2], _size(targets) / _size(proposals)], 1)


@wrong("ratio-minus-one", RATIO)
def _(proposals, targets):
    return torch.cat([_encode(proposals, targets)[:, :2], _size(targets) / _size(proposals) - 1], 1)


@wrong(
    "one-size",
    "Your height follows the width, as in the slide that prints the width's weights twice. Each has its own.",
)
def _(proposals, targets):
    return _encode(proposals, targets)[:, [0, 1, 2, 2]]


@wrong("reversed", "Your arrows point from the target to the proposal.")
def _(proposals, targets):
    return _encode(targets, proposals)


@wrong("weighted", "These are torchvision's weights (10, 10, 5, 5); ours are 1.", convention=True)
def _(proposals, targets):
    return _encode(proposals, targets) * proposals.new_tensor([10, 10, 5, 5])


wrong = collector("decode_boxes", MISCONCEPTIONS)


def _new_sizes(proposals, deltas, limit=LIMIT):
    return _size(proposals) * deltas[:, 2:].clamp(max=limit).exp()


def _decode(proposals, deltas, sizes=None):
    half = (_new_sizes(proposals, deltas) if sizes is None else sizes) / 2
    centers = _center(proposals) + deltas[:, :2] * _size(proposals)
    return torch.cat([centers - half, centers + half], 1)


@wrong(
    "corner-shift",
    "You move the corner and let the box grow to the right and down. Move the centre; grow on both sides.",
)
def _(proposals, deltas):
    corners = proposals[:, :2] + deltas[:, :2] * _size(proposals)
    return torch.cat([corners, corners + _new_sizes(proposals, deltas)], 1)


@wrong(
    "linear-size",
    "You scale by 1 + tw. The inverse of a logarithm is the exponential; yours can even make a negative width.",
)
def _(proposals, deltas):
    return _decode(proposals, deltas, _size(proposals) * (1 + deltas[:, 2:]))


@wrong("half-forgotten", "You return centre and size as if the centre were the corner. Step back by half the size.")
def _(proposals, deltas):
    centers = _center(proposals) + deltas[:, :2] * _size(proposals)
    return torch.cat([centers, centers + _new_sizes(proposals, deltas)], 1)


@wrong("new-size-shift", "You shift by the new width. The shift was measured in the proposal's.")
def _(proposals, deltas):
    sizes = _new_sizes(proposals, deltas)
    centers = _center(proposals) + deltas[:, :2] * sizes
    return torch.cat([centers - sizes / 2, centers + sizes / 2], 1)


@wrong("clipped", "You clip to the image: that is a later step, and here it breaks the inverse law.")
def _(proposals, deltas):
    return _decode(proposals, deltas).clamp(min=0)


@wrong("in-place", "Your function changes the proposals it was given.", slip=True)
def _(proposals, deltas):
    proposals[:] = _decode(proposals, deltas)
    return proposals


@wrong("limited-shift", "You limit all four numbers. Only tw and th are limited: a box may move as far as it likes.")
def _(proposals, deltas):
    return _decode(proposals, deltas.clamp(max=LIMIT))


@wrong("overflow", "A delta of 1000 gives an infinite box, and later NaN. Limit tw and th before the exponential.")
def _(proposals, deltas):
    return _decode(proposals, deltas, _new_sizes(proposals, deltas, math.inf))


@wrong("pixel-shift", "You take tx and ty as pixels. They are shares of the proposal's width and height.")
def _(proposals, deltas):
    half, centers = _new_sizes(proposals, deltas) / 2, _center(proposals) + deltas[:, :2]
    return torch.cat([centers - half, centers + half], 1)


@wrong("weighted", "You divide by torchvision's weights (10, 10, 5, 5); ours are 1.", convention=True)
def _(proposals, deltas):
    return _decode(proposals, deltas / deltas.new_tensor([10, 10, 5, 5]))


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
