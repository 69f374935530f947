"""Is an exercise as a build made it? Its release's id is a digest of its text, so that every change shows."""

import hashlib
import json
from collections.abc import Iterator

from nbformat import NotebookNode

FIXED = ("grade_id", "grade", "solution", "locked", "task")


def identity(notebook: NotebookNode) -> str:
    """The id of a release: a digest of all cells in order, their text, and what nbgrader knows of them."""
    return hashlib.sha256(json.dumps([_fixed(cell) for cell in notebook.cells]).encode()).hexdigest()[:16]


def _fixed(cell: NotebookNode) -> list:
    grading = cell.metadata.get("nbgrader", {})
    points = grading.get("points")  # 3.0 in Python's JSON is 3 in a browser's
    worth = float(points) if isinstance(points, int | float) else points
    return [cell.cell_type, cell.get("id", ""), cell.source, worth, *(grading.get(name) for name in FIXED)]


def release_of(notebook: NotebookNode) -> str:
    """The id of the release from which a notebook was made, or ""."""
    course = notebook.metadata.get("course", {})
    return str(course.get("release", "")) if isinstance(course, dict) else ""


def differs(notebook: NotebookNode, built: NotebookNode | None = None) -> str:
    """What is not as a build made it, in a few words; "" where nothing is.

    Args:
        built: the same release as it was kept, where it was, to name the cells.
    """
    if not release_of(notebook):
        return "no build made it"
    if identity(notebook) != release_of(notebook):
        names = list(_changed(notebook, built)) if built else []
        return f"changed cells: {', '.join(names)}" if names else "its text was changed"
    if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
        return "cells were run, and their outputs are in it"
    return "files are attached to its cells" if any(cell.get("attachments") for cell in notebook.cells) else ""


def _changed(notebook: NotebookNode, built: NotebookNode) -> Iterator[str]:
    """The names of the cells that differ, in order; a cell without a name by the one behind which it stands."""
    theirs, before = {cell.id: _fixed(cell) for cell in built.cells}, "the beginning"
    left = {*theirs}
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        before = name or before
        left.discard(cell.get("id", ""))
        if theirs.get(cell.get("id", "")) != _fixed(cell):
            yield name or f"one behind {before}"
    if left:
        yield f"{len(left)} removed"
