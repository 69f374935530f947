"""A class read from the gradebook and from the journal beside it, for the report."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from nbgrader.api import (
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import select

from autograder import misconceptions
from autograder.book import gradebook
from autograder.book.gradebook import quiet
from autograder.book.journal import FOLDER
from autograder.book.lateness import moment
from autograder.exam.results import Result
from autograder.report.summary import Row, Summary, summarize
from course_lib.errors import DataBroken, DataMissing


def read(unit: str, course: Path, db_url: str, say: Callable[[str], None], names: bool = False) -> Summary:
    """The class's summary.

    Args:
        say: is told of each result in the journal that cannot be read.
        names: say whose each misconception is.

    Raises:
        DataMissing: nothing of this unit is graded.
        GradebookError: the gradebook cannot be used.
    """
    rows = rows_of(unit, db_url)
    if not rows:
        raise DataMissing(f"Nothing of {unit} is graded yet.", advice=f"`autograder grade {unit}`")
    known = {row.student for row in rows}
    results = [r for r in journaled(unit, gradebook.folder(db_url, course), say) if r.student in known]
    sentences = {(m.check, m.name): m.sentence for m in misconceptions.of(unit)}
    return summarize(unit, rows, results, sentences, names)


def rows_of(unit: str, db_url: str) -> list[Row]:
    """The gradebook's submissions of a unit; none where there is no gradebook yet.

    Raises:
        GradebookError: the gradebook cannot be used.
    """
    if (file := gradebook.sqlite_file(db_url)) and not file.exists():
        return []
    gradebook.require(db_url)
    return quiet(_rows)(unit, db_url)


def _rows(unit: str, db_url: str) -> list[Row]:
    with Gradebook(db_url) as book:
        try:
            waiting, changed = _waiting(book, unit, marked=False), _waiting(book, unit, marked=True)
        except MissingEntry:
            return []
        worth = gradebook.worth(book, unit)
        return [
            Row(
                submission.student.id,
                round(submission.score, 2),
                submission.max_score,
                waiting[submission.student.id],
                sum(worth.get(cell, 0.0) for cell in waiting[submission.student.id]),
                changed[submission.student.id],
                submission.late_submission_penalty or 0.0,
                float(submission.total_seconds_late),
                moment(submission.timestamp),
            )
            for submission in book.assignment_submissions(unit)
        ]


def _waiting(book: Gradebook, unit: str, marked: bool) -> dict[str, tuple[str, ...]]:
    """For each student the cells that need a human: those that have a manual score already, or those that have none."""
    query = (
        select(Student.id, BaseCell.name)
        .join(SubmittedAssignment, SubmittedAssignment.student_id == Student.id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .where(SubmittedAssignment.assignment_id == book.find_assignment(unit).id, Grade.needs_manual_grade)
        .where(Grade.manual_score.is_not(None) if marked else Grade.manual_score.is_(None))
    )
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for student, cell in book.db.execute(query):
        found[student] += (cell,)
    return found


def journaled(unit: str, beside: Path, say: Callable[[str], None]) -> Iterator[Result]:
    """The exams' results that lie beside the gradebook; what cannot be read is said, and left out."""
    for path in sorted((beside / FOLDER / unit).glob("*.json")):
        try:
            yield Result.from_json(json.loads(path.read_text(encoding="utf-8"))["result"])
        except (OSError, ValueError, TypeError, KeyError, DataBroken) as error:
            say(f"{path.name} is left out: {type(error).__name__}: {' '.join(str(error).split())}")
