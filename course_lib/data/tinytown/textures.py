"""Grey patterns, made once a process, and the colour tables that turn them into paint.

Each number comes from sums and products in a fixed order, which every processor rounds alike, or is rounded itself.
"""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from course_lib.data.tinytown.draws import Colour, Draw, colour, companion

TILE = 512  # a pattern repeats after so many canvas pixels
EDGE = 1024  # side of the stored pattern, so that any window of TILE pixels can be cut from it
KINDS = ("noise", "blotches", "stripes", "bars", "diagonal", "checks", "dots", "bricks", "waves", "weave")
LEVELS = (8, 16, 32, 64)  # canvas pixels (4 to a pixel at 128) from one mark of a pattern to the next


STEPS = np.linspace(0, 1, 256, dtype=np.float32)[:, None, None]


class Paint(NamedTuple):
    """What covers a part: pattern ``kind`` between two colours."""

    first: Colour
    second: Colour
    kind: str

    def table(self) -> UInt8[np.ndarray, "256 1 3"]:
        """Red, green, blue for each grey of the pattern: the straight line between the colours."""
        first, second = np.float32(self.first), np.float32(self.second)
        return (first + STEPS * (second - first)).astype(np.uint8)


@functools.cache
def _noise(period: int, salt: int) -> Float[np.ndarray, "tile tile"]:
    """Smooth noise in about [0, 1] that repeats after TILE pixels. RandomState's stream is frozen by numpy."""
    cells = np.random.RandomState(1000 * salt + period).random_sample((TILE // period,) * 2).astype(np.float32)
    return _enlarged(_enlarged(cells.astype(np.float64), period).T, period).T.astype(np.float32)


def _enlarged(rows: Float[np.ndarray, "n m"], period: int) -> Float[np.ndarray, "tile m"]:
    """Each row `period` times as high, bent smoothly into the next (cubic convolution), the last into the first.

    Keys, Cubic convolution interpolation for digital image processing, IEEE ASSP 1981, with a = -3/4. For a period
    that is a power of two the weights are exact. OpenCV's resize does the same, but rounds as its processor does.
    """
    middles = (np.arange(TILE) + 0.5) / period - 0.5
    before = np.floor(middles)
    x = (middles - before)[:, None]
    first = ((-0.75 * x + 1.5) * x - 0.75) * x
    second = (1.25 * x - 2.25) * x * x + 1
    third = (1.25 * (1 - x) - 2.25) * (1 - x) * (1 - x) + 1
    at = [rows[(before.astype(int) + step) % len(rows)] for step in (-1, 0, 1, 2)]
    return ((first * at[0] + second * at[1]) + third * at[2]) + (1 - first - second - third) * at[3]


def _wave(phase: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """A soft square wave in [0, 1] with period 1. Sines differ in their last digits from machine to machine."""
    sine = np.rint(np.sin(2 * np.pi * phase.astype(np.float64)) * 2**20) / 2**20
    return np.clip(0.5 + 1.6 * sine, 0, 1).astype(np.float32)


def _distance(x: Float[np.ndarray, "..."], y: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return np.sqrt(x * x + y * y)  # unlike hypot's, a root's last digit is the same everywhere


def _marks(kind: str, period: int) -> Float[np.ndarray, "tile tile"]:
    """The bare pattern, in about [0, 1]."""
    y, x = np.mgrid[0:TILE, 0:TILE].astype(np.float32) / period
    rough, odd = _noise(period, 1), (np.floor(x) + np.floor(y)) % 2
    shifted = x / 2 + 0.5 * (np.floor(y) % 2)
    marks = {
        "noise": lambda: 0.6 * rough + 0.4 * _noise(max(period // 2, 4), 2),
        "blotches": lambda: np.clip(0.5 + 5 * (rough - 0.5), 0, 1),
        "stripes": lambda: _wave(x),
        "bars": lambda: _wave(y),
        "diagonal": lambda: _wave(x + y),
        "checks": lambda: odd,
        "dots": lambda: np.clip(4 * (0.36 - _distance(x % 1 - 0.5, y % 1 - 0.5)), 0, 1),
        "bricks": lambda: np.minimum(np.clip(5 * (y % 1) - 0.5, 0, 1), np.clip(10 * (shifted % 1) - 0.5, 0, 1)),
        "waves": lambda: _wave(y + 0.8 * _noise(period * 2, 3)),
        "weave": lambda: np.where(odd > 0, _wave(2 * x), _wave(2 * y)),
    }
    return marks[kind]()


@functools.cache
def pattern(kind: str, level: int) -> UInt8[np.ndarray, "edge edge"]:
    """Pattern ``kind`` with marks LEVELS[level] canvas pixels apart, grey 0 … 255, with grain over it."""
    grain = 0.5 * _noise(4, 4) + 0.5 * _noise(8, 5)
    grey = 0.62 * _marks(kind, LEVELS[level]) + 0.26 * grain + 0.12 * _noise(64, 6)
    tile = np.clip(255 * grey, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.tile(tile, (EDGE // TILE, EDGE // TILE)))


def paint(draw: Draw, contrast: float, kinds: tuple[str, ...] = KINDS, vivid: float = 1.0) -> Paint:
    """A random paint; its two colours differ by ``contrast`` in brightness; ``vivid`` below 1 greys them."""
    first = colour(draw, vivid)
    return Paint(first, companion(draw, first, contrast), draw.pick(kinds))
