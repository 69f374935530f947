"""The `autograder` command: build, grade, judge."""

import json
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from course_lib.errors import CourseError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Release, grade and judge the course's exercises.")
Unit = Annotated[str, typer.Argument(help="For example 02_rcnn.")]
Sandbox = Annotated[str, typer.Option(help='Where student code runs. Only "none" so far: a plain process with limits.')]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@contextmanager
def readable_errors() -> Iterator[None]:
    """A named error becomes one readable message and exit status 1."""
    try:
        yield
    except CourseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def build(unit: Unit) -> None:
    """Enter a unit's release into the gradebook and keep a copy of it.

    Example: autograder build 02_rcnn
    """
    from autograder import release

    with readable_errors():
        course, config = _course()
        name = release.register(unit, course, config.CourseDirectory.db_url)
        typer.echo(f"{unit}: release {name} is in the gradebook and kept in {release.KEPT}/{unit}/")


@app.command()
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
        course, config = _course()
        typer.echo(boxes.WARNING, err=True)
        directory = CourseDirectory(config=config, assignment_id=unit)
        Autograde(coursedir=directory, config=config, force=force).start()
        _show_grades(_grades(unit, directory.db_url), as_json)


def _course() -> tuple[Path, "object"]:
    """The course's folder and its nbgrader configuration; the examiner is installed by reading it.

    nbgrader starts the program `alembic`, which lies beside this Python.
    """
    from traitlets.config.loader import PyFileConfigLoader

    from autograder.examiner import find_course

    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    course = find_course(Path.cwd())
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(course)
    if "db_url" not in config.CourseDirectory:
        config.CourseDirectory.db_url = f"sqlite:///{course / 'gradebook.db'}"
    return course, config


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


@app.command()
def judge(unit: Unit, answers: Path, sandbox: Sandbox = "none", as_json: AsJson = False, seed: int = 1) -> None:
    """Judge the functions of a plain Python file as the exam does: one line for each check.

    Example: autograder judge 02_rcnn answers.py --json
    """
    from autograder import exam, papers
    from autograder import judge as judging
    from autograder import sandbox as boxes
    from course_lib.checks import report as reports

    with readable_errors():
        boxes.require(sandbox)
        typer.echo(boxes.WARNING, err=True)
        source = _source(answers)
        asked = [papers.set_paper(unit, check, seed) for check in papers.checks_of(unit)]
        cells = [exam.Cell("run", source, answers.name), *(exam.Cell("check", "", p.check.name) for p in asked)]
        found = exam.sit(unit, cells, {p.check.name: (p.check, p.questions) for p in asked}, kind=sandbox)
        verdict = judging.judge(asked, found.outcomes, [source])
    for name, error in found.errors.items():
        typer.echo(f"{name}: {error}", err=True)
    for report in verdict.reports.values():
        typer.echo(json.dumps(_judged(report)) if as_json else reports.text(report))


def _source(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path} cannot be read.", expected="a Python file in UTF-8", got=str(error)) from error


def _judged(report) -> dict:
    return {
        "name": report.check.name,
        "points": report.points,
        "max": report.check.points,
        "rung": report.rung or None,
        "misconception": report.misconception or None,
    }


def main() -> None:
    """The entry point: nbgrader's own deprecation warnings are not the instructor's business."""
    if not sys.warnoptions:
        warnings.filterwarnings("ignore", module="nbgrader|sqlalchemy|traitlets")
    app()


if __name__ == "__main__":
    main()
