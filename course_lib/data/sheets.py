"""Digits somewhere on a blotted sheet: what no table of known digits answers, and a network that learned to look does.

A sheet is larger than the digit, which stands anywhere on it, turned and stretched a little, lighter or darker than the
paper. The paper is uneven, and strokes that belong to no digit lie on it.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

SIDE = 14  # pixels of a sheet; a digit has 8
TURN, STRETCH = 12.0, 0.12  # a digit is turned by up to so many degrees, stretched by up to this share
FIELD, INK, GRAIN = 0.5, (0.35, 0.65), 0.04  # range of the paper, contrast of ink, deviation of the noise
STROKES = 3
LIGHT = 0.5
Numbers = Callable[..., Tensor]  # numbers(*shape): uniform in [0, 1)


def sheets(digits: Float[Tensor, "n 1 8 8"], numbers: Numbers) -> Float[Tensor, "n 1 s s"]:
    """One sheet for each digit, 0 … 1 in steps of 1/256, so that every processor draws the same.

    `numbers` decides all chance.
    """
    count = len(digits)
    paper = 0.5 + FIELD * (interpolate(numbers(count, 1, 3, 3), (SIDE, SIDE), mode="bilinear") - 0.5)
    for _ in range(STROKES):
        paper = paper + _signed(numbers, count) * _strokes(numbers, count)
    ink = _signed(numbers, count) * _placed(digits.double(), numbers)
    grain = GRAIN * (numbers(count, 4, SIDE, SIDE).sum(1, keepdim=True) - 2) * 3**0.5
    return ((paper + ink + grain).clamp(0, 1) * 256).round().div(256).float()


def _signed(numbers: Numbers, count: int) -> Tensor:
    """The contrast of each ink, dark or light: [n, 1, 1, 1]."""
    low, high = INK
    return (low + (high - low) * numbers(count, 1, 1, 1)) * (numbers(count, 1, 1, 1) >= LIGHT).double().mul(2).sub(1)


def _placed(digits: Tensor, numbers: Numbers) -> Tensor:
    """The digits turned, stretched, and put anywhere on their sheets."""
    count = len(digits)
    angle = (2 * numbers(count) - 1) * torch.pi * TURN / 180
    scale = SIDE / 8 / (1 + (2 * numbers(count, 2) - 1) * STRETCH)
    free = (SIDE - 8) / SIDE
    shift = (2 * numbers(count, 2) - 1) * free
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2) * scale[:, None]
    moved = -(turn @ shift[:, :, None])
    grid = affine_grid(torch.cat([turn, moved], dim=2), [count, 1, SIDE, SIDE], align_corners=False)
    return grid_sample(digits, grid, align_corners=False)


def _strokes(numbers: Numbers, count: int) -> Tensor:
    """A short stroke on each sheet: [n, 1, s, s]."""
    steps = torch.arange(SIDE, dtype=torch.float64)
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    angle, half = numbers(count, 1, 1, 1) * torch.pi, 1.5 + 2 * numbers(count, 1, 1, 1)
    dx, dy = x - SIDE * numbers(count, 1, 1, 1), y - SIDE * numbers(count, 1, 1, 1)
    along, across = dx * angle.cos() + dy * angle.sin(), dy * angle.cos() - dx * angle.sin()
    far = torch.hypot((along.abs() - half).clamp(min=0), across)
    return (1.4 - far).clamp(0, 1)
