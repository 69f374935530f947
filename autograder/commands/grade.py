"""`autograder grade`: a class is graded."""

import json

import typer
from rich.console import Console
from rich.table import Table

from autograder.commands.common import AsJson, Sandbox, Unit, open_course, readable_errors


def grade(unit: Unit, sandbox: Sandbox = "none", as_json: AsJson = False, force: bool = False) -> None:
    """Grade all that lies in submitted/*/UNIT, as `nbgrader autograde` does, and show each student's points.

    Example: autograder grade 02_rcnn --force
    """
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from autograder import papers
    from autograder import sandbox as boxes

    with readable_errors():
        boxes.require(sandbox)
        papers.checks_of(unit)
        _, config = open_course()
        typer.echo(boxes.WARNING, err=True)
        directory = CourseDirectory(config=config, assignment_id=unit)
        Autograde(coursedir=directory, config=config, force=force).start()
        _show_grades(_grades(unit, directory.db_url), as_json)


def _grades(unit: str, db_url: str) -> list[dict]:
    from nbgrader.api import Gradebook

    with Gradebook(db_url) as gradebook:
        return [
            {
                "student": submission.student.id,
                "points": submission.score,
                "max": submission.max_score,
                "checks": {
                    grade.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades
                },
            }
            for submission in gradebook.assignment_submissions(unit)
        ]


def _show_grades(grades: list[dict], as_json: bool) -> None:
    if as_json:
        for row in grades:
            typer.echo(json.dumps(row))
        return
    table = Table("student", "points", "of", title="Written questions wait for a human")
    for row in sorted(grades, key=lambda row: row["student"]):
        table.add_row(row["student"], f"{row['points']:g}", f"{row['max']:g}")
    Console().print(table)
