"""`autograder similar`: which submissions share code."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder import similar as likeness
from autograder.commands.common import AsJson, Unit, open_course, readable_errors
from autograder.errors import GradingError
from course_lib.errors import DataMissing

Threshold = Annotated[float, typer.Option(min=0.0, max=1.0, help="Show pairs of which one shares this much.")]


def similar(unit: Unit, threshold: Threshold = 0.8, as_json: AsJson = False) -> None:
    """Compare the students' own code, released code left out, and show the pairs to read side by side.

    Example: autograder similar 02_rcnn --threshold 0.9
    """
    with readable_errors():
        course, config = open_course()
        released = _released(unit, course)
        submitted = course / config.CourseDirectory.get("submitted_directory", "submitted")
        works, failed = _works(unit, submitted, course)
        pairs = likeness.pairs(works, released, threshold)
        for student in likeness.read_only_in_part(works):
            typer.echo(f"{student}: only the first {likeness.MAX_CODE} characters were compared", err=True)
        _show(pairs, len(works), threshold, as_json)
        if failed:
            raise GradingError(f"Not compared: {', '.join(failed)}. The reasons stand above.")


def _released(unit: str, course: Path) -> list[str]:
    """The sources of this unit's releases, the present and the kept ones."""
    from autograder import reference, release

    reference.source_of(unit)
    paths = [release.released(unit, course), *sorted((course / release.KEPT / unit).glob("*.ipynb"))]
    return [c.source for path in paths for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def _works(unit: str, submitted: Path, course: Path) -> tuple[dict[str, list[tuple[str, str]]], list[str]]:
    """The cells that each student wrote, by name, and the students whose folders cannot be read."""
    from autograder import clean, intake, release

    students = clean.students_of(submitted, unit)
    if not students:
        raise DataMissing(f"Nothing was handed in for {unit}.", expected=f"{submitted}/STUDENT/{unit}/{unit}.ipynb")
    present, works, failed = release.find(unit, course, "")[0], {}, []
    for name, reason in clean.misnamed(submitted, unit).items():
        typer.echo(f"{name!r}: {reason}", err=True)
        failed.append(repr(name))
    for student in students:
        try:
            works[student] = _written(intake.read(submitted / student / unit, present, unit).notebook)
        except Exception as error:  # one student's folder is nobody else's trouble
            typer.echo(f"{student}: {type(error).__name__}: {error}", err=True)
            failed.append(student)
    return works, failed


def _written(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """(name, source) of the code cells that are not locked."""
    cells = [c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("locked")]
    names = [c.metadata.get("nbgrader", {}).get("grade_id") or f"own cell {c.id.removeprefix('own-')}" for c in cells]
    return [(name, cell.source) for name, cell in zip(names, cells, strict=True)]


def _show(pairs: list[likeness.Pair], count: int, threshold: float, as_json: bool) -> None:
    if as_json:
        for pair in pairs:
            typer.echo(json.dumps(asdict(pair)))
        return
    typer.echo(f"{count} submissions compared; {len(pairs)} pairs share at least {threshold:.0%} of one's code")
    if not pairs:
        return
    table = Table("student", "shares", "with", "who shares", "cells that are mostly the same")
    for pair in pairs:
        one, other = pair.shares
        words = ", ".join(pair.cells[0]) if pair.cells[0] == pair.cells[1] else " | ".join(map(", ".join, pair.cells))
        row = (pair.students[0], f"{one:.0%}", pair.students[1], f"{other:.0%}", words)
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
    typer.echo("Short right answers look alike: read both before you say anything.")
