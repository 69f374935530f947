"""Students' Markdown in an instructor's browser: formgrader's page and the feedback page.

nbgrader's templates hand Markdown on as it is: a student's raw HTML, `javascript:` links and Mermaid drawings would act
with the instructor's rights. `pages.install` puts `markdown` in the place of that filter, for both pages. What a page
shows is bounded, too: a few characters may hold seconds of parsing, or a picture that fills a browser's memory.
"""

import base64
import binascii
import io
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from html import escape
from typing import Any

from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from PIL import Image

from autograder.exam.outputs import Canvas

MAX_MARKDOWN = 5_000  # characters of a cell; more is shown as plain text. The worst that we found takes 1 s to parse
MAX_PAGE = 100_000  # characters of all cells of a page that are rendered
MAX_SECONDS = 5.0  # of the processor, for all cells of a page
MAX_PLAIN = 1_000_000  # characters of all cells of a page that are shown as plain text
MAX_PICTURES = 16 * 2**20  # characters of all pictures of a page
TAGS = frozenset(
    "a abbr b blockquote br center code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img kbd li ol p pre s small"
    " span strong sub summary sup table tbody td tfoot th thead tr u ul".split()
)
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,([A-Za-z0-9+/=\s]*)")
TYPES = ("image/png", "image/jpeg", "image/gif")
ATTACHED = "attachment:"
HIGHLIGHTED = ("python", "python3", "py", "pycon")  # some of Pygments' other languages take minutes for one line


@dataclass
class Room:
    """What is left for the Markdown of one page."""

    characters: int = MAX_PAGE
    seconds: float = MAX_SECONDS
    plain: int = MAX_PLAIN
    pictures: int = MAX_PICTURES
    canvas: Canvas = field(default_factory=Canvas)

    def takes_text(self, source: str) -> bool:
        """Whether a cell is rendered; it then has its room."""
        fits = len(source) <= min(MAX_MARKDOWN, self.characters) and self.seconds > 0
        self.characters -= fits * len(source)
        return fits

    def takes_picture(self, url: str) -> bool:
        """Whether a picture is shown; it then has its room."""
        found = PICTURE.fullmatch(url)
        fits = bool(found) and len(url) <= self.pictures and self.canvas.takes(*_size(found[2]))
        self.pictures -= fits * len(url)
        return fits


def _size(data: str) -> tuple[int, int]:
    """Width and height of a picture, from the beginning of its file; (0, 0) where it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(base64.b64decode(data)), formats=("PNG", "JPEG", "GIF")).size
    except (OSError, ValueError, binascii.Error, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return 0, 0


@pass_context
def markdown(context: Context, source: str | None, attached: Mapping[str, Any] | None = None) -> str:
    """Markdown as HTML in which nothing acts; in the place of nbconvert's filter of the same use.

    Args:
        source: of a cell, or a grader's comment.
        attached: the cell's pictures; by default those of the cell that the template is at.
    """
    attached = attached if attached is not None else (context.get("cell") or {}).get("attachments")
    resources = context.get("resources")
    room = resources.setdefault("markdown_room", Room()) if isinstance(resources, dict) else Room()
    return rendered(source or "", attached or {}, room)


def unchanged(html: str) -> str:
    """What `markdown` returned; in the place of nbconvert's filter that looks for paths below `files/`.

    That one takes four times as long for a text twice as long: it would not end on megabytes of brackets.
    """
    return html


def rendered(source: str, attached: Mapping[str, Any], room: Room | None = None) -> str:
    """The HTML of one cell: allowed tags only, no ids, styles or handlers, pictures only where they are in the cell."""
    room, began = room or Room(), time.process_time()
    try:
        if not room.takes_text(source):
            raise ValueError(f"{MAX_MARKDOWN} characters of a cell and {MAX_PAGE} of a page are rendered")
        html = MarkdownWithMath(renderer=_Renderer()).render(source)
        filters = [partial(_Pictures, attached=attached, room=room)]
        return Cleaner(TAGS, _allowed, PROTOCOLS, filters=filters).clean(html)
    except (ValueError, RecursionError) as error:
        return _plain(source, room, str(error))
    finally:
        room.seconds -= time.process_time() - began


def _plain(source: str, room: Room, why: str) -> str:
    """A text as it was written, as far as there is room."""
    shown = source[: room.plain]
    room.plain -= len(shown)
    cut = f"; {len(shown)} of its {len(source)} are shown" if len(shown) < len(source) else ""
    return f"<p>[shown as plain text: {escape(why)}{cut}]</p><pre>{escape(shown)}</pre>"


PROTOCOLS = ("http", "https", "mailto", "data", ATTACHED.rstrip(":"))


def _allowed(tag: str, name: str, value: str) -> bool:
    """Whether a tag may keep an attribute. Classes are those of highlighted code: two letters."""
    if name == "href":
        return tag == "a" and not value.strip().lower().startswith(("data:", ATTACHED))
    if name == "src":
        return tag == "img"  # `_Pictures` has the last word
    if name == "class":
        return value in ("highlight", "tex") or (tag == "span" and len(value) <= 3)
    return name in {"img": ("alt", "width", "height"), "td": ("align", "colspan", "rowspan")}.get(tag, ("title",))


class _Pictures(Filter):
    """Shows pictures that lie in the cell itself, as far as there is room; in the place of others it says so."""

    def __init__(self, source: Any, attached: Mapping[str, Any], room: Room):
        super().__init__(source)
        self._attached, self._room = attached, room

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for token in super().__iter__():
            if token.get("name") != "img":
                yield token
                continue
            source = self._source(token["data"].get((None, "src"), ""))
            if self._room.takes_picture(source):
                token["data"][None, "src"] = source
                yield token
            else:
                words = token["data"].get((None, "alt"), "")
                yield {"type": "Characters", "data": f"[picture not shown{': ' if words else ''}{words}]"}

    def _source(self, url: str) -> str:
        """The picture itself, where it is attached to the cell."""
        kinds = self._attached.get(url.removeprefix(ATTACHED)) if url.startswith(ATTACHED) else None
        kind = next((kind for kind in TYPES if kind in (kinds or {})), "")
        return f"data:{kind};base64,{kinds[kind]}" if kind else url


class _Renderer(IPythonRenderer):
    """nbconvert's, where drawings are code, formulas are TeX, and pictures keep the names of their cell."""

    def __init__(self):
        super().__init__(escape=False, allow_harmful_protocols=False, exclude_anchor_links=True)

    def block_code(self, code: str, info: str | None = None) -> str:
        """Code, in colours where it is Python."""
        language = (info or "").split(maxsplit=1)[:1]
        return super().block_code(code, info if language and language[0].lower() in HIGHLIGHTED else None)

    def inline_math(self, body: str) -> str:
        """A formula as it was typed: pages load nothing from elsewhere, and run no script."""
        return f'<code class="tex">{super().inline_math(body)}</code>'

    def block_math(self, body: str) -> str:
        """A formula on lines of its own."""
        return f'<code class="tex">{super().block_math(body)}</code>'

    def latex_environment(self, name: str, body: str) -> str:
        """A formula such as `cases`."""
        return f'<code class="tex">{super().latex_environment(name, body)}</code>'

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture; `_Pictures` decides about it."""
        return f'<img src="{escape(url)}" alt="{escape(text)}">'
