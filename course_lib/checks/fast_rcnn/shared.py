"""Unit 03: what several of its functions need to judge an answer and to speak of it."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.spec import Compare, Inputs, Mismatch

PIXELS = "The regions are in pixels of the image. In which unit does the map count?"


def named(compare: Compare, *names: str) -> Compare:
    """The same comparison of several values, whose messages call the parts by these names."""

    def compared(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = compare(answer, expected, inputs)
        for number, name in enumerate(names, start=1):
            if wrong and wrong.message.startswith(f"In part {number}:"):
                return replace(wrong, message=wrong.message.replace(f"In part {number}:", f"In `{name}`:", 1))
        return wrong

    return compared


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
