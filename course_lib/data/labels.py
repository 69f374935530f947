"""The one reader of label images: files whose pixels hold the number of a class.

A palette's numbers are the labels, its colours say nothing (VOC). Grey of 8 or 16 bits, black and white, and colour
images whose three channels are equal hold the labels themselves (CamVid). Other colours are refused: which class is
red is not said. An alpha channel is passed over where it is opaque everywhere, and refused where it is not: whether
what is transparent is void is not said either.
"""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import Image
from torch import Tensor

from course_lib.data.images import MOST_PIXELS
from course_lib.errors import DataBroken, DataMissing

VOID = 255
FORMATS = ("PNG", "BMP", "GIF", "TIFF")  # no JPEG: it changes numbers


def read_labels(path: Path | str, classes: int, void: int = VOID) -> UInt8[Tensor, "h w"]:
    """The class of each pixel, 0 … classes - 1, and 255 (`VOID`) where the file says `void`.

    Raises DataMissing where there is no such file, and DataBroken, naming it, for one that is no label image (see the
    module) or holds another number.
    """
    path = Path(path)
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _broken(path, f"{image.width} × {image.height} pixels", "save it smaller")
            image.load()
            numbers = _numbers(image, path)
    except FileNotFoundError as error:
        told = f"The label image {path.name} is not there."
        raise DataMissing(told, expected=str(path), got="no such file") from error
    except DataBroken:
        raise
    except Exception as error:  # Pillow's decoders raise errors of many kinds
        told = str(error).partition("\n")[0] or type(error).__name__
        raise _broken(path, told, "save it anew as PNG") from error
    return _checked(numbers, path, classes, void)


def _numbers(image: Image.Image, path: Path) -> np.ndarray:
    """What a loaded label image holds. [h, w]"""
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        image = _without_alpha(image, path)
    if image.mode == "P" or image.mode in ("1", "L") or image.mode.startswith("I"):
        return np.asarray(image).astype(np.int64)
    pixels = np.asarray(image)
    if image.mode == "RGB" and (pixels == pixels[..., :1]).all():
        return pixels[..., 0].astype(np.int64)
    advice = "save it with a palette or in grey, each pixel the number of its class"
    raise _broken(path, f"colours or fractions (Pillow's mode {image.mode})", advice)


def _without_alpha(image: Image.Image, path: Path) -> Image.Image:
    clear = int((np.asarray(image.getchannel("A")) < 255).sum())
    if clear:
        advice = "save it without an alpha channel, the void pixels with a number of their own"
        raise _broken(path, f"an alpha channel that is not opaque in {clear} of its pixels", advice)
    return image.convert({"LA": "L", "La": "L", "PA": "P"}.get(image.mode, "RGB"))


def _checked(numbers: np.ndarray, path: Path, classes: int, void: int) -> Tensor:
    """The labels, with 255 for void; DataBroken for a number that is neither a class nor void."""
    strange = (numbers != void) & ((numbers < 0) | (numbers >= classes))
    if strange.any():
        row, column = (int(place[0]) for place in strange.nonzero())
        got = f"{int(strange.sum())} pixels of other labels, {numbers[row, column]} in row {row}, column {column}"
        raise DataBroken(
            f"The labels in {path.name} are not those of this data set.",
            expected=f"0 to {classes - 1}, or {void} for void, in {path}",
            got=got,
            advice="check which classes the file was made for",
        )
    return torch.from_numpy(np.where(numbers == void, VOID, numbers).astype(np.uint8))


def _broken(path: Path, got: str, advice: str) -> DataBroken:
    return DataBroken(
        f"The label image {path.name} cannot be read.",
        expected=f"a PNG at {path} with a palette or in grey, in which each pixel holds the number of its class",
        got=got,
        advice=advice,
    )
