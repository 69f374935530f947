"""Unit 03: what several of its functions need to judge an answer and to speak of it."""

from dataclasses import dataclass

import torch
from torch import Tensor

PIXELS = "The regions are in pixels of the image. In which unit does the map count?"


@dataclass(frozen=True)
class Guess:
    """A region that gives the student's numbers.

    Attributes:
        words: how it differs from the right one.
        kind: "rounding", "end", "scale", "half a cell", "points", "align_corners" or "least".
        first, last: its corners (x, y): whole cells, both inclusive, for pooling; places between the middles of the
            cells for aligning.
        ratio: points along a side of each bin, for aligning.
    """

    words: str
    kind: str
    first: Tensor
    last: Tensor
    ratio: int = 0


def same(found: Tensor, answer: Tensor) -> bool:
    """Whether a guess gives the student's numbers."""
    return found.shape == answer.shape and torch.allclose(found.double(), answer.double(), 1e-3, 1e-4)
