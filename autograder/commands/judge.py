"""`autograder judge`: a plain Python file, or a notebook, before the exam's judge."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from autograder.commands.common import AsJson, Sandbox, Unit, readable_errors

if TYPE_CHECKING:
    from course_lib.checks.ladder import Report

UNBOXED = "Judged without a sandbox: the file's code runs with your rights, and may read and write all that you may."


def judge(unit: Unit, answers: Path, sandbox: Sandbox = "bubblewrap", as_json: AsJson = False, seed: int = 1) -> None:
    """Judge the functions of a Python file or a notebook as the exam does, in its sandbox: one line for each check.

    Example: autograder judge 02_rcnn answers.py --json
    """
    from autograder.box import sandbox as boxes
    from autograder.exam import judge as judging
    from autograder.exam import papers, sitting, to_judge
    from course_lib import units
    from course_lib.checks import report as reports

    with readable_errors():
        unit = units.find(unit).id
        cells = to_judge.cells_in(answers, [check.name for check in papers.checks_of(unit)])
        boxes.warm_up(sandbox)  # it imports torch while the questions are set
        if sandbox == "none":
            typer.echo(UNBOXED, err=True)
        asked = [papers.set_paper(unit, check, seed) for check in papers.checks_of(unit)]
        questions = {p.check.name: (p.check, p.questions) for p in asked}
        beside, weights = to_judge.neighbours(answers), to_judge.weights_of(answers, unit)
        found = sitting.sit(unit, cells, questions, weights, sandbox, files=beside)
        verdict = judging.judge(asked, found.outcomes, [cell.source for cell in cells if cell.role == "run"])
    for name, error in found.errors.items():
        typer.echo(f"{name}: {error}", err=True)
    for report in verdict.reports.values():
        typer.echo(json.dumps(_judged(report)) if as_json else reports.text(report, public=False))


def _judged(report: "Report") -> dict[str, object]:
    return {
        "name": report.check.name,
        "points": report.points,
        "max": report.check.points,
        "rung": report.rung or None,
        "misconception": report.misconception or None,
    }
