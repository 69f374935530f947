"""A class: every submission examined by workers, recorded by nbgrader's own Autograde in this process alone.

Each result is kept in the journal before its grades are written, so that grading goes on where it was stopped.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nbconvert.exporters import NotebookExporter
from nbconvert.writers import FilesWriter
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograder.book import examiner, gradebook, privacy
from autograder.book.gradebook import quiet
from autograder.cohort import crew
from autograder.cohort.tasks import Task, Tasks, digest, version_of
from autograder.errors import BoxError, GradingError
from autograder.exam.results import Result
from autograder.intake import names
from autograder.intake.clean import FULL, misnamed, students_of, take_in_all
from autograder.release import releases
from course_lib import units
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from traitlets.config import Config

KEPT = "start again: what is graded is kept"
AHEAD = timedelta(minutes=10)  # by which two clocks may differ


@dataclass(frozen=True)
class Plan:
    """What is to be graded, and how.

    Attributes:
        submissions: the folder of the students' folders; "" for the configured one.
        workers: processes on this machine, where there is no scheduler.
        scheduler: a Dask scheduler's address, or "".
        anyone: that scheduler may be open to everybody who reaches it.
        sandbox: its kind; "" for the configured one.
        force: examine and record again what is graded already.
        students: only these; all where there are none.
        new_key: the key may be another one than the one with which work was graded.
    """

    unit: str
    submissions: str = ""
    workers: int = 1
    scheduler: str = ""
    anyone: bool = False
    sandbox: str = ""
    force: bool = False
    students: tuple[str, ...] = ()
    new_key: bool = False


@dataclass(frozen=True)
class Event:
    """Something that the person who waits may want to see.

    Attributes:
        kind: "found" (`count` submissions to grade, `known` of them examined before), "graded", "failed", "waiting"
            (for workers), or "noticed" (something odd that stops nobody).
    """

    kind: str
    student: str = ""
    result: Result | None = None
    reason: str = ""
    count: int = 0
    known: int = 0


@dataclass
class Graded:
    """How it went.

    Attributes:
        rows: everyone's grades in the gradebook.
        failed: who could not be graded as they should be, and why.
        doubtful: who was graded, but in whose hand-in somebody should look at something, and at what.
        examined: who was examined now.
    """

    rows: list[dict] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)
    examined: list[str] = field(default_factory=list)


def grade(plan: Plan, config: "Config", tell: Callable[[Event], None]) -> Graded:
    """Grade a class.

    Raises:
        CourseError: nobody could be graded: unknown unit, database, scheduler, sandbox, disk. What was done is kept.
    """
    plan = replace(plan, unit=units.find(plan.unit).id)
    if plan.submissions and not Path(plan.submissions).is_dir():
        expected, got = "the folder of the students' folders", plan.submissions
        raise GradingError("There is nothing to grade: this folder is not there.", expected=expected, got=got)
    config.CourseDirectory.db_url = gradebook.address(config.CourseDirectory.db_url)
    gradebook.require(config.CourseDirectory.db_url)
    directory = CourseDirectory(config=config, assignment_id=plan.unit)
    if plan.submissions:
        directory.submitted_directory = str(Path(plan.submissions).absolute())
    desk = Autograde(coursedir=directory, config=config)
    for log in (desk.log, logging.getLogger("tornado.application")):  # nbgrader's: what fails, `_readable` says once
        log.setLevel(logging.CRITICAL)
    with _readable(), chdir(directory.root), examiner.diary_of(desk).alone():
        privacy.keep(directory, directory.autograded_directory)
        return _Coordinator(plan, desk, tell).grade()


@contextmanager
def _readable() -> Iterator[None]:
    """A full disk and a failing database as one line each."""
    try:
        yield
    except CourseError:
        raise
    except OSError as error:
        what = "No space is left, or the course's folder cannot be written."
        raise GradingError(what, got=str(error), advice=f"make room and {KEPT}") from error
    except Exception as error:
        if not (found := gradebook.failure(error)):
            raise
        raise GradingError("The gradebook cannot be used.", got=gradebook.reason(found), advice=KEPT) from error


class _Coordinator:
    """One run."""

    def __init__(self, plan: Plan, desk: Autograde, tell: Callable[[Event], None]):
        self.plan, self.desk, self.tell, self.graded = plan, desk, tell, Graded()
        self.kind = plan.sandbox or examiner.Examine(config=desk.config).sandbox
        if self.kind not in ("bubblewrap", "none"):
            from autograder.box.sandbox import require  # the other kinds are looked for by the workers

            require(self.kind)
        self.diary = examiner.diary_of(desk)
        self.digests: dict[str, tuple[str, str]] = {}
        self.results: dict[str, Result] = {}

    def grade(self) -> Graded:
        """Take in, examine, record."""
        course, unit, directory = Path(self.desk.coursedir.root), self.plan.unit, self.desk.coursedir
        submitted = course / directory.submitted_directory
        students = self._students(submitted)
        if said := releases.settle(unit, course):
            self.tell(Event("noticed", reason=said))
        with examiner.desk(self.desk) as clean, gradebook.kept(directory.db_url, directory.course_id) as book:
            key = examiner.key_of(self.desk, self.plan.new_key)
            self.graded.failed |= take_in_all(students, clean, unit, course)
            self.book, self.tasks = book, Tasks(unit, clean, self.kind, key, version_of(unit))
            self._prepare()
            self._run(self._wanted(students))
            named = {names.spelled(name) for name in self.plan.students}
            self.graded.rows = [row for row in gradebook.recorded(book, unit) if row["student"] in named or not named]
        return self.graded

    def _students(self, submitted: Path) -> dict[str, Path]:
        """Who is looked at, and where it lies; who cannot be graded by their folder's name counts as failed."""
        unit, expected = self.plan.unit, f"{submitted}/STUDENT/{self.plan.unit}"
        found: dict[str, Path] = {}
        for name in map(names.spelled, self.plan.students or ["*"]):
            mine, odd = students_of(submitted, unit, name), misnamed(submitted, unit, name)
            if not mine and not odd:
                who = "" if name == "*" else f" of {name!r}"
                advice = f"`autograder collect {unit} ARCHIVE` lays zip files of Moodle and Canvas there"
                what = f"There is nothing{who} to grade."
                raise GradingError(what, expected=f"folders {expected}", got="none", advice=advice)
            found |= mine
            self.graded.failed |= odd
        return found

    def _prepare(self) -> None:
        """What nbgrader's Autograde makes when it starts."""
        self.desk.writer = FilesWriter(parent=self.desk, config=self.desk.config)
        self.desk.exporter = NotebookExporter(parent=self.desk, config=self.desk.config)

    def _wanted(self, students: Iterable[str]) -> dict[str, Result | None]:
        """Who is to be recorded (new, changed, newer, half done, or all), with the result where the journal has it."""
        known = {row["student"] for row in gradebook.recorded(self.book, self.plan.unit)}
        if self.plan.force:
            for student in students:
                self.diary.forget(student)
        wanted = {}
        for student in students:
            task = self._task(student)
            result = self.diary.result(student, task.exam)
            self._doubt(student, dict.fromkeys([*task.doubts, *(result.doubts if result else ())]))
            if self._is_wanted(task, known):
                wanted[student] = result
        return wanted

    def _task(self, student: str) -> Task:
        task = self.tasks.make(student)
        self.digests[student] = digest(task.submission, self._lateness(student)), task.exam
        return task

    def _doubt(self, student: str, doubts: Iterable[str]) -> None:
        """Note that somebody should look; who was not graded as they should be is known already."""
        if student not in self.graded.failed:
            said = self.graded.doubtful.get(student, "")
            new = [doubt for doubt in doubts if doubt not in said]
            if new:
                self.graded.doubtful[student] = " ".join([said, *new]).strip()

    def _lateness(self, student: str) -> str:
        """What decides about a late penalty: a corrected time stamp, an extension and another rule count at once."""
        stamp = examiner.stamps(self.desk, student)[0]
        if stamp and stamp > datetime.now(UTC).replace(tzinfo=None) + AHEAD:
            self._doubt(student, [f"Handed in at {stamp} UTC, which is still to come: is a clock wrong?"])
        rule = self.desk.config.get("LateSubmissionPlugin", {}), self.desk.config.get("AssignLatePenalties", {})
        return f"{stamp} {gradebook.deadline(self.book, self.plan.unit, student)} {rule}"

    def _is_wanted(self, task: Task, known: set[str]) -> bool:
        student, recorded = task.student, self.diary.recorded(task.student)
        if student not in known or self.diary.unfinished(student) or recorded not in (None, self.digests[student][0]):
            return True
        now, then = examiner.stamps(self.desk, student)
        return now != then or not Path(self.desk._format_dest(self.plan.unit, student)).exists()

    def _run(self, wanted: dict[str, Result | None]) -> None:
        """Record what the journal has, examine the rest, record each as it comes."""
        left = [student for student, result in wanted.items() if result is None]
        self.tell(Event("found", count=len(wanted), known=len(wanted) - len(left)))
        with examiner.steps(self.desk, lambda unit, student, kind: self.results[student]):
            for student, result in wanted.items():
                if result:
                    self._record(student, result)
            if left:
                hired = crew.hired(min(self.plan.workers, len(left)), self.plan.scheduler, self.plan.anyone)
                with hired as workers:
                    for student, reply in crew.examined(workers, map(self.tasks.make, left)):
                        self._take(student, reply)

    def _take(self, student: str, reply: dict[str, str]) -> None:
        """A worker's reply: into the journal, then into the gradebook."""
        if "waiting" in reply:
            self.tell(Event("waiting", reason=reply["waiting"]))
            return
        if "no sandbox" in reply:
            raise BoxError(reply["no sandbox"])
        if "failed" in reply:
            self._fail(student, reply["failed"])
            return
        killed = reply.get("killed")
        result = self.tasks.nothing(student, killed) if killed else Result.from_json(reply["result"])
        self.diary.keep(student, self.digests[student][1], result)
        self._doubt(student, result.doubts)
        self.graded.examined.append(student)
        self._record(student, result)
        if killed:
            self.graded.failed[student] = killed

    def _record(self, student: str, result: Result) -> None:
        """Have nbgrader record one submission."""
        self.results[student] = result
        assignment = self.desk._format_source(self.plan.unit, student)
        self.desk.assignments = {assignment: [os.path.join(assignment, f"{self.plan.unit}.ipynb")]}
        try:
            examiner.begin(self.desk, assignment, self.diary, wanted=True)
            quiet(examiner.record)(self.desk, assignment, self.diary)
        except Exception as error:  # nbgrader stumbles over one submission: the others go on
            if gradebook.failure(error) or getattr(error, "errno", None) in FULL:
                raise
            self.book.close()
            self._fail(student, f"{type(error).__name__}: {error}")
            return
        self.diary.set_recorded(student, self.digests[student][0])
        self.tell(Event("graded", student, self.results.pop(student)))

    def _fail(self, student: str, reason: str) -> None:
        self.graded.failed[student] = reason
        self.tell(Event("failed", student, reason=reason))
