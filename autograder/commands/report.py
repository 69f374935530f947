"""`autograder report`: a class in one view."""

import json
from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import Database, Unit, open_course, readable_errors
from course_lib.errors import CacheError

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Page = Annotated[Path | None, typer.Option("--html", help="Write a page that needs nothing else.", metavar="FILE")]


def report(unit: Unit, as_json: AsJson = False, html: Page = None, database: Database = "") -> None:
    """Show how a class did: points, checks, what to explain again, what waits for a human, what was slow.

    Example: autograder report 02_rcnn --html report.html
    """
    from rich.console import Console

    from autograder import classbook, gradebook, reference, report_page

    with readable_errors():
        unit = reference.unit_named(unit)
        course, config = open_course(database)
        db_url = gradebook.address(config.CourseDirectory.db_url)
        summary = classbook.read(unit, course, db_url, lambda line: typer.echo(line, err=True))
        if html:
            _save(html, report_page.page(summary))
    if as_json:
        typer.echo(json.dumps(summary.to_dict()))
    else:
        report_page.show(summary, Console())


def _save(path: Path, page: str) -> None:
    from autograder import privacy

    try:
        privacy.write(path, page)
    except OSError as error:
        raise CacheError(f"{path} cannot be written.", got=error.strerror or str(error)) from error
    typer.echo(f"written: {path}", err=True)
