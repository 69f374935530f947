"""`nbgrader export`: nbgrader's table of grades as a CSV file in which no cell acts when a spreadsheet opens it."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, MissingEntry, Student
from nbgrader.plugins import CsvExportPlugin

from autograder.book import gradebook as books
from autograder.book import privacy

COLUMNS = ["assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email"]
COLUMNS += ["raw_score", "late_submission_penalty", "score", "max_score", "open"]
# A spreadsheet takes a text that begins so for a formula; one that parts cells by ";" also what follows that.
ACTING = re.compile(r"(^|;\s*)(?=[=+\-@\t\r\n＝＋－＠])")


def inert(cell: str) -> str:
    """A text as a spreadsheet shows it: a formula gets an apostrophe in front."""
    return ACTING.sub(r"\1'", cell)


def waiting(gradebook: Gradebook, unit: str) -> dict[str, float]:
    """For each student who handed in something the points that a human has not given yet."""
    try:
        return {row["student"]: row["open"] for row in books.recorded(gradebook, unit)}
    except MissingEntry:  # a unit without cells, as `nbgrader db assignment add` makes it
        return {}


def chosen(gradebook: Gradebook, assignments: Iterable, students: Iterable) -> tuple[list[Assignment], list[Student]]:
    """What is to be exported, in order: units by name, students by last name, first name and id; without a choice all.

    Args:
        assignments, students: as nbgrader's command line gives them.
    """
    wanted, who = {*map(str, assignments)}, {*map(str, students)}
    units = [each for each in gradebook.assignments if each.name in wanted or not wanted]
    people = [each for each in gradebook.students if each.id in who or not who]
    return sorted(units, key=lambda each: each.name), sorted(people, key=_order)


def _order(student: Student) -> tuple[str, str, str]:
    return (student.last_name or "").casefold(), (student.first_name or "").casefold(), student.id


def save(columns: list[str], rows: Iterable[Mapping[str, object]], path: Path) -> None:
    """Write a table, readable by its owner only."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    privacy.write(path, text.getvalue())


class Grades(CsvExportPlugin):
    """nbgrader's columns, and one for what is open. A score that is not known yet is empty, and not 0."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; called by nbgrader."""
        save(COLUMNS, self._rows(gradebook), Path(self.to or "grades.csv"))

    def _rows(self, gradebook: Gradebook) -> Iterator[dict[str, object]]:
        assignments, students = chosen(gradebook, self.assignment, self.student)
        for assignment in assignments:
            open_points = waiting(gradebook, assignment.name)
            for student in students:
                yield _row(gradebook, assignment, student, open_points.get(student.id, 0.0))


def _row(gradebook: Gradebook, assignment: Assignment, student: Student, open_points: float) -> dict[str, object]:
    """One line; who handed in nothing has no points, and while something is open there is no score."""
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
        return row
    penalty = submission.late_submission_penalty or 0.0
    score = "" if open_points else max(0.0, submission.score - penalty)
    given = {"raw_score": submission.score, "late_submission_penalty": penalty, "score": score}
    return row | given | {"timestamp": submission.timestamp, "open": open_points}
