"""Numbers that are drawn: as float32, in few binary digits, or again and again until they are clear."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.spec import Inputs


def floats(values: Any) -> Tensor:
    """Any numbers as a float32 tensor."""
    return torch.as_tensor(values, dtype=torch.float32)


def rounded(values: Any, steps: int = 1024) -> Tensor:
    """Computed numbers as multiples of 1 / steps, float32: with a power of two they are the same on every processor."""
    return floats(np.round(np.asarray(values, dtype=float) * steps) / steps)


def until(make: Callable[[Generator], Inputs], fits: Callable[[Inputs], bool]) -> Callable[[Generator], Inputs]:
    """Draws until the inputs fit: nothing lies near a boundary, say, or every step matters to the answer."""

    def draw(rng: Generator) -> Inputs:
        inputs = make(rng)
        while not fits(inputs):
            inputs = make(rng)
        return inputs

    return draw
