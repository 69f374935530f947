"""A written question and the cells that answer it; and what each score was given for, so that a change is seen."""

import hashlib
import json
import re
from string import punctuation

from nbformat import NotebookNode

from autograder.release.roles import grade_id

OWN = "own-"  # begins the ids of cells that are the student's own
EMPTY = re.compile(rf"[\s{re.escape(punctuation)}]*")


def is_question(cell: NotebookNode) -> bool:
    """Whether it is a question that a human marks."""
    return bool(cell.metadata.get("nbgrader", {}).get("task"))


def is_own(cell: NotebookNode) -> bool:
    """Whether a student added this cell."""
    return str(cell.get("id", "")).startswith(OWN)


def answers(notebook: NotebookNode) -> dict[str, list[NotebookNode]]:
    """For each written question the cells that answer it: the one given for that, and the student's own beside it."""
    found: dict[str, list[NotebookNode]] = {}
    name, given = "", False
    for cell in notebook.cells:
        if is_question(cell):
            name, given = grade_id(cell), False
            found[name] = []
        elif name and (is_own(cell) or not (given or grade_id(cell) or cell.cell_type == "code")):
            found[name].append(cell)
            given |= not is_own(cell)
        else:
            name = ""
    return found


def work(notebook: NotebookNode, released: NotebookNode) -> dict[str, str]:
    """For each graded cell a digest of what its score is given for; "" for a question to which nothing was written.

    The work of a check is all code. Where an answer stands elsewhere than it should, in words between other cells, it
    counts too: a human decides what it is.

    Args:
        notebook: as intake made it.
        released: the release that it was made from.
    """
    blank = {cell.id: cell for cell in released.cells}
    code = _digest([cell for cell in notebook.cells if cell.cell_type == "code"])
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown" and _is_written(cell, blank.get(cell.id))]
    found = {grade_id(cell): code for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")}
    for name, cells in answers(notebook).items():
        mine = [cell for cell in cells if _is_written(cell, blank.get(cell.id))] or prose
        found[name] = _digest(mine) if mine else ""
    return found


def _is_written(cell: NotebookNode, blank: NotebookNode | None) -> bool:
    """Whether a student wrote something there: more than spaces and punctuation, and other than what was given."""
    if blank is not None and (grade_id(cell) or _letters(cell.source) == _letters(blank.source)):
        return bool(cell.get("attachments"))
    return bool(cell.get("attachments")) or not EMPTY.fullmatch(cell.source)


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def _digest(cells: list[NotebookNode]) -> str:
    """Of sources and pictures; white space at the ends does not count."""
    content = [[cell.source.strip(), cell.get("attachments") or {}] for cell in cells]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
