"""A face in a take: drawn large over a patterned ground, reduced, and lit."""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, UInt8

from course_lib.data.tinyfaces.head import Head
from course_lib.data.tinyfaces.patches import FACE, TIP, Patch, View
from course_lib.data.tinyfaces.people import Traits
from course_lib.data.tinyfaces.takes import Take, take
from course_lib.data.tinytown.canvas import finish
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.textures import EDGE, KINDS, TILE, paint, pattern

SIZE, STEP = 64, 4  # of the picture; canvas pixels to one of its pixels
NOISE = 0.02  # of a landmark in x and in y: its standard deviation as a share of the head's height
LAYERS = np.array([FACE, FACE, TIP, FACE, FACE])  # of the landmarks
BITS = 3  # of a canvas pixel's fraction, for OpenCV


class Face(NamedTuple):
    """A picture, landmarks in its pixels as somebody marked them, the places where they really are, and the take."""

    image: UInt8[np.ndarray, "3 64 64"]
    landmarks: Float32[np.ndarray, "5 2"]
    places: Float32[np.ndarray, "5 2"]
    take: Take


def face(who: Traits, draw: Draw) -> Face:
    """A picture of an identity; equal draws give two identities the same nuisance, to the last grain."""
    how = take(draw)
    head = Head(who, how)
    image, view = painted(head, ground(draw))
    places = view.seen(head.landmarks(), LAYERS)
    shifts = np.float32([[marked(draw) for _ in range(2)] for _ in range(5)])
    landmarks = places + np.float32(NOISE * 2 * how.scale) * shifts
    return Face(np.ascontiguousarray(finish(image, draw).transpose(2, 0, 1)), landmarks, places, how)


def painted(head: Head, canvas: UInt8[np.ndarray, "256 256 3"]) -> tuple[UInt8[np.ndarray, "64 64 3"], View]:
    """A head before this ground and in its light, without the camera's grain; and how it stands before the camera."""
    how = head.take
    view = View(head.width, how.yaw, how.nod, how.roll, how.scale, how.x, how.y)
    stroke(canvas, head.patches(), view)
    return lit(reduced(canvas), how), view


def marked(draw: Draw) -> float:
    """About normal, with standard deviation 1: of three uniform draws."""
    return 2 * (draw.random() + draw.random() + draw.random()) - 3


def ground(draw: Draw) -> UInt8[np.ndarray, "256 256 3"]:
    """What is behind the person."""
    import cv2

    side = STEP * SIZE
    cover, level = paint(draw, draw.uniform(0.1, 0.4)), 1 + draw.integer(3)
    kind = cover.kind if cover.kind in KINDS else KINDS[0]
    x, y = (draw.integer(min(TILE, EDGE - side)) for _ in range(2))
    return cv2.applyColorMap(np.ascontiguousarray(pattern(kind, level)[y : y + side, x : x + side]), cover.table())


def stroke(canvas: UInt8[np.ndarray, "256 256 3"], patches: list[Patch], view: View) -> None:
    """Paint the patches, one over the other."""
    import cv2

    counts = [len(patch.points) for patch in patches]
    layers = np.repeat(np.array([patch.layer for patch in patches]), counts)
    seen = view.seen(np.concatenate([patch.points for patch in patches]), layers)
    corners = np.rint(seen * np.float32(STEP << BITS)).astype(np.int32)
    start = 0
    for patch, count in zip(patches, counts, strict=True):
        points, start = corners[start : start + count], start + count
        colour = tuple(round(part) for part in patch.colour)
        if patch.line:
            width = max(2, round(patch.line * view.scale * STEP))
            cv2.polylines(canvas, [points], False, colour, width, shift=BITS)
        else:
            cv2.fillPoly(canvas, [points], colour, shift=BITS)


def reduced(canvas: UInt8[np.ndarray, "256 256 3"]) -> UInt8[np.ndarray, "64 64 3"]:
    """Means of the squares of canvas pixels."""
    import cv2

    return cv2.resize(canvas, (SIZE, SIZE), interpolation=cv2.INTER_AREA)


AXIS = np.arange(SIZE, dtype=np.float32) + np.float32(0.5)


def lit(image: UInt8[np.ndarray, "64 64 3"], how: Take) -> UInt8[np.ndarray, "64 64 3"]:
    """The picture in light from one side: the head is round, what lies around it is as bright as its edge there."""
    across, down = ((AXIS - np.float32(place)) / np.float32(how.scale) for place in (how.x, how.y))
    squared = across[None] ** 2 + down[:, None] ** 2
    inside = np.minimum(squared, np.float32(1))
    shrink = np.sqrt(inside / np.maximum(squared, np.float32(1e-6)))
    light_x, light_y = how.light
    ahead = math.sqrt(1 - light_x**2 - light_y**2)
    toward = (np.float32(light_x) * across[None] + np.float32(light_y) * down[:, None]) * shrink
    toward = np.maximum(toward + np.float32(ahead) * np.sqrt(1 - inside), 0)
    strength = np.float32(1 - how.shadow) + np.float32(1.25 * how.shadow) * toward
    return np.clip(image * strength[..., None] * np.float32(how.exposure), 0, 255).astype(np.uint8)
