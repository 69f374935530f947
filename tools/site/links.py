"""Do all links of a built website lead somewhere, and does it need nothing from elsewhere?

Other people's addresses are looked at, not visited; `sphinx-build -b linkcheck` visits them, where there is a network.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.site.pages import Page

ADDRESS = re.compile(r"https?://[\w-]+(\.[\w-]+)+(:\d+)?(/[^\s<>\"]*)?")
WIDGET = "application/vnd.jupyter.widget"


def findings(folder: Path, pages: Mapping[Path, Page]) -> list[str]:
    """All links and pictures that are not right, one sentence each.

    Args:
        folder: the website.
        pages: its pages, by their paths.
    """
    found = []
    for path, page in pages.items():
        wrong = [*_leads(path, page, pages), *_loads(path, page), *_pictures(page)]
        found += [f"{path.relative_to(folder)}: {what}" for what in wrong]
        if WIDGET in path.read_text(encoding="utf-8"):
            found.append(f"{path.relative_to(folder)}: a widget that nothing moves")
    return found


def _leads(path: Path, page: Page, pages: Mapping[Path, Page]) -> Iterator[str]:
    """Links to nothing, or to a place that a page does not have."""
    for link in page.leads:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            if parts.scheme != "mailto" and not ADDRESS.fullmatch(link):
                yield f"{link} is no address"
            continue
        target = _file(path, parts.path)
        if not target.is_file():
            yield f"{link} leads nowhere"
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            yield f"{link} names no place of that page"


def _loads(path: Path, page: Page) -> Iterator[str]:
    """Pictures, scripts and styles that are missing, or that come from elsewhere."""
    for source in page.loads:
        parts = urlsplit(source)
        if parts.scheme == "data":
            continue
        if parts.scheme or parts.netloc:
            yield f"{source} needs a network"
        elif not _file(path, parts.path).is_file():
            yield f"{source} is missing"


def _file(page: Path, link: str) -> Path:
    """The file that a link means; without a path the page itself."""
    return (page.parent / unquote(link)).resolve() if link else page


def _pictures(page: Page) -> Iterator[str]:
    yield from (f"{source} has no words" for source, words in page.images if not (words or "").strip())
