"""`autograder students`: a list of students enters the gradebook."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import DOUBTFUL, Database, open_course, readable_errors

File = Annotated[Path, typer.Argument(help="A CSV file of nbgrader's, Moodle's or Canvas'.", metavar="FILE")]
Id = Annotated[str, typer.Option("--id", help="The heading of the column that becomes the id.", metavar="COLUMN")]


def students(file: File, id_column: Id = "", database: Database = "") -> None:
    """Enter names, email addresses and numbers from a list; nobody is removed. Status 3 when rows were left out.

    Example: autograder students participants.csv
    """
    from nbgrader.api import Gradebook

    from autograder.book import gradebook
    from autograder.handin import lists

    with readable_errors():
        _, config = open_course(database)
        url = gradebook.address(config.CourseDirectory.db_url)
        gradebook.require(url)
        listed = lists.read(file, id_column)
        with Gradebook(url, config.CourseDirectory.course_id) as book:
            new, changed = gradebook.quiet(lists.enter)(listed.students, book)
    same = len(listed.students) - len(new) - len(changed)
    typer.echo(f"A list of {listed.kind}, ids from the column {listed.id!r}: {len(listed.students)} students")
    typer.echo(f"{len(new)} new, {len(changed)} changed, {same} as before")
    for line in listed.odd:
        typer.echo(f"left out, {line}", err=True)
    if listed.odd:
        raise typer.Exit(DOUBTFUL)
