"""Grey patterns, made once a process, and the colour tables that turn them into paint."""

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
    import cv2

    cells = np.random.RandomState(1000 * salt + period).random_sample((TILE // period,) * 2).astype(np.float32)
    wrapped = np.pad(cells, 2, mode="wrap")
    smooth = cv2.resize(wrapped, None, fx=period, fy=period, interpolation=cv2.INTER_CUBIC)
    return smooth[2 * period : 2 * period + TILE, 2 * period : 2 * period + TILE]


def _wave(phase: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """A soft square wave in [0, 1] with period 1."""
    return np.clip(0.5 + 1.6 * np.sin(2 * np.pi * phase), 0, 1)


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
        "dots": lambda: np.clip(4 * (0.36 - np.hypot(x % 1 - 0.5, y % 1 - 0.5)), 0, 1),
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
