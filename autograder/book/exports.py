"""`nbgrader export`: nbgrader's table of grades as a CSV file in which no cell acts when a spreadsheet opens it."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import CsvExportPlugin

from autograder.book import privacy

COLUMNS = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
COLUMNS += ["raw_score", "late_submission_penalty", "score", "max_score"]
ACTING = tuple("=+-@\t\r\n＝＋－＠")  # a spreadsheet takes a text that begins so for a formula


def inert(cell: str) -> str:
    """A text as a spreadsheet shows it: a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(ACTING) else cell


class Grades(CsvExportPlugin):
    """nbgrader's columns and numbers, readable by their owner only."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; called by nbgrader."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self._rows(gradebook))
        privacy.write(Path(self.to or "grades.csv"), text.getvalue())

    def _rows(self, gradebook: Gradebook) -> Iterator[dict[str, object]]:
        assignments, students = {*map(str, self.assignment)}, {*map(str, self.student)}
        for assignment in gradebook.assignments:
            for student in gradebook.students:
                if (assignment.name in assignments or not assignments) and (student.id in students or not students):
                    yield _row(gradebook, assignment, student)


def _row(gradebook: Gradebook, assignment: Assignment, student: Student) -> dict[str, object]:
    """One line; who handed in nothing has 0 points, as nbgrader counts."""
    texts = {
        "assignment": assignment.name,
        "student_id": student.id,
        "last_name": student.last_name,
        "first_name": student.first_name,
        "email": student.email,
    }
    row: dict[str, object] = {name: inert(value or "") for name, value in texts.items()}
    row |= {"duedate": assignment.duedate, "max_score": assignment.max_score}
    try:
        submission = gradebook.find_submission(assignment.name, student.id)
    except MissingEntry:
        return row | {"raw_score": 0.0, "late_submission_penalty": 0.0, "score": 0.0}
    penalty = submission.late_submission_penalty or 0.0
    score = max(0.0, submission.score - penalty)
    given = {"raw_score": submission.score, "late_submission_penalty": penalty, "score": score}
    return row | given | {"timestamp": submission.timestamp}
