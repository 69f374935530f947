"""`autograder similar`: which submissions share code."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.commands.common import AsJson, Page, Unit, open_course, readable_errors, save
from autograder.errors import GradingError

Threshold = Annotated[float, typer.Option(min=0.0, max=1.0, help="Show pairs of which one shares this much.")]
SHOWN = 20  # pairs in the terminal


def similar(unit: Unit, threshold: Threshold = 0.8, as_json: AsJson = False, html: Page = None) -> None:
    """Compare the students' own code, released code left out, and show the pairs to read side by side.

    Example: autograder similar 02_rcnn --threshold 0.9 --html similar.html
    """
    from autograder.report import similar as likeness
    from autograder.report import similar_page
    from course_lib import units

    with readable_errors():
        unit = units.find(unit).id
        course, config = open_course()
        released = likeness.released_sources(unit, course)
        submitted = course / config.CourseDirectory.get("submitted_directory", "submitted")
        works, failed = likeness.works_of(unit, submitted, course)
        for student, reason in failed.items():
            typer.echo(f"{student}: {reason}", err=True)
        prints = likeness.fingerprints(works, released)
        pairs = likeness.among(prints, threshold)
        for student in likeness.read_only_in_part(works):
            typer.echo(f"{student}: only the first {likeness.MAX_CODE} characters were compared", err=True)
        if html:
            save(html, similar_page.page(unit, pairs, prints))
        if as_json:
            for pair in pairs:
                typer.echo(json.dumps(asdict(pair)))
        else:
            _show(pairs, likeness.groups(pairs), len(works), threshold)
        if failed:
            raise GradingError(f"Not compared: {', '.join(failed)}. The reasons stand above.")


def _show(pairs: list, groups: list, count: int, threshold: float) -> None:
    """The groups, each in a line, and the pairs that are most alike."""
    share = "1 pair shares" if len(pairs) == 1 else f"{len(pairs)} pairs share"
    found = f"{share} at least {threshold * 100:g} % of one's code"
    within = f", in {len(groups)} group{'s' * (len(groups) > 1)}" if pairs else ""
    typer.echo(f"{count} submissions compared; {found}{within}")
    if not pairs:
        return
    for number, (students, theirs) in enumerate(groups, 1):
        if len(students) > 2:
            typer.echo(f"group {number}: {', '.join(students)} ({len(theirs)} pairs)")
    table = Table("student", "shares", "with", "who shares", "cells that are mostly the same")
    for pair in pairs[:SHOWN]:
        one, other = pair.shares
        words = ", ".join(pair.cells[0]) if pair.cells[0] == pair.cells[1] else " | ".join(map(", ".join, pair.cells))
        row = (pair.students[0], f"{one:.0%}", pair.students[1], f"{other:.0%}", words)
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
    if len(pairs) > SHOWN:
        typer.echo(f"{len(pairs) - SHOWN} more pairs: --html FILE shows each side by side, --json names them")
    typer.echo("Short right answers look alike: read both before you say anything.")
