"""`autograder report`: a class in one view."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.common import Database, Unit, open_course, readable_errors
from autograder.report import Row, Summary, summarize
from autograder.results import Result
from course_lib.errors import CacheError, DataBroken, DataMissing

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Page = Annotated[Path | None, typer.Option("--html", help="Write a page that needs nothing else.", metavar="FILE")]


def report(unit: Unit, as_json: AsJson = False, html: Page = None, database: Database = "") -> None:
    """Show how a class did: points, checks, what to explain again, what waits for a human, what was slow.

    Example: autograder report 02_rcnn --html report.html
    """
    from autograder import report_page

    with readable_errors():
        summary = _summary(unit, database)
        if html:
            _save(html, report_page.page(summary))
    if as_json:
        typer.echo(json.dumps(summary.to_dict()))
    else:
        report_page.show(summary, Console())


def _summary(unit: str, database: str) -> Summary:
    """Read gradebook and journal.

    Raises:
        DataMissing: nothing of this unit is graded.
    """
    from autograder import gradebook, misconceptions, reference
    from autograder.release import quiet

    reference.source_of(unit)
    course, config = open_course(database)
    db_url = gradebook.address(config.CourseDirectory.db_url)
    gradebook.require(db_url)
    rows = quiet(rows_of)(unit, db_url)
    if not rows:
        raise DataMissing(f"Nothing of {unit} is graded yet.", advice=f"`autograder grade {unit}`")
    known = {row.student for row in rows}
    results = [r for r in journaled(unit, gradebook.folder(db_url, course)) if r.student in known]
    return summarize(unit, rows, results, {(m.check, m.name): m.sentence for m in misconceptions.of(unit)})


def rows_of(unit: str, db_url: str) -> list[Row]:
    """The gradebook's submissions of a unit."""
    from nbgrader.api import Gradebook, MissingEntry

    with Gradebook(db_url) as gradebook:
        try:
            waiting = _waiting(gradebook, unit)
        except MissingEntry:
            return []
        return [
            Row(s.student.id, round(s.score, 2), s.max_score, waiting[s.student.id], s.late_submission_penalty or 0.0)
            for s in gradebook.assignment_submissions(unit)
        ]


def _waiting(gradebook, unit: str) -> dict[str, tuple[str, ...]]:
    """For each student the cells that need a manual grade."""
    from nbgrader.api import BaseCell, Grade, Student, SubmittedAssignment, SubmittedNotebook
    from sqlalchemy import select

    query = (
        select(Student.id, BaseCell.name)
        .join(SubmittedAssignment, SubmittedAssignment.student_id == Student.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(SubmittedAssignment.assignment_id == gradebook.find_assignment(unit).id, Grade.needs_manual_grade)
    )
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for student, cell in gradebook.db.execute(query):
        found[student] += (cell,)
    return found


def journaled(unit: str, beside: Path) -> Iterator[Result]:
    """The exams' results that lie beside the gradebook; what cannot be read is said, and left out."""
    from autograder.journal import FOLDER

    for path in sorted((beside / FOLDER / unit).glob("*.json")):
        try:
            yield Result.from_json(json.loads(path.read_text(encoding="utf-8"))["result"])
        except (OSError, ValueError, TypeError, KeyError, DataBroken) as error:
            typer.echo(f"{path.name} is left out: {type(error).__name__}: {error}", err=True)


def _save(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise CacheError(f"{path} cannot be written.", got=error.strerror or str(error)) from error
    typer.echo(f"written: {path}", err=True)
