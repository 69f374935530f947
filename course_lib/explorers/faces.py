"""Explorers of unit 07: one triplet on the unit circle, a threshold on distances, and embeddings as a map.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
controls beside it. Distances are squared Euclidean ones, as in FaceNet.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.embedding_map import FaceMap, draw_map, face_map
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.verification import PairChart, draw_threshold, pair_chart
from course_lib.plots import BLACK, BLUE, ORANGE, PURPLE, SKY, VERMILLION, Picture, white

SIDE, RADIUS = 380, 150  # pixels: of the circle's pane, of the circle
RATE = 0.05  # of a step of gradient descent
ZONES = {"hard": PURPLE, "semi-hard": ORANGE, "easy": SKY}


class Triplet(NamedTuple):
    """Three embeddings: the anchor and the positive show one person, the negative another one."""

    anchor: Float[np.ndarray, "d"]
    positive: Float[np.ndarray, "d"]
    negative: Float[np.ndarray, "d"]

    @property
    def distances(self) -> tuple[float, float]:
        """Squared Euclidean, from the anchor: to the positive, to the negative."""
        return _squared(self.anchor, self.positive), _squared(self.anchor, self.negative)

    def loss(self, margin: float) -> float:
        """FaceNet's equation 2 for one triplet."""
        near, far = self.distances
        return max(0.0, near - far + margin)

    def descent(self, margin: float) -> "Triplet":
        """Minus the gradient of the loss at each of the three; zeros where the triplet is not active."""
        active = float(self.loss(margin) > 0)
        a, p, n = self
        return Triplet(2 * active * (p - n), 2 * active * (a - p), 2 * active * (n - a))

    def stepped(self, margin: float, steps: int) -> "Triplet":
        """After so many steps of gradient descent, each of which ends on the unit sphere again."""
        now = self
        for _ in range(steps):
            moved = [point + RATE * way for point, way in zip(now, now.descent(margin), strict=True)]
            now = Triplet(*(point / np.linalg.norm(point) for point in moved))
        return now


def _squared(x: Float[np.ndarray, "d"], y: Float[np.ndarray, "d"]) -> float:
    return float(np.square(x - y).sum())


def kind_of(near: float, far: float, margin: float) -> str:
    """What a negative is by its squared distance `far`, if the positive's is `near`: hard, semi-hard or easy."""
    if far <= near:
        return "hard"
    return "semi-hard" if far < near + margin else "easy"


def on_circle(*degrees: float) -> Triplet:
    """A triplet on the unit circle: the angles of anchor, positive and negative, against the clock from the right."""
    return Triplet(*(np.array([np.cos(angle), np.sin(angle)]) for angle in np.deg2rad(degrees)))


def draw_triplet(anchor: float, positive: float, negative: float, margin: float, steps: int) -> tuple[Picture, str]:
    """A triplet on the unit circle after some steps, which way each point is moved, and both distances on a line.

    Args:
        anchor, positive, negative: angles in degrees before the first step.
    """
    triplet = on_circle(anchor, positive, negative).stepped(margin, steps)
    near, far = triplet.distances
    kind, loss = kind_of(near, far, margin), triplet.loss(margin)
    words = (
        f"d²(A, P) = {near:.2f}, d²(A, N) = {far:.2f}, margin {margin:.2f}: the negative is <b>{kind}</b><br>"
        f"loss max(0, {near:.2f} − {far:.2f} + {margin:.2f}) = <b>{loss:.2f}</b>"
    )
    return np.hstack([_circle(triplet, margin), white(SIDE, 12), _line(near, far, margin)]), words


def _circle(triplet: Triplet, margin: float) -> Picture:
    """The circle in the colours of the three zones, the points, and an arrow along the circle for each that moves."""
    canvas = Canvas(white(SIDE, SIDE))
    near, _ = triplet.distances
    angles = np.deg2rad(np.arange(0, 361, 2))
    points = [np.array([np.cos(angle), np.sin(angle)]) for angle in angles]
    for start, end in zip(points, points[1:], strict=False):
        zone = kind_of(near, _squared(triplet.anchor, (start + end) / 2), margin)
        canvas.line(_place(start), _place(end), ZONES[zone], width=9)
    colors = dict(zip("APN", (BLACK, BLUE, VERMILLION), strict=True))
    for name, point, way in zip("APN", triplet, triplet.descent(margin), strict=True):
        along = way - (way @ point) * point  # what is left of it on the sphere
        _arrow(canvas, _place(point), _place(point + 0.25 * along), colors[name])
    for name, point in zip("APN", triplet, strict=True):
        canvas.dot(*_place(point), colors[name], radius=9)
        canvas.number(*_place(1.17 * point), name, colors[name], 20)
    return canvas.picture


