"""Numbers of layers: weights, a batch norm that has seen images, and what goes into them; coarse in binary digits."""

import math

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import rounded


def numbers(rng: Generator, *shape: int) -> Tensor:
    """Coarse normal numbers."""
    return rounded(rng.normal(size=shape), 256)


def weights(rng: Generator, *shape: int) -> Tensor:
    """Coarse normal numbers, divided by the root of how many of them go into one output."""
    return rounded(rng.normal(size=shape) / math.prod(shape[1:]) ** 0.5, 256)


def distinct(rng: Generator, *shape: int) -> Tensor:
    """Numbers from -2 to 2, no two equal: the largest of a window is one alone."""
    count = math.prod(shape)
    return rounded(4 * (rng.permutation(count) + 0.5) / max(count, 1) - 2, 1024).reshape(shape)


def between(rng: Generator, low: float, high: float, shape: tuple[int, ...] | int) -> Tensor:
    """Coarse numbers from `low` to `high`."""
    return rounded(rng.uniform(low, high, shape), 256)


def batch_norm(rng: Generator, name: str, channels: int) -> dict[str, Tensor]:
    """A batch norm that has seen images: nothing in it is 0 or 1, and it shifts a map less than the map varies."""
    scale, variance = between(rng, 0.75, 2, channels), between(rng, 0.5, 2, channels)
    shift, mean = (between(rng, 0.125, 0.5, channels) * coin(rng, channels) for _ in range(2))
    keys = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    values = (scale, shift, mean, variance, torch.tensor(5))
    return {f"{name}.{key}": value for key, value in zip(keys, values, strict=True)}


def coin(rng: Generator, count: int) -> Tensor:
    """1 or -1."""
    return torch.as_tensor(rng.integers(0, 2, count)).float() * 2 - 1
