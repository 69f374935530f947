"""Unit 02: what several of its functions are asked about, and the picture that their boxes are drawn on."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import floats


def boxes(rng: Generator, count: int, side: float = 60.0) -> Tensor:
    """Boxes of unequal width and height around the middle of a picture, so that most overlap. [count, 4]"""
    centers = rng.uniform(0.35, 0.65, (count, 2)) * side
    halves = rng.uniform(0.08, 0.35, (count, 2)) * side
    return floats(np.concatenate([centers - halves, centers + halves], axis=1))


def covering(rng: Generator, count: int, side: float = 60.0) -> Tensor:
    """Boxes of unequal width and height that all hold the middle of a picture, so that any two overlap. [count, 4]"""
    centers, halves = rng.uniform(0.42, 0.58, (count, 2)) * side, rng.uniform(0.2, 0.42, (count, 2)) * side
    return floats(np.concatenate([centers - halves, centers + halves], axis=1))


def canvas(*groups: Tensor) -> Tensor:
    """A white image that holds all these boxes."""
    corner = torch.cat([group.reshape(-1, 4)[:, 2:] for group in groups]).nan_to_num(0, 0, 0).clamp(8, 400).amax(0)
    width, height = (corner * 1.15).int().tolist()
    return torch.full((3, height, width), 255, dtype=torch.uint8)
