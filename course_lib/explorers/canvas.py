"""Fast drawing for explorers: boxes and words on an image, in milliseconds; a matplotlib figure takes 0.2 seconds."""

from functools import cache

import numpy as np
from jaxtyping import Num
from torch import Tensor

from course_lib.plots import BLACK, ORANGE, SKY, YELLOW, rgb, to_picture

WHITE = "#FFFFFF"
DASH = 7  # pixels drawn, then as many left out


@cache
def _font(size: int):
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


class Canvas:
    """An image enlarged by `scale`, to draw on in the image's own coordinates (pixels, x to the right, y down)."""

    def __init__(self, image: Tensor | np.ndarray, scale: float = 1):
        from PIL import Image, ImageDraw

        picture = Image.fromarray(to_picture(image))
        size = (round(picture.width * scale), round(picture.height * scale))
        self._picture = picture.resize(size, Image.Resampling.NEAREST if scale > 1.5 else Image.Resampling.BILINEAR)
        self._ground = self._picture.copy()
        self._draw = ImageDraw.Draw(self._picture)
        self._tags: list[tuple[float, float, float, float]] = []
        self.scale = scale

    @property
    def picture(self) -> np.ndarray:
        """What was drawn so far: uint8 [H, W, 3]."""
        return np.asarray(self._picture)

    def fade(self, strength: float) -> None:
        """Makes everything drawn so far paler: 1 leaves it, 0 makes it vanish."""
        from PIL import Image

        self._picture.paste(Image.blend(self._ground, self._picture, strength))

    def box(self, box: Num[Tensor, "4"], color: str, width: int = 3, dashed: bool = False, halo: bool = True) -> None:
        """The outline of an xyxy box; `width` in pixels of the picture. The halo keeps it visible on any ground."""
        x1, y1, x2, y2 = (self.scale * value for value in box.tolist())
        sides = [((x1, y1), (x2, y1)), ((x2, y1), (x2, y2)), ((x2, y2), (x1, y2)), ((x1, y2), (x1, y1))]
        for ink, pen in ((BLACK, width + 2), (color, width)) if halo else ((color, width),):
            for start, end in sides:
                for piece in _pieces(start, end) if dashed else [(start, end)]:
                    self._draw.line(piece, fill=rgb(ink), width=pen)

    def text(self, x: float, y: float, words: str, color: str = WHITE, size: int = 15, anchor: str = "lb") -> None:
        """Words on a plate of the given colour, at (x, y) of the image; `anchor` as in Pillow (lb: left, bottom)."""
        self._write(self._plate(x, y, words, size, anchor), words, color, size)

    def number(self, x: float, y: float, words: str, color: str, size: int) -> None:
        """Words without a plate, their middle at (x, y) of the image."""
        place = (self.scale * x, self.scale * y)
        self._draw.text(place, words, fill=rgb(color), font=_font(size), anchor="mm")

    def tag(self, x: float, y: float, words: str, color: str, size: int = 15, anchor: str = "lb") -> None:
        """As `text`, but where an earlier tag lies the nearest free place above or below it is taken."""
        left, top, right, bottom = self._plate(x, y, words, size, anchor)
        height = bottom - top + 1
        most = int(self._picture.height / height)
        shifts = sorted((height * step for step in range(-most, most + 1)), key=abs)
        inside = [shift for shift in shifts if top + shift >= 0 and bottom + shift <= self._picture.height]
        places = [(left, top + shift, right, bottom + shift) for shift in inside]
        free = [place for place in places if not any(_overlap(place, other) for other in self._tags)]
        self._tags.append((free or [(left, top, right, bottom)])[0])
        self._write(self._tags[-1], words, color, size)

    def _plate(self, x: float, y: float, words: str, size: int, anchor: str) -> tuple[float, float, float, float]:
        """The corners of the plate behind words, in pixels of the picture and inside of it."""
        place = (self.scale * x, self.scale * y)
        left, top, right, bottom = self._draw.textbbox(place, words, font=_font(size), anchor=anchor)
        shift_x = max(3 - left, 0) - max(right + 3 - self._picture.width, 0)
        shift_y = max(3 - top, 0) - max(bottom + 3 - self._picture.height, 0)
        return left + shift_x - 3, top + shift_y - 2, right + shift_x + 3, bottom + shift_y + 2

    def _write(self, plate: tuple[float, float, float, float], words: str, color: str, size: int) -> None:
        self._draw.rectangle(plate, fill=rgb(color))
        ink = BLACK if color in (WHITE, ORANGE, SKY, YELLOW) else WHITE
        offset = self._draw.textbbox((0, 0), words, font=_font(size), anchor="la")
        place = plate[0] + 3 - offset[0], plate[1] + 2 - offset[1]
        self._draw.text(place, words, fill=rgb(ink), font=_font(size), anchor="la")

    def line(self, start: tuple[float, float], end: tuple[float, float], color: str, width: int = 2) -> None:
        """A straight line between two points of the image."""
        points = [(self.scale * x, self.scale * y) for x, y in (start, end)]
        self._draw.line(points, fill=rgb(color), width=width)

    def dot(self, x: float, y: float, color: str, radius: int = 4) -> None:
        """A disk in a white ring, its middle at (x, y) of the image; `radius` in pixels of the picture."""
        x, y = self.scale * x, self.scale * y
        box = (x - radius, y - radius, x + radius, y + radius)
        self._draw.ellipse(box, fill=rgb(color), outline=rgb(WHITE))

    def cross(self, x: float, y: float, color: str, arm: int = 7) -> None:
        """A cross with a white rim, its middle at (x, y) of the image; `arm` in pixels of the picture."""
        x, y = self.scale * x, self.scale * y
        for ink, width in ((WHITE, 5), (color, 3)):
            for sign in (-1, 1):
                points = [(x - arm, y - sign * arm), (x + arm, y + sign * arm)]
                self._draw.line(points, fill=rgb(ink), width=width)


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _pieces(start: tuple[float, float], end: tuple[float, float]) -> list[tuple]:
    """The drawn pieces of a dashed line."""
    start, end = np.array(start), np.array(end)
    length = max(float(np.linalg.norm(end - start)), 1e-6)
    step = (end - start) / length
    cuts = np.arange(0, length, 2 * DASH)
    return [(tuple(start + step * cut), tuple(start + step * min(cut + DASH, length))) for cut in cuts]
