"""What becomes of a picture that is copied: cut, mirrored, brightened or darkened, saved again as JPEG.

Such copies are how training images come back in a test set that was collected from the web. All arithmetic is that of
whole numbers or of one rounding, and draws come from a `Draw`: equal arguments give equal pixels on every machine with
the same Pillow.
"""

import io
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from course_lib.data.tinytown.draws import Draw

SIDE, QUALITY, LIGHT = (0.8, 0.95), (30, 95), (0.8, 1.2)  # what `altered` draws from
KINDS = ("crop", "mirror", "light", "jpeg")


@dataclass(frozen=True)
class Change:
    """What was done to a picture, in this order; None, or False, where it was not. `str` tells it in words."""

    side: float | None = None
    corner: tuple[float, float] = (0.0, 0.0)
    mirrored: bool = False
    factor: float | None = None
    quality: int | None = None

    def __call__(self, image: UInt8[Tensor, "3 h w"]) -> UInt8[Tensor, "3 h w"]:
        """The picture after it; a copy, also where nothing changes."""
        image = image.clone() if self.side is None else crop(image, self.side, self.corner)
        image = mirror(image) if self.mirrored else image
        image = image if self.factor is None else relight(image, self.factor)
        return image if self.quality is None else jpeg(image, self.quality)

    def __str__(self) -> str:
        told = (
            "" if self.side is None else f"crop {self.side:.0%}",
            "mirrored" if self.mirrored else "",
            "" if self.factor is None else f"light × {self.factor:.2f}",
            "" if self.quality is None else f"JPEG {self.quality}",
        )
        return ", ".join(word for word in told if word) or "unchanged"


def jpeg(image: UInt8[Tensor, "3 h w"], quality: int) -> UInt8[Tensor, "3 h w"]:
    """The picture as it is after being saved as JPEG of this quality, 1 … 95, and read again."""
    _within("quality", quality, 1, 95)
    file = io.BytesIO()
    _picture(image).save(file, "JPEG", quality=quality)
    return _pixels(Image.open(file))


def crop(image: UInt8[Tensor, "3 h w"], side: float, corner: tuple[float, float]) -> UInt8[Tensor, "3 h w"]:
    """A part of the picture, enlarged to its size again (bilinear).

    Args:
        side: the part's share of each side, above 0, at most 1; rounded to whole pixels, at least one.
        corner: (x, y), where the part lies: (0, 0) at the upper left, (1, 1) at the lower right, (0.5, 0.5) between.
    """
    _within("side", side, 1e-9, 1)
    for place in corner:
        _within("corner", place, 0, 1)
    height, width = (max(1, round(side * length)) for length in image.shape[1:])
    left, top = round(corner[0] * (image.shape[2] - width)), round(corner[1] * (image.shape[1] - height))
    part = _picture(image[:, top : top + height, left : left + width])
    return _pixels(part.resize((image.shape[2], image.shape[1]), Image.Resampling.BILINEAR))


def mirror(image: UInt8[Tensor, "*n 3 h w"]) -> UInt8[Tensor, "*n 3 h w"]:
    """Left and right exchanged; of one picture, or of each in a stack."""
    return image.flip(-1)


def relight(image: UInt8[Tensor, "3 h w"], factor: float) -> UInt8[Tensor, "3 h w"]:
    """Each value times the factor, 0 or above, rounded; above 255 it is 255."""
    _within("factor", factor, 0, float("inf"))
    return (image.double() * factor).round().clamp(max=255).to(torch.uint8)


def altered(image: UInt8[Tensor, "3 h w"], draw: Draw) -> tuple[UInt8[Tensor, "3 h w"], Change]:
    """A copy with one to four changes, each number as likely, and what they are.

    The part's side is 80 to 95 %, the factor 0.8 to 1.2, the JPEG quality 30 to 95. How many and which is drawn from a
    stream such as `Draw("copies/7")`: equal names give equal copies.
    """
    change = drawn_change(draw)
    return change(image), change


def drawn_change(draw: Draw) -> Change:
    """One to four changes of `altered`."""
    kinds = draw.shuffled(KINDS)[: 1 + draw.integer(len(KINDS))]
    side, factor, corner = draw.uniform(*SIDE), draw.uniform(*LIGHT), (draw.random(), draw.random())
    quality = QUALITY[0] + draw.integer(1 + QUALITY[1] - QUALITY[0])
    return Change(
        side=side if "crop" in kinds else None,
        corner=corner,
        mirrored="mirror" in kinds,
        factor=factor if "light" in kinds else None,
        quality=quality if "jpeg" in kinds else None,
    )


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; expected a number from {low} to {high}")


def _picture(image: Tensor) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy()))


def _pixels(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
