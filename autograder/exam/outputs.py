"""What a student's cell displayed becomes outputs that may be shown: plain text and pictures, nothing that can act.

The box says what it likes. Only two kinds are taken over, `{"type": "text", "data": …}` and
`{"type": "image/png", "data": base64}`; a picture is rebuilt from the parts of its file that draw, everything else
(HTML, SVG, JavaScript, widgets) is dropped.
"""

import base64
import binascii
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import nbformat
from nbformat import NotebookNode

from autograder.intake.texts import plain

MAX_TEXT = 20_000  # characters a cell
MAX_IMAGES = 4  # a cell
MAX_IMAGE = 2**20  # bytes
MAX_PIXELS = 25_000_000  # of all pictures of a page: a small file may hold one that fills a browser's memory
MAX_ITEMS = 10_000
LIMITS = (
    f"shown are {MAX_TEXT} characters and {MAX_IMAGES} PNG pictures of at most {MAX_IMAGE // 2**20} MB per cell, "
    f"and {MAX_PIXELS // 10**6} million pixels per page"
)
ALT = "A picture that this cell displayed."

PNG = b"\x89PNG\r\n\x1a\n"
DRAWN = (b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"pHYs", b"IDAT", b"IEND")


def safe_page(displayed: Mapping[str, object]) -> dict[str, list[NotebookNode]]:
    """The outputs of all cells of a page, by cell; together their pictures have at most MAX_PIXELS pixels.

    Args:
        displayed: see `safe`.
    """
    canvas = Canvas()
    return {cell: safe(items, canvas) for cell, items in displayed.items()}


@dataclass
class Canvas:
    """The pixels that are left for the pictures of one page."""

    pixels: int = MAX_PIXELS

    def takes(self, width: int, height: int) -> bool:
        """Whether a picture finds room; it then has it."""
        fits = 0 < width * height <= self.pixels
        self.pixels -= fits * width * height
        return fits


def safe(displayed: object, canvas: Canvas | None = None) -> list[NotebookNode]:
    """The outputs of one cell, for feedback pages and formgrader.

    Args:
        displayed: untrusted; a list of items, each {"type": "text" | "image/png", "data": str}.
        canvas: that of the cell's page; by default the cell has one of its own.

    Returns:
        Stream and image/png outputs in the order of the items: at most 20 000 characters and 4 pictures of 1 MB;
        a last line says what was left out.
    """
    made: list[NotebookNode] = []
    canvas = canvas or Canvas()
    left, cut, images, refused = MAX_TEXT, 0, 0, 0
    for kind, data in _items(displayed):
        if kind == "text":
            words = plain(data)
            _print(made, words[:left])
            cut, left = cut + max(0, len(words) - left), max(0, left - len(words))
        elif images < MAX_IMAGES and (picture := _picture(data, canvas)):
            made.append(nbformat.v4.new_output("display_data", {"image/png": picture}, metadata={"alt": ALT}))
            images += 1
        else:
            refused += 1
    _print(made, _left_out(cut, refused))
    return made


def _items(displayed: object) -> Iterator[tuple[str, str]]:
    """The items that are of a known kind, exact types only."""
    for item in islice(displayed, MAX_ITEMS) if type(displayed) is list else ():
        if type(item) is dict and item.get("type") in ("text", "image/png") and type(item.get("data")) is str:
            yield item["type"], item["data"]


def _print(made: list[NotebookNode], text: str) -> None:
    """Add to the text that is last, or start a new one."""
    if text and made and made[-1].output_type == "stream":
        made[-1].text += text
    elif text:
        made.append(nbformat.v4.new_output("stream", name="stdout", text=text))


def _picture(data: str, canvas: Canvas) -> str:
    """The picture encoded anew, or "" when it is none that we show."""
    if len(data) > 2 * MAX_IMAGE:
        return ""
    try:
        raw = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    drawn = _rebuilt(raw) if len(raw) <= MAX_IMAGE else b""
    return base64.b64encode(drawn).decode() if drawn and canvas.takes(*_size(drawn)) else ""


def _size(raw: bytes) -> tuple[int, int]:
    """Width and height of a PNG file."""
    return struct.unpack(">II", raw[16:24])


def _rebuilt(raw: bytes) -> bytes:
    """A PNG file's drawing parts, or b"" when it is broken or has no data."""
    if not raw.startswith(PNG + b"\0\0\0\rIHDR"):
        return b""
    parts, names, at = [PNG], [], len(PNG)
    while at + 12 <= len(raw) and b"IEND" not in names:
        end = at + 12 + int.from_bytes(raw[at : at + 4], "big")
        name, part = raw[at + 4 : at + 8], raw[at:end]
        if end > len(raw) or _crc(part) != part[-4:]:
            return b""
        if name in DRAWN:
            names.append(name)
            parts.append(part)
        at = end
    whole = b"IDAT" in names and names[-1] == b"IEND" and names.count(b"IHDR") == 1
    return b"".join(parts) if whole else b""


def _crc(part: bytes) -> bytes:
    """The check sum that belongs at the end of a PNG file's part (length, name, data, sum)."""
    return binascii.crc32(part[4:-4]).to_bytes(4, "big")


def _left_out(characters: int, pictures: int) -> str:
    said = [f"{characters} more characters"] * bool(characters)
    said += [f"{pictures} picture{'s' if pictures > 1 else ''}"] * bool(pictures)
    return f"\n[not shown: {' and '.join(said)}; {LIMITS}]\n" if said else ""
