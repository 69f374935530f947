"""The strokes of a face: filled outlines and lines on the head, and how the head's turn moves them.

A head is 2 units high, from the crown (y = -1) to the chin (y = 1); x points to the image's right, y down, and z
towards us. What lies on the face has the depth of a rounded front, so that a turn moves the nose further than the
ears.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Int

from course_lib.data.tinytown.draws import Colour, Number
from course_lib.data.tinytown.shapes import CIRCLE

DEPTH = 0.62  # of the face in front of the middle of the head
FACE, TIP, RIM, BACK, BODY = range(5)  # where a patch lies: face, nose and glasses, outline, behind the head, below it
AHEAD = np.float32([0.0, 0.16, 0.0, -0.25, -0.3])  # what each of them adds to the depth
FRONT = np.float32([DEPTH, DEPTH, 0.0, 0.0, 0.0])  # how much of the rounded front it has
TURNS = np.float32([1.0, 1.0, 0.35, 0.35, 0.0])  # how much narrower a turn makes it
ROWS = np.linspace(-1, 1, 9, dtype=np.float32)


class Patch(NamedTuple):
    """An outline that is filled, or a line of some width; in units of the head."""

    points: Float32[np.ndarray, "k 2"]
    colour: Colour
    layer: int = FACE
    line: float = 0.0  # its width; 0: filled


def oval(x: Number, y: Number, wide: Number, high: Number, tilt: Number = 0.0) -> Float32[np.ndarray, "20 2"]:
    """An ellipse with these half axes, turned by `tilt` radians, clockwise."""
    cos, sin = math.cos(tilt), math.sin(tilt)
    across, down = CIRCLE.T * np.float32([[wide], [high]])
    return np.stack([x + across * cos - down * sin, y + across * sin + down * cos], axis=1).astype(np.float32)


def outline(points: list[tuple[Number, Number]]) -> Float32[np.ndarray, "k 2"]:
    """The corners as an array."""
    return np.array(points, np.float32)


def between(
    x: Number, half: Number, upper: Float32[np.ndarray, "9"], lower: Float32[np.ndarray, "9"]
) -> Float32[np.ndarray, "18 2"]:
    """The area between two curves over `ROWS`, which span from x - half to x + half."""
    across = x + half * ROWS
    curve = np.stack([across, upper], axis=1), np.stack([across, lower], axis=1)[::-1]
    return np.concatenate(curve).astype(np.float32)


class View(NamedTuple):
    """How a head stands before the camera: `width` is its half width in units; the rest as a Take has it."""

    width: float
    yaw: float
    nod: float
    roll: float
    scale: float
    x: float
    y: float

    def seen(self, points: Float32[np.ndarray, "k 2"], layers: Int[np.ndarray, "k"]) -> Float32[np.ndarray, "k 2"]:
        """Where points of the head fall in the picture."""
        x, y = points.T
        left = 1 - 0.75 * (x / np.float32(self.width)) ** 2 - 0.35 * y * y
        z = FRONT[layers] * np.sqrt(np.maximum(left, 0)) + AHEAD[layers]
        narrow = 1 - (1 - math.cos(self.yaw)) * TURNS[layers]
        across = x * narrow + z * np.float32(math.sin(self.yaw))
        down = y + z * np.float32(math.sin(self.nod))
        cos, sin = np.float32(self.scale * math.cos(self.roll)), np.float32(self.scale * math.sin(self.roll))
        placed = [across * cos - down * sin + np.float32(self.x), across * sin + down * cos + np.float32(self.y)]
        return np.stack(placed, axis=1)
