"""One object a crop, with its surroundings: for pretraining and for transfer."""

import numpy as np
from jaxtyping import UInt8

from course_lib.data.tinytown import families_source, families_target
from course_lib.data.tinytown.canvas import Canvas, finish
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.ground import backdrop, clutter
from course_lib.data.tinytown.shapes import Figure, bar, place
from course_lib.data.tinytown.textures import paint
from course_lib.data.tinytown.things import SLOTS

FAMILIES = {"source": families_source.FAMILIES, "target": families_target.FAMILIES}
STEP = 4  # canvas pixels to a pixel of the crop


def crop(draw: Draw, family: str, group: str, size: int) -> UInt8[np.ndarray, "3 size size"]:
    """One object of the family: 55 to 95 % of the crop, turned, mirrored, a third of them partly covered."""
    return covered_crop(draw, family, group, size)[0]


def covered_crop(draw: Draw, family: str, group: str, size: int) -> tuple[UInt8[np.ndarray, "3 size size"], float]:
    """A crop, and the share of the object that something in front of it hides."""
    canvas = Canvas(STEP * size)
    backdrop(canvas, draw, draw.uniform(-0.1, 0.6))
    length = draw.uniform(0.55, 0.95) * canvas.side
    x, y = (draw.uniform(0.42, 0.58) * canvas.side for _ in range(2))
    figure = FAMILIES[group][family](draw)
    squeeze = draw.uniform(0.82, 1.2)
    turn, mirror = draw.uniform(-0.25, 0.25), draw.chance(0.5)
    top = min(
        contour[:, 1].min()
        for part in place(figure, length, x, y, turn, mirror, squeeze).parts
        for contour in part.contours
    )
    placed = place(figure, length, x, y + (y - float(top)) / 2, turn, mirror, squeeze)
    canvas.add(placed, [paint(draw, draw.uniform(0.15, 0.5)) for _ in range(SLOTS)], draw.integer(2), 1, draw)
    hidden = cover(canvas, draw) if draw.chance(0.35) else 0.0
    return np.ascontiguousarray(finish(canvas.reduced(size), draw).transpose(2, 0, 1)), hidden


def cover(canvas: Canvas, draw: Draw) -> float:
    """Put scattered leaves or a pole in front; the share of the object (the canvas' figure 1) that changes its look."""
    before, thing = canvas.image.copy(), canvas.owner == 1
    if draw.chance(0.5):
        clutter(canvas, draw, 0.2, 4)
    else:
        pole(canvas, draw)
    return float((canvas.image != before).any(axis=2)[thing].mean())


def pole(canvas: Canvas, draw: Draw) -> None:
    """A pole from the upper to the lower edge."""
    start, end = (draw.random() * canvas.side for _ in range(2))
    strip = bar(start, 0, end, canvas.side, draw.uniform(0.03, 0.1) * canvas.side, 0)
    canvas.add(Figure([strip]), [paint(draw, 0.3)], 0, 2, draw)
