"""Unit 00: numbers that several of its functions are asked about; sizes are unequal everywhere."""

import torch
from numpy.random import Generator
from torch import Tensor


def maps(rng: Generator, *shape: int) -> Tensor:
    """Whole numbers, no two equal, a third of them negative: exact on every processor and easy to follow by hand."""
    count = int(torch.Size(shape).numel())
    return torch.as_tensor(rng.permutation(count) - count // 3, dtype=torch.float32).reshape(shape)
