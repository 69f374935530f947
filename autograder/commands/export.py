"""`autograder export`: grades as Moodle or Canvas import them."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import Database, Platform, Unit, open_course, readable_errors

For = Annotated[Platform, typer.Option("--for", help="Who takes the file.")]
To = Annotated[Path | None, typer.Option(help="The file; by default grades_UNIT_PLATFORM.csv.", metavar="FILE")]
Heading = Annotated[str, typer.Option(help="The column's heading in Canvas' own export.", metavar="TEXT")]


def export(unit: Unit, platform: For, to: To = None, heading: Heading = "", database: Database = "") -> None:
    """Write a unit's grades as a CSV file in the columns of Moodle or Canvas; what is not graded yet stays empty.

    Example: autograder export 02_rcnn --for canvas --heading "Exercise 2 (4711)"
    """
    from nbgrader.api import Gradebook

    from autograder.book import gradebook
    from autograder.handin import exports
    from course_lib import units

    with readable_errors():
        unit = units.find(unit).id
        course, config = open_course(database)
        url = gradebook.address(config.CourseDirectory.db_url)
        gradebook.require(url)
        target = to or course / f"grades_{unit}_{platform.value}.csv"
        options = {"assignment": [unit], "to": str(target)}
        writer = exports.Moodle(**options)
        if platform is Platform.canvas:
            writer = exports.Canvas(headings={unit: heading} if heading else {}, **options)
        with Gradebook(url, config.CourseDirectory.course_id) as book:
            students = len(book.students)
            graded = len(gradebook.quiet(exports.points)(book, unit))
            gradebook.quiet(writer.export)(book)
        typer.echo(f"{to or target.name}: {graded} of {students} students have a grade")
        if platform is Platform.canvas and not heading:
            typer.echo(f"Canvas will ask which assignment {unit!r} is; --heading names it", err=True)
