"""Grades as Moodle and Canvas import them, by nbgrader's exporter plug-in. What is not graded is empty, and not 0.

    nbgrader export --exporter=autograder.handin.exports.Moodle --assignment "['02_rcnn']" --to grades_moodle.csv

Moodle's file is a grading worksheet (mod/assign/feedback/offline/importgradeslib.php asks for its Identifier, Grade and
Last modified (grade)); *Grades, Import* takes it too, with the email address or the id to tell students by.
Its column of comments is left out: an empty cell would erase what somebody wrote there.

Canvas' file has the columns of lib/gradebook_exporter.rb, as lib/gradebook_importer.rb reads them: the ID, else the
login, else the name tells whose a line is; a column's heading ends with the number of Canvas' assignment.
"""

from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets import Dict

from autograder.book import gradebook as books
from autograder.book.examiner import find_course
from autograder.book.exports import chosen, inert, save, waiting
from autograder.handin import memory
from autograder.handin.layouts import CANVAS, MOODLE
from autograder.handin.students import Student, known
from course_lib.errors import DataMissing

GRADE, CHANGED = "Grade", "Last modified (grade)"
WORKSHEET = ["Identifier", "Full name", "Student id", "Email address", GRADE, "Maximum grade", CHANGED]
BOOK = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
POSSIBLE = "    Points Possible"


def points(book: Gradebook, unit: str) -> dict[str, float]:
    """Everybody's points who is graded in full, less what lateness costs."""
    open_points, found = waiting(book, unit), {}
    for student, left in open_points.items():
        submission = book.find_submission(unit, student)
        if not left:
            found[student] = round(max(0.0, submission.score - (submission.late_submission_penalty or 0.0)), 2)
    return found


def _most(book: Gradebook, unit: str) -> float:
    try:
        return book.find_assignment(unit).max_score
    except MissingEntry as error:
        raise DataMissing(f"The gradebook knows no {unit}.", advice=f"`autograder build {unit}`") from error


class Platform(ExportPlugin):
    """What both have in common: the students in order, and where collecting has kept how a platform knows them."""

    def students(self, book: Gradebook) -> list[Student]:
        """Those that were asked for, by last name, first name and id."""
        wanted = {student.id for student in chosen(book, [], self.student)[1]}
        return [student for student in known(book) if student.id in wanted]

    def units(self, book: Gradebook) -> list[str]:
        """The units that were asked for.

        Raises:
            DataMissing: the gradebook has none of them.
        """
        found = [unit.name for unit in chosen(book, self.assignment, [])[0]]
        if not found:
            raise DataMissing("There is no such unit in the gradebook.", got=", ".join(map(str, self.assignment)))
        return found

    def senders(self, book: Gradebook, unit: str, platform: str) -> dict[str, memory.Sender]:
        """How the platform knows the students."""
        beside = books.folder(str(book.engine.url), find_course(Path.cwd()))
        return memory.recall(unit, beside, platform)


class Moodle(Platform):
    """A grading worksheet for one unit."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; called by nbgrader.

        Raises:
            DataMissing: not exactly one unit was asked for.
        """
        units = self.units(gradebook)
        if len(units) > 1:
            advice = f"--assignment \"['{units[0]}']\""
            raise DataMissing("Moodle takes one unit in a file.", got=", ".join(units), advice=advice)
        save(WORKSHEET, self._rows(gradebook, units[0]), Path(self.to or f"grades_{units[0]}_moodle.csv"))

    def _rows(self, book: Gradebook, unit: str) -> Iterator[dict[str, object]]:
        found, most, senders = points(book, unit), _most(book, unit), self.senders(book, unit, MOODLE)
        for student in self.students(book):
            sender = senders.get(student.id)
            number = f"Participant {sender.number}" if sender else ""
            yield {
                "Identifier": inert(sender.identifier or number) if sender else "",
                "Full name": inert(student.name),
                "Student id": inert(student.id),
                "Email address": inert(student.email),
                GRADE: f"{found[student.id]:g}" if student.id in found else "",
                "Maximum grade": f"{most:g}",
                CHANGED: "-",
            }


class Canvas(Platform):
    """A grade book with a column for each unit."""

    headings = Dict({}, help="Canvas' heading of each unit's column: {'02_rcnn': 'Exercise 2 (4711)'}.").tag(
        config=True
    )

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; called by nbgrader."""
        units = self.units(gradebook)
        heads = {unit: inert(str(self.headings.get(unit, unit))) for unit in units}
        save([*BOOK, *heads.values()], self._rows(gradebook, heads), Path(self.to or "grades_canvas.csv"))

    def _rows(self, book: Gradebook, heads: dict[str, str]) -> Iterator[dict[str, object]]:
        found = {unit: points(book, unit) for unit in heads}
        numbers = {who: each.number for unit in heads for who, each in self.senders(book, unit, CANVAS).items()}
        yield {"Student": POSSIBLE, **{head: f"{_most(book, unit):g}" for unit, head in heads.items()}}
        for student in self.students(book):
            grades = {heads[unit]: f"{found[unit][student.id]:g}" for unit in heads if student.id in found[unit]}
            name = ", ".join(part for part in (student.last_name, student.first_name) if part) or student.id
            number = student.lms_user_id or numbers.get(student.id, "")
            yield {"Student": inert(name), "ID": inert(number), "SIS Login ID": inert(student.id), **grades}
