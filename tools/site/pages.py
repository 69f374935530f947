"""What a built page says: its text, its code, where it leads, what it shows."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

LEADS = {"a": "href", "form": "action"}  # where readers go
LOADS = {"img": "src", "script": "src", "link": "href", "source": "src", "iframe": "src"}  # what the page itself needs
BLOCKS = {"p", "div", "li", "td", "th", "h1", "h2", "h3", "h4", "pre", "summary", "br", "title", "math"}


@dataclass
class Page:
    """One page.

    Attributes:
        ids: places within it that a link can name.
        leads: where its links lead, as written.
        loads: pictures, scripts and styles, as written.
        images: of each picture the source and the words for those who cannot see it; None where there are none.
        blocks: its texts that are preformatted: code and printed results.
        text: all that can be read, with a line break between paragraphs.
    """

    ids: set[str] = field(default_factory=set)
    leads: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    images: list[tuple[str, str | None]] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    text: str = ""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self._pre: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.page.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag in LEADS and given.get(LEADS[tag]):
            self.page.leads.append(given[LEADS[tag]])
        if tag in LOADS and given.get(LOADS[tag]):
            self.page.loads.append(given[LOADS[tag]])
        if tag == "img":
            self.page.images.append((given.get("src") or "", given.get("alt")))
        if tag == "pre":
            self._pre = []
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "pre" and self._pre is not None:
            self.page.blocks.append("".join(self._pre))
            self._pre = None
        self._break(tag)

    def handle_data(self, data: str) -> None:
        self.page.text += data
        if self._pre is not None:
            self._pre.append(data)

    def _break(self, tag: str) -> None:
        if tag in BLOCKS:
            self.page.text += "\n"


def read(path: Path) -> Page:
    """A page as it was built."""
    reader = _Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader.page
