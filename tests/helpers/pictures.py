"""Files of pictures, whole and otherwise, as bytes."""

import struct
import zlib
from io import BytesIO

import numpy as np
from PIL import Image


def png(width: int, height: int, rows: bytes = b"", depth: int = 8) -> bytes:
    """A grey PNG file whose header promises so many pixels of `depth` bits."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def bomb(side: int) -> bytes:
    """A whole and valid PNG file of side × side pixels, all black, of one bit each."""
    return png(side, side, bytes((side // 8 + 1) * side), depth=1)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """The file that Pillow makes of a picture."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def plain(color: tuple[int, int, int], width: int = 48, height: int = 32) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", (width, height), color)


def noise(side: int = 200) -> Image.Image:
    """A grey picture that no format makes small; always the same."""
    return Image.fromarray(np.random.RandomState(0).randint(0, 256, (side, side), np.uint8))


def moving(kind: str) -> bytes:
    """Two frames: red, then blue."""
    red, blue = plain((250, 0, 0)), plain((0, 0, 250))
    return saved(red, kind, save_all=True, append_images=[blue])
