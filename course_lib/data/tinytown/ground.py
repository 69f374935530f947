"""Sky, ground, road and clutter: textured like the objects, so that smoothness tells nothing."""

from course_lib.data.tinytown.canvas import Canvas
from course_lib.data.tinytown.draws import Draw, colour
from course_lib.data.tinytown.shapes import Figure, Part, blob, poly
from course_lib.data.tinytown.textures import KINDS, paint

AIR = ("noise", "blotches", "waves", "bars")
MUTED = 0.6  # saturation of sky and ground beside that of things
NEARER = ((0.0, 0.25), (0.25, 0.6), (0.6, 1.0))  # bands of the ground, from the horizon (0) to our feet (1)


def backdrop(canvas: Canvas, draw: Draw, horizon: float) -> None:
    """Paint sky, hills, ground in three bands (its pattern grows towards us), a road and some clutter."""
    side = canvas.side
    _cover(canvas, draw, _band(canvas, 0.0, horizon + 0.01), draw.uniform(0.1, 0.25), 3, AIR)
    for _ in range(draw.integer(3)):
        radii = [draw.uniform(0.08, 0.2) * side for _ in range(9)]
        _cover(canvas, draw, blob(draw.random() * side, horizon * side, radii, 0, 0.8), 0.25, 1)
    earth = paint(draw, draw.uniform(0.2, 0.45), KINDS, MUTED)
    for level, (top, bottom) in enumerate(NEARER):
        band = _band(canvas, horizon + (1 - horizon) * top, horizon + (1 - horizon) * bottom)
        canvas.add(Figure([band]), [earth], level, 0, draw)
    if draw.chance(0.6):
        far, near, width = draw.random() * side, draw.uniform(-0.3, 1.3) * side, draw.uniform(0.2, 0.5) * side
        road = [(far, horizon * side), (far + 0.1 * width, horizon * side), (near + width, side), (near, side)]
        _cover(canvas, draw, poly(road, 0), draw.uniform(0.2, 0.4), 1)
    clutter(canvas, draw, horizon, 4 + draw.integer(10))


def clutter(canvas: Canvas, draw: Draw, horizon: float, count: int) -> None:
    """Stones, leaves and puddles on the ground: shapes of no class."""
    side = canvas.side
    for _ in range(count):
        low = draw.random()
        size = (0.01 + 0.05 * low * draw.random()) * side
        radii = [draw.uniform(0.5, 1.0) * size for _ in range(7)]
        y = (horizon + (1 - horizon) * low) * side
        canvas.speck(blob(draw.random() * side, y, radii, 0, 0.5), colour(draw))


def _cover(canvas: Canvas, draw: Draw, part: Part, contrast: float, level: int, kinds: tuple[str, ...] = KINDS) -> None:
    canvas.add(Figure([part]), [paint(draw, contrast, kinds, MUTED)], level, 0, draw)


def _band(canvas: Canvas, top: float, bottom: float) -> Part:
    """A rectangle over the whole width; heights are shares of the canvas."""
    low, high = max(top, 0) * canvas.side, bottom * canvas.side
    return poly([(0, low), (canvas.side, low), (canvas.side, high), (0, high)], 0)
