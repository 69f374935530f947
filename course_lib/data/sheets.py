"""Digits somewhere on a blotted sheet: what no table of known digits answers, and a network that learned to look does.

A sheet is larger than the digit, which stands anywhere on it, turned and stretched a little. The paper is uneven, and a
stroke that belongs to no digit lies on it. To whoever compares pixel by pixel, two sheets with the same digit are no
more alike than any two: the five nearest of 120,000 sheets name half of the digits, each known digit moved over the
whole sheet as a matched filter two thirds, and `DeepNet` 85 in 100.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float32, Float64
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample, interpolate

SIDE, DIGIT = 12, 8  # pixels of a sheet and of a digit
TURN, STRETCH = math.radians(12), 0.12  # a digit is turned by up to this angle, stretched by up to this share
PAPER, GRAIN = 0.4, 0.04  # range of the paper's brightness, standard deviation of the noise
INK = 0.5, 0.8  # its least and its most contrast
Numbers = Callable[..., Tensor]  # numbers(*shape): float64, uniform in [0, 1)


def chance(seed: int) -> Numbers:
    """Numbers that are the same for the same seed."""
    rng = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.rand(*shape, generator=rng, dtype=torch.float64)


def sheets(digits: Float32[Tensor, "n 1 8 8"], numbers: Numbers) -> Float32[Tensor, "n 1 12 12"]:
    """A sheet for each digit, 0 … 1. All chance comes from `numbers`.

    Computed in double precision and then rounded to steps of 1/256, so that every processor draws the same images.
    """
    count = len(digits)
    uneven = interpolate(numbers(count, 1, 3, 3), (SIDE, SIDE), mode="bilinear")
    blot = _contrast(count, numbers) * (2 * (numbers(count, 1, 1, 1) < 0.5).double() - 1) * _stroke(count, numbers)
    grain = math.sqrt(3) * GRAIN * (numbers(count, 4, SIDE, SIDE).sum(dim=1, keepdim=True) - 2)
    paper = 0.5 + PAPER * (uneven - 0.5) + blot + grain
    sheet = paper + _contrast(count, numbers) * _placed(digits.double(), numbers)
    return ((sheet.clamp(0, 1) * 256).round() / 256).float()


def _contrast(count: int, numbers: Numbers) -> Float64[Tensor, "n 1 1 1"]:
    low, high = INK
    return low + (high - low) * numbers(count, 1, 1, 1)


def _placed(digits: Float64[Tensor, "n 1 8 8"], numbers: Numbers) -> Float64[Tensor, "n 1 s s"]:
    """The digits turned, stretched, and put anywhere on their sheets."""
    count = len(digits)
    angle = TURN * (2 * numbers(count) - 1)
    scale = SIDE / DIGIT / (1 + STRETCH * (2 * numbers(count, 2) - 1))
    centre = (1 - DIGIT / SIDE) * (2 * numbers(count, 2, 1) - 1)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], dim=1).view(-1, 2, 2) * scale[:, None]
    shift = -(turn * centre.transpose(1, 2)).sum(dim=2, keepdim=True)
    grid = affine_grid(torch.cat([turn, shift], dim=2), [count, 1, SIDE, SIDE], align_corners=False)
    return grid_sample(digits, grid, align_corners=False)


def _stroke(count: int, numbers: Numbers) -> Float64[Tensor, "n 1 s s"]:
    """A stroke of 3 to 7 pixels, anywhere, in any direction."""
    steps = torch.arange(SIDE, dtype=torch.float64)
    angle, half = math.pi * numbers(count, 1, 1, 1), 1.5 + 2 * numbers(count, 1, 1, 1)
    x, y = steps - SIDE * numbers(count, 1, 1, 1), steps[:, None] - SIDE * numbers(count, 1, 1, 1)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    return (1.4 - torch.hypot((along.abs() - half).clamp(min=0), across)).clamp(0, 1)
