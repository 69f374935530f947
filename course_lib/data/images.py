"""The one reader of image files in the course: every kind of file becomes RGB, or is refused by name.

16-bit grey keeps its high byte, as 16-bit colour does. What is transparent is laid on white, as on paper. CMYK,
palettes and grey become RGB. Of an animation or of several pages the first is read.
"""

import re
import warnings
from pathlib import Path

import numpy as np
import torch
from jaxtyping import UInt8
from PIL import ExifTags, Image, UnidentifiedImageError
from torch import Tensor

from course_lib.errors import DataBroken, DataMissing

MOST_PIXELS = 100_000_000  # 300 MB as RGB; the largest photographs of VOC and Caltech-256 have far below 10 million
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "JPEG2000", "AVIF")  # no EPS: that one is a program
SUFFIXES = frozenset(".jpg .jpeg .jpe .jfif .png .webp .bmp .gif .tif .tiff .ppm .pgm .pbm .pnm .jp2 .avif".split())
UNREADABLE = frozenset(".heic .heif .dng .cr2 .cr3 .nef .arw .raf .orf .rw2 .raw .psd .svg .eps .jxl".split())
PAPER = (255, 255, 255, 255)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def read_image(path: Path | str, upright: bool = True) -> UInt8[Tensor, "3 h w"]:
    """The image file at `path`, RGB, uint8, 0 … 255; grey images get three equal channels.

    `upright` turns a photograph as its camera noted in EXIF. False gives the pixels as they are stored, which is what
    PASCAL VOC's boxes refer to. Raises DataMissing where there is no such file, and DataBroken, naming it, where it is
    truncated, no image, of numbers without a known range (32 bits, floats), or has more than MOST_PIXELS pixels.
    """
    path = Path(path)
    try:
        with warnings.catch_warnings():  # Pillow's warnings name no file: what it can read is read, the rest refused
            warnings.simplefilter("ignore")
            return _read(path, upright)
    except FileNotFoundError as error:
        raise _not_there(path) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, int(re.search(r"\d+", str(error))[0])) from error
    except DataBroken:
        raise
    except UnidentifiedImageError as error:
        raise _unreadable(path, _beginning(path)) from error
    except Exception as error:  # Pillow's decoders also raise SyntaxError, struct.error, IndexError and more
        raise _unreadable(path, str(error).partition("\n")[0] or type(error).__name__) from error


def _read(path: Path, upright: bool) -> Tensor:
    with Image.open(path, formats=[name for name in FORMATS if name in _known()]) as image:
        if image.width * image.height > MOST_PIXELS:
            raise _too_large(path, image.width * image.height)
        return pixels(image, upright)


def pixels(image: Image.Image, upright: bool = True) -> UInt8[Tensor, "3 h w"]:
    """The pixels of an image that Pillow has opened, RGB, uint8, 0 … 255, as `read_image` gives those of a file.

    Raises ValueError for numbers without a known range, and whatever Pillow's decoders raise for a damaged file.
    """
    image.load()
    found = _rgb(image)
    turn = TURNS.get(_orientation(image)) if upright else None
    values = np.array(found if turn is None else found.transpose(turn))
    return torch.from_numpy(values).permute(2, 0, 1).contiguous()


def _known() -> set[str]:
    """The formats that this build of Pillow reads; older ones lack AVIF."""
    Image.init()
    return set(Image.OPEN)


def _rgb(image: Image.Image) -> Image.Image:
    """The loaded image as RGB; ValueError for numbers whose black and white nobody knows."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        return _grey(image).convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError(f"32-bit numbers (Pillow's mode {image.mode}): which of them is white is not said")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, PAPER), image).convert("RGB")
    return image.convert("RGB")


def _grey(image: Image.Image) -> Image.Image:
    """The highest 8 bits of 16 (some TIFF files have 12)."""
    bits = getattr(image, "tag_v2", {}).get(ExifTags.Base.BitsPerSample, (16,))[0]
    values = np.asarray(image).astype(np.int64)
    grey = (values >> (bits - 8)).clip(0, 255).astype(np.uint8)
    if isinstance(clear := image.info.get("transparency"), int):
        grey[values == clear] = 255
    return Image.fromarray(grey)


def _orientation(image: Image.Image) -> int:
    """How the camera was held, 1 … 8; 1 (upright) where EXIF is missing or cannot be read."""
    try:
        noted = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:  # a damaged EXIF block says nothing; its picture is whole
        return 1
    return noted if isinstance(noted, int) else 1


def _beginning(path: Path) -> str:
    """What lies at `path` in place of an image."""
    with path.open("rb") as file:
        beginning = file.read(20)
    return f"a file that begins with {beginning!r}" if beginning else "an empty file"


def _not_there(path: Path) -> DataMissing:
    return DataMissing(
        f"The image {path.name} is not there.",
        expected=str(path),
        got="no such file",
        advice="check the path; for a data set, fetch it again with 'course data NAME'",
    )


def _too_large(path: Path, pixels: int) -> DataBroken:
    return DataBroken(
        f"The image {path.name} is too large.",
        expected=f"at most {MOST_PIXELS // 10**6} million pixels in {path}",
        got=f"{pixels / 10**6:.1f} million pixels",
        advice="save it smaller: the course shrinks images to a few hundred pixels anyway",
    )


def _unreadable(path: Path, got: str) -> DataBroken:
    return DataBroken(
        f"The image {path.name} cannot be read.",
        expected=f"a whole image at {path}, JPEG or PNG for example, of 8 or 16 bits",
        got=got,
        advice="save it anew as PNG; if it belongs to a data set, delete it and run 'course data NAME' again",
    )
