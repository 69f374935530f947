"""The one kind of stroke of Tinytown: a filled polygon with a paint slot; figures are lists of them.

A figure is drawn on a sheet about 100 units wide, x to the right, y *up*, the ground at y = 0.
``pen`` is the width of one pixel (at 128) in the sheet's units: thin parts are drawn at least so wide.
"""

import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from course_lib.data.tinytown.draws import Number

Points = Sequence[tuple[Number, Number]]
ANGLES = np.linspace(0, 2 * math.pi, 21)[:-1]
CIRCLE = np.stack([np.cos(ANGLES), np.sin(ANGLES)], 1).astype(np.float32)  # [20, 2]


class Part(NamedTuple):
    """Contours (an inner one is a hole) and the slot of the figure's paint that fills them."""

    contours: tuple[Float[np.ndarray, "k 2"], ...]
    slot: int


def poly(points: Points, slot: int) -> Part:
    """A polygon through the points."""
    return Part((np.array(points, dtype=np.float32),), slot)


def rect(x1: Number, y1: Number, x2: Number, y2: Number, slot: int) -> Part:
    """An upright rectangle."""
    return poly([(x1, y1), (x2, y1), (x2, y2), (x1, y2)], slot)


def disk(x: Number, y: Number, radius: Number, slot: int, tall: Number = 1.0) -> Part:
    """A disk, or an ellipse that is ``tall`` times as high as wide."""
    return Part((CIRCLE * np.float32([radius, radius * tall]) + np.float32([x, y]),), slot)


def ring(x: Number, y: Number, radius: Number, width: Number, slot: int, tall: Number = 1.0) -> Part:
    """A ring whose inside is see-through."""
    outer = disk(x, y, radius, slot, tall).contours
    return Part(outer + disk(x, y, max(radius - width, 0.05 * radius), slot, tall).contours, slot)


def bar(
    x1: Number, y1: Number, x2: Number, y2: Number, width: Number, slot: int, end_width: Number | None = None
) -> Part:
    """A straight bar from one point to another, possibly tapering to ``end_width``."""
    length = math.hypot(x2 - x1, y2 - y1) or 1.0
    across_x, across_y = -(y2 - y1) / length / 2, (x2 - x1) / length / 2
    end = width if end_width is None else end_width
    return poly(
        [
            (x1 + width * across_x, y1 + width * across_y),
            (x2 + end * across_x, y2 + end * across_y),
            (x2 - end * across_x, y2 - end * across_y),
            (x1 - width * across_x, y1 - width * across_y),
        ],
        slot,
    )


def path(points: Points, width: Number, slot: int) -> list[Part]:
    """Bars through the points one after another, with round corners."""
    bars = [bar(*first, *second, width, slot) for first, second in itertools.pairwise(points)]
    return bars + [disk(x, y, width / 2, slot) for x, y in points[1:-1]]


def blob(x: Number, y: Number, radii: Sequence[Number], slot: int, tall: Number = 1.0) -> Part:
    """A round outline whose radius goes through ``radii`` on its way around."""
    step = 2 * math.pi / len(radii)
    corners = [
        (x + radius * math.cos(step * k), y + tall * radius * math.sin(step * k)) for k, radius in enumerate(radii)
    ]
    return poly(corners, slot)


class Figure(NamedTuple):
    """Parts from back to front, and points that move with them (a person's joints; else empty)."""

    parts: list[Part]
    points: Float[np.ndarray, "j 2"] = np.zeros((0, 2), np.float32)


def place(
    figure: Figure,
    size: Number,
    x: Number,
    base: Number,
    turn: Number = 0.0,
    mirror: bool = False,
    squeeze: Number = 1.0,
) -> Figure:
    """The figure in canvas units: its box's longer side is ``size``, centred on ``x``, standing on ``base`` (y down).

    ``turn`` is in radians; ``mirror`` swaps left and right before it; ``squeeze`` scales the width.
    """
    contours = [contour for part in figure.parts for contour in part.contours]
    points = np.concatenate([*contours, figure.points])
    cos, sin = math.cos(turn), math.sin(turn)
    flip = -squeeze if mirror else squeeze
    across, up = points.T  # no matrix product: processors round those differently
    points = np.stack(
        [
            across * np.float32(flip * cos) - up * np.float32(sin),
            across * np.float32(-flip * sin) - up * np.float32(cos),
        ],
        axis=1,
    )
    outline = points[: len(points) - len(figure.points)]
    low, high = outline.min(0), outline.max(0)
    scale = size / max(high - low)
    points = (points - np.float32([(low[0] + high[0]) / 2, high[1]])) * scale + np.float32([x, base])
    parts, start = [], 0
    for part in figure.parts:
        moved = []
        for contour in part.contours:
            moved.append(points[start : start + len(contour)])
            start += len(contour)
        parts.append(Part(tuple(moved), part.slot))
    return Figure(parts, points[start:])
