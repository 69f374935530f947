"""`autograder similar`: which submissions share code."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.commands.common import AsJson, Unit, open_course, readable_errors
from autograder.errors import GradingError

Threshold = Annotated[float, typer.Option(min=0.0, max=1.0, help="Show pairs of which one shares this much.")]


def similar(unit: Unit, threshold: Threshold = 0.8, as_json: AsJson = False) -> None:
    """Compare the students' own code, released code left out, and show the pairs to read side by side.

    Example: autograder similar 02_rcnn --threshold 0.9
    """
    from autograder import reference
    from autograder import similar as likeness

    with readable_errors():
        unit = reference.unit_named(unit)
        course, config = open_course()
        released = likeness.released_sources(unit, course)
        submitted = course / config.CourseDirectory.get("submitted_directory", "submitted")
        works, failed = likeness.works_of(unit, submitted, course)
        for student, reason in failed.items():
            typer.echo(f"{student}: {reason}", err=True)
        pairs = likeness.pairs(works, released, threshold)
        for student in likeness.read_only_in_part(works):
            typer.echo(f"{student}: only the first {likeness.MAX_CODE} characters were compared", err=True)
        _show(pairs, len(works), threshold, as_json)
        if failed:
            raise GradingError(f"Not compared: {', '.join(failed)}. The reasons stand above.")


def _show(pairs: list, count: int, threshold: float, as_json: bool) -> None:
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
