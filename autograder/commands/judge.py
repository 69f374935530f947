"""`autograder judge`: a plain Python file before the exam's judge."""

import json
import tokenize
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autograder.commands.common import AsJson, Sandbox, Unit, readable_errors
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from course_lib.checks.ladder import Report


def judge(unit: Unit, answers: Path, sandbox: Sandbox = "none", as_json: AsJson = False, seed: int = 1) -> None:
    """Judge the functions of a plain Python file as the exam does: one line for each check.

    Example: autograder judge 02_rcnn answers.py --json
    """
    from autograder import exam, papers, reference
    from autograder import judge as judging
    from autograder import sandbox as boxes
    from course_lib.checks import report as reports

    with readable_errors():
        unit = reference.unit_named(unit)
        boxes.require(sandbox)
        if sandbox == "none":
            typer.echo(boxes.WARNING, err=True)
        source = _source(answers)
        asked = [papers.set_paper(unit, check, seed) for check in papers.checks_of(unit)]
        cells = [exam.Cell("run", source, answers.name), *(exam.Cell("check", "", p.check.name) for p in asked)]
        found = exam.sit(unit, cells, {p.check.name: (p.check, p.questions) for p in asked}, kind=sandbox)
        verdict = judging.judge(asked, found.outcomes, [source])
    for name, error in found.errors.items():
        typer.echo(f"{name}: {error}", err=True)
    for report in verdict.reports.values():
        typer.echo(json.dumps(_judged(report)) if as_json else reports.text(report, public=False))


def _source(path: Path) -> str:
    try:
        with tokenize.open(path) as file:  # as Python reads it: byte order mark, declared encoding
            return file.read()
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise CourseError(f"{path} cannot be read.", expected="a Python file in UTF-8", got=str(error)) from error


def _judged(report: "Report") -> dict[str, object]:
    return {
        "name": report.check.name,
        "points": report.points,
        "max": report.check.points,
        "rung": report.rung or None,
        "misconception": report.misconception or None,
    }
