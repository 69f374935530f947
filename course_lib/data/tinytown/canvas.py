"""The canvas of 512 x 512 on which a scene is painted from far to near, before it is reduced to 128 or 256."""

import numpy as np
from jaxtyping import Int, UInt8

from course_lib.data.tinytown.draws import Colour, Draw
from course_lib.data.tinytown.shapes import Figure, Part, disk
from course_lib.data.tinytown.textures import EDGE, TILE, Paint, pattern

SIDE = 512


class Footprint:
    """Where a figure fell: ``parts`` [h, w] holds 1 + the index of the topmost part (0 outside), its corner is x, y.

    ``pixels`` counts the whole figure, ``sides`` are its width and height.
    """

    def __init__(self, figure: Figure):
        import cv2

        points = np.concatenate([contour for part in figure.parts for contour in part.contours])
        self.x, self.y = np.floor(points.min(0)).astype(int).tolist()
        self.sides = (np.ceil(points.max(0)).astype(int) - [self.x, self.y] + 1).tolist()
        self.parts = np.zeros(self.sides[::-1], np.uint8)
        corner = np.float32([self.x, self.y])
        for index, part in enumerate(figure.parts):
            contours = [np.rint(contour - corner).astype(np.int32) for contour in part.contours]
            cv2.fillPoly(self.parts, contours, index + 1)
        self.pixels = cv2.countNonZero(self.parts)

    def window(self, side: int) -> tuple[tuple[slice, slice], tuple[slice, slice]] | None:
        """The slices of canvas and of ``parts`` that overlap; None if nothing does."""
        x1, y1 = max(self.x, 0), max(self.y, 0)
        x2, y2 = min(self.x + self.sides[0], side), min(self.y + self.sides[1], side)
        if x2 <= x1 or y2 <= y1:
            return None
        inner = slice(y1 - self.y, y2 - self.y), slice(x1 - self.x, x2 - self.x)
        return (slice(y1, y2), slice(x1, x2)), inner

    def inside(self, side: int) -> int:
        """How many of the pixels lie on a canvas of this side."""
        import cv2

        window = self.window(side)
        return 0 if window is None else cv2.countNonZero(np.ascontiguousarray(self.parts[window[1]]))

    def at(self, x: float, y: float) -> int:
        """1 + the topmost part at a canvas position; 0 beside the figure."""
        column, row = int(x) - self.x, int(y) - self.y
        if 0 <= row < self.parts.shape[0] and 0 <= column < self.parts.shape[1]:
            return int(self.parts[row, column])
        return 0


class Canvas:
    """``image`` [side, side, 3] red, green, blue, and ``owner`` [side, side]: the number of the nearest figure."""

    def __init__(self, side: int = SIDE):
        self.side = side
        self.image: UInt8[np.ndarray, "side side 3"] = np.zeros((side, side, 3), np.uint8)
        self.owner: UInt8[np.ndarray, "side side"] = np.zeros((side, side), np.uint8)

    def add(self, figure: Figure, paints: list[Paint], level: int, number: int, draw: Draw) -> Footprint:
        """Paint a figure over everything before it; its pixels belong to ``number`` from now on."""
        import cv2

        footprint = Footprint(figure)
        across, down = draw.integer(TILE), draw.integer(TILE)
        window = footprint.window(self.side)
        if window is None:
            return footprint
        outer, inner = window
        parts = footprint.parts[inner]
        view = self.image[outer]
        slots = np.full(256, 255, np.uint8)
        slots[1 : len(figure.parts) + 1] = [part.slot for part in figure.parts]
        slot_map = cv2.LUT(parts, slots)
        height, width = parts.shape
        for slot in {part.slot for part in figure.parts}:
            x, y = (across + 97 * slot) % (EDGE - width + 1), (down + 61 * slot) % (EDGE - height + 1)
            grey = pattern(paints[slot].kind, level)[y : y + height, x : x + width]
            cv2.copyTo(cv2.applyColorMap(grey, paints[slot].table()), cv2.compare(slot_map, slot, cv2.CMP_EQ), view)
        cv2.copyTo(np.full_like(parts, number), parts, self.owner[outer])
        return footprint

    def speck(self, part: Part, colour: Colour) -> None:
        """A small plain shape that belongs to nobody."""
        import cv2

        cv2.fillPoly(self.image, [np.rint(contour).astype(np.int32) for contour in part.contours], colour)

    def shade(self, x: float, y: float, width: float, strength: float) -> None:
        """A flat shadow on the ground around x, y; it belongs to nobody."""
        import cv2

        shadow = Footprint(Figure([disk(x, y, width / 2, 0, 0.22)]))
        window = shadow.window(self.side)
        if window is not None:
            view = self.image[window[0]]
            cv2.copyTo(cv2.convertScaleAbs(view, alpha=1 - strength), shadow.parts[window[1]], view)

    def reduced(self, size: int) -> UInt8[np.ndarray, "size size 3"]:
        """The image at ``size``, a divisor of the side: the mean over each square of canvas pixels."""
        import cv2

        return cv2.resize(self.image, (size, size), interpolation=cv2.INTER_AREA)

    def owners(self, size: int) -> UInt8[np.ndarray, "size size"]:
        """The owner of one canvas pixel near the middle of each pixel; those read at 128 are read at 256 as well."""
        step = self.side // size
        return np.ascontiguousarray(self.owner[1::step, 1::step])

    def counts(self) -> Int[np.ndarray, "256"]:
        """How many canvas pixels each number owns."""
        import cv2

        return cv2.calcHist([self.owner], [0], None, [256], [0, 256]).ravel().astype(np.int64)


def finish(image: UInt8[np.ndarray, "s s 3"], draw: Draw) -> UInt8[np.ndarray, "s s 3"]:
    """The camera: exposure, a slight tint, and grain of about 4 grey levels."""
    gain = draw.uniform(0.85, 1.15) * np.float32([draw.uniform(0.94, 1.06) for _ in range(3)])
    x, y = draw.integer(TILE), draw.integer(TILE)
    height, width = image.shape[:2]
    grain = (pattern("noise", 0)[y : y + height, x : x + width].astype(np.float32) - 128) * 0.06
    return np.clip(image * gain + grain[..., None], 0, 255).astype(np.uint8)
