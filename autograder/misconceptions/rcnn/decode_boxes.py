"""Unit 02: wrong versions of `decode_boxes`."""

import math

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.rcnn.shared import center, size

LIMIT = math.log(1000 / 16)


def _new_sizes(proposals, deltas, limit=LIMIT):
    return size(proposals) * deltas[:, 2:].clamp(max=limit).exp()


def _decode(proposals, deltas, sizes=None):
    half = (_new_sizes(proposals, deltas) if sizes is None else sizes) / 2
    centers = center(proposals) + deltas[:, :2] * size(proposals)
    return torch.cat([centers - half, centers + half], 1)


@wrong(
    "decode_boxes",
    "corner-shift",
    "You move the corner and let the box grow to the right and down. Move the centre; grow on both sides.",
)
def corner_shift(proposals, deltas):
    corners = proposals[:, :2] + deltas[:, :2] * size(proposals)
    return torch.cat([corners, corners + _new_sizes(proposals, deltas)], 1)


@wrong(
    "decode_boxes",
    "linear-size",
    "You scale by 1 + tw. The inverse of a logarithm is the exponential; yours can even make a negative width.",
)
def linear_size(proposals, deltas):
    return _decode(proposals, deltas, size(proposals) * (1 + deltas[:, 2:]))


@wrong(
    "decode_boxes",
    "half-forgotten",
    "You return centre and size as if the centre were the corner. Step back by half the size.",
)
def half_forgotten(proposals, deltas):
    centers = center(proposals) + deltas[:, :2] * size(proposals)
    return torch.cat([centers, centers + _new_sizes(proposals, deltas)], 1)


@wrong("decode_boxes", "new-size-shift", "You shift by the new width. The shift was measured in the proposal's.")
def new_size_shift(proposals, deltas):
    sizes = _new_sizes(proposals, deltas)
    centers = center(proposals) + deltas[:, :2] * sizes
    return torch.cat([centers - sizes / 2, centers + sizes / 2], 1)


@wrong("decode_boxes", "clipped", "You clip to the image: that is a later step, and here it breaks the inverse law.")
def clipped(proposals, deltas):
    return _decode(proposals, deltas).clamp(min=0)


@wrong("decode_boxes", "in-place", "Your function changes the proposals it was given.", slip=True)
def in_place(proposals, deltas):
    proposals[:] = _decode(proposals, deltas)
    return proposals


@wrong(
    "decode_boxes",
    "limited-shift",
    "You limit all four numbers. Only tw and th are limited: a box may move as far as it likes.",
)
def limited_shift(proposals, deltas):
    return _decode(proposals, deltas.clamp(max=LIMIT))


@wrong(
    "decode_boxes",
    "overflow",
    "A delta of 1000 gives an infinite box, and later NaN. Limit tw and th before the exponential.",
)
def overflow(proposals, deltas):
    return _decode(proposals, deltas, _new_sizes(proposals, deltas, math.inf))


@wrong(
    "decode_boxes", "pixel-shift", "You take tx and ty as pixels. They are shares of the proposal's width and height."
)
def pixel_shift(proposals, deltas):
    half, centers = _new_sizes(proposals, deltas) / 2, center(proposals) + deltas[:, :2]
    return torch.cat([centers - half, centers + half], 1)


@wrong("decode_boxes", "weighted", "You divide by torchvision's weights (10, 10, 5, 5); ours are 1.")
def weighted(proposals, deltas):
    return _decode(proposals, deltas / deltas.new_tensor([10, 10, 5, 5]))
