"""What a cell is there for. nbgrader's metadata in the release say it; a name alone says nothing.

A graded function may be called `check_cycle`, `experiment_mean` or `fit`: it is a cell in which students write.
"""

import re

from nbformat import NotebookNode

EXPERIMENT = re.compile(r"experiment(_\d+)?")  # the names of locked cells, as the build gives them
FIT = "fit"


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write in this cell."""
    return _is(cell, "solution")


def is_locked(cell: NotebookNode) -> bool:
    """Whether it is given, and comes from the release whatever was handed in."""
    return _is(cell, "locked")


def checked(cell: NotebookNode) -> str:
    """The name of the check that a cell asks for; "" where it is no check's cell."""
    asks = cell.cell_type == "code" and _is(cell, "grade") and not is_solution(cell)
    return grade_id(cell).removeprefix("check_") if asks else ""


def role(cell: NotebookNode) -> str:
    """What the exam does with a code cell: "run", "fit" (run, and it may take long), "check" (ask) or "skip"."""
    if checked(cell):
        return "check"
    if is_solution(cell) or not is_locked(cell):
        return "run"
    return "fit" if grade_id(cell) == FIT else "skip" if EXPERIMENT.fullmatch(grade_id(cell)) else "run"


def _is(cell: NotebookNode, what: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(what))
