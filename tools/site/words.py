"""Has each named picture of a lecture its words on the page?"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat

from course_lib import alt
from course_lib.units import Unit
from tools import ROOT
from tools.site.pages import Page


def findings(folder: Path, pages: Mapping[Path, Page], units: tuple[Unit, ...]) -> list[str]:
    """The pictures whose words in course_lib/alt_texts/ no image of the lecture's page has, one sentence each."""
    found = []
    for unit in units:
        said = [words or "" for _, words in pages[folder / unit.lecture.with_suffix(".html")].images]
        for name in names(ROOT / unit.lecture):
            if not any(_pattern(alt.sentences()[name]).match(words) for words in said):
                found.append(f"{unit.id}: no picture says the words of {name!r}")
    return found


def names(lecture: Path) -> list[str]:
    """The names that a notebook's cells give to `plots.show`, in order."""
    cells = [cell.source for cell in nbformat.read(lecture, as_version=4).cells if cell.cell_type == "code"]
    calls = [node for cell in cells for node in ast.walk(ast.parse(cell)) if isinstance(node, ast.Call)]
    shows = [call for call in calls if ast.unparse(call.func) == "plots.show" and len(call.args) > 1]
    return [call.args[1].value for call in shows if isinstance(call.args[1], ast.Constant)]


def _pattern(sentence: str) -> re.Pattern[str]:
    """A sentence with anything in the place of its values."""
    parts = re.split(r"\{[^{}]*\}", sentence)
    return re.compile(".*".join(map(re.escape, parts)), flags=re.DOTALL)
