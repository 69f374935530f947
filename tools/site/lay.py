"""Lay out what Sphinx reads: executed lectures, exercises, documents and the front page, in one folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.bundle.address import Address
from autograder.release import releases
from course_lib.units import Unit
from tools import ROOT
from tools.site.contents import documents, front_page, launch, where_it_moves
from tools.site.run import executed
from tools.site.still import pictures_as_files, still

SITE = ROOT / "site"  # what is written by hand: the front page's words, Sphinx's settings, colours


def lay(build: Path, units: Sequence[Unit], where: Address | None) -> None:
    """Write `build/source` for Sphinx, and `build/pictures`, which go beside the lectures' pages as they are.

    A file is touched only where it changes, so that Sphinx reads again only what did; what no page needs any more goes.

    Raises:
        LectureFailed: a lecture does not run.
        ReleaseError: an exercise was changed since it was built.
    """
    pages, pictures = {}, set()
    for unit in units:
        exercise = releases.built(unit.id, ROOT)  # first: one that was tried out where it lies may be solved
        lecture = still(executed(ROOT / unit.lecture, build / "ran"), where_it_moves(where, unit.lecture))
        pictures |= pictures_as_files(lecture, build / "pictures" / unit.lecture.parent / "pictures")
        pages |= {file: _page(notebook, where, file) for file, notebook in _both(unit, lecture, exercise)}
    for name in [name for part in documents(ROOT / "docs") for name in part]:
        pages[Path("docs", f"{name}.md")] = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    template = (SITE / "index.md").read_text(encoding="utf-8")
    pages[Path("index.md")] = front_page(template, units, ROOT / "docs", where)
    written = {_write(build / "source" / name, text) for name, text in pages.items()}
    for folder, kept in (("source", written), ("pictures", pictures)):
        _remove_others(build / folder, kept)


def _both(unit: Unit, lecture: NotebookNode, exercise: NotebookNode) -> tuple[tuple[Path, NotebookNode], ...]:
    return (unit.lecture, lecture), (unit.exercise, still(exercise, ""))


def _page(notebook: NotebookNode, where: Address | None, file: Path) -> str:
    """A notebook with the line that opens it elsewhere, below its title."""
    if line := launch(where, file):
        notebook.cells.insert(1, nbformat.v4.new_markdown_cell(line, id="launch"))
    return nbformat.writes(notebook)


def _write(path: Path, text: str) -> Path:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def _remove_others(folder: Path, kept: set[Path]) -> None:
    for path in [path for path in folder.rglob("*") if path.is_file() and path not in kept]:
        path.unlink()
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        if not any(path.iterdir()):
            shutil.rmtree(path)
