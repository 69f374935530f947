"""Marking schemes: they stand in a unit's source, no student gets them, and graders read them beside the answer."""

import copy
from pathlib import Path

import jupytext
from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_task

from autograder.errors import ReleaseError
from course_lib.errors import DataMissing


def with_marking(released: NotebookNode, unit: str, course: Path) -> NotebookNode:
    """The release, its written questions as they stand in the unit's source, with their marking schemes.

    Raises:
        DataMissing: the source is not there.
        ReleaseError: it has another number of questions.
    """
    released = copy.deepcopy(released)
    source = course / "solutions" / unit / f"{unit}.py"
    if not source.exists():
        raise DataMissing(f"The source of unit {unit!r} is not there.", expected=str(source))
    cells = jupytext.read(source, fmt="py:percent").cells
    questions = [cell.source for cell in cells if "written" in cell.metadata.get("tags", [])]
    tasks = [cell for cell in released.cells if is_task(cell)]
    if len(tasks) != len(questions):
        got = f"{len(tasks)} in the exercise, {len(questions)} in {source.name}"
        raise ReleaseError("The written questions are not those of the source.", got=got, advice="`make build`")
    for cell, question in zip(tasks, questions, strict=True):
        cell.source = question
        cell.metadata.nbgrader.checksum = compute_checksum(cell)
    return released
