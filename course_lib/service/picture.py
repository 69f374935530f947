"""From the bytes that somebody sent to an image, or to a reason. Nothing is believed but the bytes themselves.

The order matters. Which format it is, how large the picture is and whether it moves stand in the header, and are asked
before a single pixel is unpacked: a PNG file of 100 kB can hold 780 million pixels, which take 11 GB in memory.
"""

from io import BytesIO

from jaxtyping import UInt8
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from course_lib.data.images import pixels
from course_lib.service.limits import Limits, Refused

# What browsers show. Each further decoder is one more that strangers can feed; the course's reader of files knows more.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


# A JPEG may paint its picture in as many passes as it likes; 42 bytes order one more, which takes 8 ms for 25 million
# pixels. Ten passes are usual; the mark of one also turns up by chance, once in 65 kB, in a film behind the picture.
MOST_PASSES, PASS = 500, b"\xff\xda"

# A BMP may be run-length coded (RLE8, RLE4). Hardly anybody sends such files, and Pillow decodes them in Python: one of
# 1.3 kB that states 25 million pixels takes seconds.
RUN_LENGTHS = (1, 2)


def decode(data: bytes, limits: Limits) -> UInt8[Tensor, "3 h w"]:
    """The picture in the bytes of a file, RGB, 0 … 255, upright; what is transparent lies on white.

    Raises Refused: 400 for no bytes at all, 413 for too many pixels, 415 for what is none of FORMATS, 422 for a picture
    that is damaged, cut short, moves, is a compressed BMP, or has numbers without a known range.
    """
    if not data:
        raise Refused(400, "The file is empty.")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            _look_at_header(image, limits)
            if image.format in ("JPEG", "MPO") and data.count(PASS) > MOST_PASSES:
                raise Refused(422, f"The picture is painted in more than {MOST_PASSES} passes.")
            return pixels(image)
    except Refused:
        raise
    except UnidentifiedImageError as error:
        raise Refused(415, f"The file is no picture of a kind that is read here ({', '.join(FORMATS)}).") from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:  # Pillow's own bounds are higher
        raise _too_large(limits) from error
    except Exception as error:  # Pillow's decoders also raise SyntaxError, struct.error, IndexError and more
        raise Refused(422, f"The picture cannot be read: {str(error) or type(error).__name__}.") from error


def _look_at_header(image: Image.Image, limits: Limits) -> None:
    if image.width * image.height > limits.pixels:
        raise _too_large(limits)
    if image.format != "MPO" and getattr(image, "is_animated", False):  # MPO: a JPEG with more behind it, as of phones
        raise Refused(422, "The picture moves: send one frame of it.")
    if image.format == "BMP" and image.info.get("compression") in RUN_LENGTHS:
        raise Refused(422, "The picture is a compressed BMP: send it as PNG.")


def _too_large(limits: Limits) -> Refused:
    return Refused(413, f"The picture has more than {limits.pixels / 10**6:g} million pixels: send it smaller.")
