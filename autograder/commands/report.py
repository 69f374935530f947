"""`autograder report`: a class in one view."""

import json
from typing import Annotated

import typer

from autograder.commands.common import Database, Page, Unit, open_course, readable_errors, save

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Names = Annotated[bool, typer.Option("--names", help="Say whose each misconception is.")]


def report(
    unit: Unit, as_json: AsJson = False, html: Page = None, names: Names = False, database: Database = ""
) -> None:
    """Show how a class did: points, checks, what to explain again, what waits for a human, what was slow.

    Example: autograder report 02_rcnn --html report.html
    """
    from rich.console import Console

    from autograder.book import gradebook
    from autograder.report import classbook, page
    from course_lib import units

    with readable_errors():
        unit = units.find(unit).id
        course, config = open_course(database)
        db_url = gradebook.address(config.CourseDirectory.db_url)
        summary = classbook.read(unit, course, db_url, lambda line: typer.echo(line, err=True), names)
        if html:
            save(html, page.page(summary))
    if as_json:
        typer.echo(json.dumps(summary.to_dict()))
    else:
        page.show(summary, Console())
