"""Unit 04: what wrong versions of several functions are made of."""

import math

import torch


def decode(boxes, deltas):
    """What unit 02 wrote."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2 + deltas[:, :2] * sizes
    half = sizes * deltas[:, 2:].clamp(max=math.log(1000 / 16)).exp() / 2
    return torch.cat([centers - half, centers + half], 1)
