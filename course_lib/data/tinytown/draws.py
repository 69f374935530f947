"""Random draws that stay the same for ever: on every machine, for every numpy, in any order of calls.

Only ``random.Random.random()`` is used, seeded by a string: Python promises both to stay as they are
(https://docs.python.org/3/library/random.html#notes-on-reproducibility), which numpy's Generator does not.
"""

import colorsys
import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
Number = int | float


class Draw:
    """A stream of draws named by a text such as ``"scene/train/7"``; equal names give equal streams."""

    def __init__(self, name: str):
        self.random = random.Random(name).random

    def uniform(self, low: Number, high: Number) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.random()

    def log_uniform(self, low: Number, high: Number) -> float:
        """A number in [low, high) whose logarithm is uniform: each octave is as frequent."""
        return low * math.exp(math.log(high / low) * self.random())

    def integer(self, count: int) -> int:
        """One of 0 … count-1."""
        return int(self.random() * count)

    def chance(self, share: Number) -> bool:
        """True in this share of calls."""
        return self.random() < share

    def sign(self) -> float:
        """-1.0 or 1.0."""
        return 1.0 if self.random() < 0.5 else -1.0

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, all equally likely."""
        return items[int(self.random() * len(items))]

    def weighted(self, items: Sequence[T], weights: Sequence[int]) -> T:
        """One of the items, in proportion to the weights."""
        left = self.random() * sum(weights)
        for item, weight in zip(items, weights, strict=True):
            left -= weight
            if left < 0:
                return item
        return items[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All items in a random order (Fisher and Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.integer(last + 1)
            result[last], result[other] = result[other], result[last]
        return result


Colour = tuple[float, float, float]


def colour(draw: Draw, vivid: Number = 1.0) -> Colour:
    """Red, green, blue in [0, 255]: one distribution for every part of every class, so colour tells nothing.

    ``vivid`` scales the saturation; sky and ground are a little greyer than things.
    """
    red, green, blue = colorsys.hsv_to_rgb(draw.random(), vivid * draw.uniform(0.1, 0.75), draw.uniform(0.35, 0.97))
    return 255 * red, 255 * green, 255 * blue


def companion(draw: Draw, base: Colour, contrast: Number) -> Colour:
    """A second colour for the pattern on ``base``: lighter or darker by ``contrast``, a little turned in hue."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(channel / 255 for channel in base))
    value += contrast if value < 0.55 else -contrast
    hue = (hue + draw.uniform(-0.12, 0.12)) % 1
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, min(max(value, 0.05), 1.0))
    return 255 * red, 255 * green, 255 * blue
