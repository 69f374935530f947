"""Does the website give a solution away? Its pages, its search index, and every other file are looked through.

As in a public repository (tools/build/check_bundle.py): runs of lines of solutions and wrong versions, marking schemes,
functions that are a solution under another name, and the answers to an exercise's public questions on its page.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder import misconceptions
from course_lib.units import UNITS
from tools.build.check_bundle import copies, leaks
from tools.build.check_release import expected_numbers
from tools.site.pages import Page

UNREAD = (".png", ".woff2", ".ttf", ".ico")  # pictures and letters
NOT_SHIPPED = (".doctree", ".pickle", ".buildinfo", ".py", ".ipynb")  # what Sphinx keeps for itself, and sources


def findings(folder: Path, pages: Mapping[Path, Page]) -> list[str]:
    """All that should not be there, one sentence each.

    Args:
        folder: the website.
        pages: its pages, by their paths.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    texts = {path: _said(pages[path]) if path in pages else _text(path) for path in files if path.suffix not in UNREAD}
    named = {path.relative_to(folder).as_posix(): text for path, text in texts.items()}
    found = [f"{path.relative_to(folder)} is not for readers" for path in files if path.name.endswith(NOT_SHIPPED)]
    found += leaks({name: _lines(text) for name, text in named.items()})
    found += copies(dict(_modules(folder, pages)))
    told = {name: _plain(text) for name, text in named.items()}
    found += [f"{name}: says {one!r}" for one in _sentences() for name, text in told.items() if _plain(one) in text]
    return found + [*_answers(folder, pages)]


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", errors="replace")


def _said(page: Page) -> str:
    """What a page says to those who see its pictures, and to those who do not."""
    return "\n".join([page.text, *(words for _, words in page.images if words)])


def _plain(text: str) -> str:
    """A text in one line, as a page shows it: without the marks that set code apart."""
    return " ".join(text.replace("`", "").split())


def _lines(text: str) -> list[str]:
    return [stripped for line in text.splitlines() if (stripped := line.strip())]


def _modules(folder: Path, pages: Mapping[Path, Page]) -> Iterator[tuple[str, ast.Module]]:
    """Each block of a page that is Python."""
    for path, page in pages.items():
        for number, block in enumerate(page.blocks):
            try:
                yield f"{path.relative_to(folder)}, block {number}", ast.parse(block)
            except SyntaxError:  # a printed result, or a command
                continue


def _sentences() -> set[str]:
    """What students read when a check has found a misunderstanding: the answer to a question that nobody has asked."""
    return {wrong.sentence for unit in UNITS for wrong in misconceptions.of(unit.id)}


def _answers(folder: Path, pages: Mapping[Path, Page]) -> Iterator[str]:
    """Answers to public questions that stand on the exercise's page."""
    for unit in UNITS:
        path = folder / unit.exercise.with_suffix(".html")
        if path in pages:
            numbers = expected_numbers(unit.id, pages[path].text)
            yield from (f"{path.relative_to(folder)}: the expected value {number}" for number in numbers)