def _place(point: Float[np.ndarray, "2"]) -> tuple[float, float]:
    """Pixels (x, y) of a point of the plane."""
    return SIDE / 2 + RADIUS * float(point[0]), SIDE / 2 - RADIUS * float(point[1])


def _arrow(canvas: Canvas, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    """A straight arrow; none where it would be shorter than 3 pixels."""
    way = np.subtract(end, start)
    length = float(np.linalg.norm(way))
    if length < 3:
        return
    ahead = min(10, length / 2) * way / length
    beside = 0.6 * np.array([-ahead[1], ahead[0]])
    canvas.line(start, end, color, width=4)
    for side in (-1, 1):
        canvas.line(tuple(np.array(end) - ahead + side * beside), end, color, width=4)


def _line(near: float, far: float, margin: float) -> Picture:
    """The squared distance from the anchor, from 0 to 4, in its zones, with the positive and the negative on it."""
    canvas = Canvas(white(SIDE, SIDE))
    left, step, middle = 20, 85, SIDE / 2  # pixels: of distance 0, per 1, of the line's row
    cuts = [0.0, near, min(4.0, near + margin), 4.0]
    for color, start, end in zip(ZONES.values(), cuts, cuts[1:], strict=False):
        if end > start:
            canvas.line((left + step * start, middle), (left + step * end, middle), color, width=16)
    for i, (name, color) in enumerate(ZONES.items()):
        canvas.text(left, middle + 76 + 26 * i, f"{name} negatives", color, size=14, anchor="lt")
    for distance in range(5):
        canvas.number(left + step * distance, middle + 24, str(distance), BLACK, 14)
    canvas.number(left + 2 * step, middle + 50, "squared distance from A", BLACK, 15)
    for name, distance, color, up in (("N", far, VERMILLION, 62), ("P", near, BLUE, 30)):
        x = left + step * distance
        canvas.line((x, middle - up), (x, middle + 8), color, width=3)
        canvas.text(x, middle - up, f"{name} {distance:.2f}", color, size=15, anchor="mb")
    return canvas.picture


def triplet_explorer():
    """Three angles, a margin and steps of gradient descent → the triplet loss of one triplet."""
    controls = {
        "anchor": slider("anchor, degrees", 90, -180, 175, 5),
        "positive": slider("positive, degrees", 30, -175, 180, 5),
        "negative": slider("negative, degrees", 155, -175, 180, 5),
        "margin": slider("margin", 0.2, 0.05, 1.0, 0.05),
        "steps": slider("steps of descent", 0, 0, 40, 1),
    }
    return panel(draw_triplet, controls)


def threshold_explorer(pairs: Mapping[str, tuple[Float[Tensor, " s"], Float[Tensor, " d"]]]):
    """Whose distances and a threshold → the shares of right and false acceptances, on histograms and on the ROC.

    Args:
        pairs: name → squared distances of pairs of one person, and of pairs of two; on the unit sphere, from 0 to 4.
    """
    import ipywidgets

    charts: dict[str, PairChart] = {name: pair_chart(*distances) for name, distances in pairs.items()}

    def draw(name: str, threshold: float) -> tuple[Picture, str]:
        return draw_threshold(charts[name], threshold)

    controls = {
        "name": ipywidgets.Dropdown(options=list(pairs), description="distances by"),
        "threshold": slider("threshold on d²", 1.0, 0.0, 3.0, 0.02),
    }
    return panel(draw, controls)


def embedding_explorer(
    images: UInt8[Tensor, "n 3 h w"],
    identities: Int[Tensor, " n"] | Sequence[int],
    spaces: Mapping[str, Float[Tensor, "n _"]],
):
    """A face, a space and a projection → where it lies among all faces, and which are its nearest.

    Args:
        identities: at most ten different ones.
        spaces: name → vectors of all faces.
    """
    import ipywidgets

    maps: dict[tuple[str, str], FaceMap] = {
        (name, method): face_map(vectors, identities, method)
        for name, vectors in spaces.items()
        for method in ("PCA", "t-SNE")
    }

    def draw(face: int, space: str, method: str) -> tuple[Picture, str]:
        return draw_map(images, maps[space, method], face - 1)

    controls = {
        "face": slider("face", 1, 1, len(images), 1),
        "space": ipywidgets.Dropdown(options=list(spaces), description="distances by"),
        "method": ipywidgets.Dropdown(options=("PCA", "t-SNE"), description="drawn by"),
    }
    return panel(draw, controls)
