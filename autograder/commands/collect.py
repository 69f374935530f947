"""`autograder collect`: what students handed in by Moodle or Canvas is laid into submitted/."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.commands.common import DOUBTFUL, Database, Unit, open_course, readable_errors

if TYPE_CHECKING:
    from datetime import datetime

    from autograder.handin.collecting import Collected
    from autograder.handin.students import Roster

Archives = Annotated[list[Path], typer.Argument(help="The zip files of all submissions.", metavar="ARCHIVE…")]
Worksheet = Annotated[Path | None, typer.Option(help="Moodle's grading worksheet: names, times.", metavar="FILE")]
Zone = Annotated[str, typer.Option(help="Where the worksheet's times are those of the clock.", metavar="AREA/CITY")]


def collect(
    unit: Unit, archives: Archives, worksheet: Worksheet = None, zone: Zone = "", database: Database = ""
) -> None:
    """Lay what Moodle or Canvas give as zip files into submitted/; nothing is overwritten. Status 3: look at the rest.

    Example: autograder collect 02_rcnn "Exercise 2-4711.zip" --worksheet worksheet.csv --zone Europe/Berlin
    """
    from autograder.book import gradebook
    from autograder.handin import collecting, memory
    from autograder.handin import worksheet as worksheets
    from course_lib import units

    with readable_errors():
        unit = units.find(unit).id
        course, config = open_course(database)
        url = gradebook.address(config.CourseDirectory.db_url)
        roster, due = gradebook.quiet(_class)(url, unit)
        lines = worksheets.read(worksheet, zone) if worksheet else {}
        submitted = course / config.CourseDirectory.get("submitted_directory", "submitted")
        told = collecting.collect(unit, archives, submitted, roster, lines, due)
        for platform, senders in told.senders.items():
            moved = memory.remember(unit, gradebook.folder(url, course), platform, senders)
            told.odd += [f"{student} came under another number of {platform}'s before" for student in moved]
    _show(told)
    if told.not_placed or told.odd:
        raise typer.Exit(DOUBTFUL)


def _class(url: str, unit: str) -> tuple["Roster", "datetime | None"]:
    """The students, and when the unit is due.

    Raises:
        DataMissing: there are no students yet.
    """
    from nbgrader.api import Gradebook, MissingEntry

    from autograder.book import gradebook
    from autograder.handin.students import Roster, known
    from course_lib.errors import DataMissing

    gradebook.require(url)
    with Gradebook(url) as book:
        students = known(book)
        try:
            due = book.find_assignment(unit).duedate
        except MissingEntry:
            due = None
    if not students:
        advice = "`autograder students FILE`, with the list that Moodle or Canvas exports"
        raise DataMissing("The gradebook knows no students, so that nobody's work has a place.", advice=advice)
    return Roster(students), due


def _show(told: "Collected") -> None:
    """What was placed, and what somebody should know."""
    for student, files in sorted(told.placed.items()):
        typer.echo(f"{student}: {', '.join(sorted(files))}")
    counts = [f"{len(told.placed)} placed"]
    counts += [f"{len(told.there)} already there"] * bool(told.there)
    counts += [f"{len(told.not_placed)} not placed"] * bool(told.not_placed)
    typer.echo(", ".join(counts))
    _list("Late:", told.late)
    if told.untimed:
        typer.echo(f"{len(told.untimed)} count as in time: an archive does not say when something was handed in")
    _list("Left out:", told.left, err=True)
    _list("Not placed:", told.not_placed, err=True)
    _list("Look at:", dict.fromkeys(told.odd, ""), err=True)


def _list(title: str, lines: dict[str, str], err: bool = False) -> None:
    if lines:
        typer.echo(title, err=err)
    for what, why in sorted(lines.items()):
        typer.echo(f"  {what}: {why}" if why else f"  {what}", err=err)
