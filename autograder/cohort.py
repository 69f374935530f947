"""A class: every submission examined by workers, recorded by nbgrader's own Autograde in this process alone.

Each result is kept in the journal before its grades are written, so that grading goes on where it was stopped.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbconvert.exporters import NotebookExporter
from nbconvert.writers import FilesWriter
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograder import crew, examiner, gradebook, intake, reference, release, secret
from autograder.clean import clean_copy, misnamed, students_of, take_in_all
from autograder.errors import GradingError
from autograder.results import Checked, Result
from course_lib.errors import CourseError

if TYPE_CHECKING:
    from traitlets.config import Config

FULL = "No space is left, or the course's folder cannot be written."


@dataclass(frozen=True)
class Plan:
    """What is to be graded, and how.

    Attributes:
        submissions: the folder of the students' folders; "" for the configured one.
        workers: processes on this machine, where there is no scheduler.
        scheduler: a Dask scheduler's address, or "".
        sandbox: its kind; "" for the configured one.
        force: examine and record again what is graded already.
    """

    unit: str
    submissions: str = ""
    workers: int = 1
    scheduler: str = ""
    sandbox: str = ""
    force: bool = False


@dataclass(frozen=True)
class Event:
    """Something that the person who waits may want to see.

    Attributes:
        kind: "found" (`count` submissions to grade, `known` of them examined before), "graded" or "failed".
    """

    kind: str
    student: str = ""
    result: Result | None = None
    reason: str = ""
    count: int = 0
    known: int = 0


@dataclass
class Graded:
    """How it went: everyone's grades in the gradebook, who could not be graded and why, who was examined now."""

    rows: list[dict] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    examined: list[str] = field(default_factory=list)


def grade(plan: Plan, config: "Config", tell: Callable[[Event], None]) -> Graded:
    """Grade a class.

    Raises:
        CourseError: nobody could be graded: unknown unit, database, scheduler, sandbox, disk. What was done is kept.
    """
    reference.source_of(plan.unit)
    config.CourseDirectory.db_url = gradebook.address(config.CourseDirectory.db_url)
    directory = CourseDirectory(config=config, assignment_id=plan.unit)
    if plan.submissions:
        directory.submitted_directory = str(Path(plan.submissions).absolute())
    desk = Autograde(coursedir=directory, config=config)
    desk.log.setLevel(logging.CRITICAL)
    with _disk_named(), chdir(directory.root), examiner.diary_of(desk).alone():
        return _Coordinator(plan, desk, tell).grade()


@contextmanager
def _disk_named() -> Iterator[None]:
    """A full disk and a failing database as one line each."""
    try:
        yield
    except OSError as error:
        advice = "make room and start again: what is graded is kept"
        raise GradingError(FULL, got=str(error), advice=advice) from error
    except CourseError:
        raise
    except Exception as error:
        if not (found := gradebook.failure(error)):
            raise
        said = gradebook.reason(found)
        raise GradingError(
            "The gradebook cannot be used.", got=said, advice="start again: what is graded is kept"
        ) from error


class _Coordinator:
    """One run."""

    def __init__(self, plan: Plan, desk: Autograde, tell: Callable[[Event], None]):
        self.plan, self.desk, self.tell, self.graded = plan, desk, tell, Graded()
        self.kind = plan.sandbox or examiner.Examine(None, config=desk.config).sandbox
        self.diary = examiner.diary_of(desk)
        self.key = secret.key(gradebook.folder(desk.coursedir.db_url, Path(desk.coursedir.root)))
        self.version = _version(plan.unit)
        self.digests: dict[str, tuple[str, str]] = {}
        self.results: dict[str, Result] = {}

    def grade(self) -> Graded:
        """Take in, examine, record."""
        course, unit, directory = Path(self.desk.coursedir.root), self.plan.unit, self.desk.coursedir
        submitted = course / directory.submitted_directory
        students = students_of(submitted, unit)
        if not students:
            raise GradingError("There is nothing to grade.", expected=f"folders {submitted}/STUDENT/{unit}", got="none")
        with examiner.desk(self.desk) as clean, gradebook.kept(directory.db_url, directory.course_id) as book:
            self.graded.failed = misnamed(submitted, unit) | take_in_all(submitted, clean, students, unit, course)
            self._prepare()
            self._run(book, self._wanted(book, clean, students))
            self.graded.rows = gradebook.recorded(book, unit)
        return self.graded

    def _prepare(self) -> None:
        """What nbgrader's Autograde makes when it starts."""
        self.desk.writer = FilesWriter(parent=self.desk, config=self.desk.config)
        self.desk.exporter = NotebookExporter(parent=self.desk, config=self.desk.config)

    def _wanted(self, book, clean: Path, students: list[str]) -> list[crew.Task]:
        """The submissions that are to be recorded, as tasks: new, changed, newer, half done, or all."""
        known = {row["student"] for row in gradebook.recorded(book, self.plan.unit)}
        tasks = []
        for student in students:
            notebook, weights = clean_copy(clean, student, self.plan.unit)
            task = self._task(student, nbformat.writes(notebook), weights, notebook)
            if self.plan.force:
                self.diary.forget(student)
            if self._is_wanted(student, known):
                tasks.append(task)
        return tasks

    def _task(self, student: str, text: str, weights: Path | None, notebook) -> crew.Task:
        content = weights.read_bytes() if weights else None
        seeds = secret.seeds_of(self.plan.unit, student, notebook, content, self.key)
        submission = _digest(text, content)
        self.digests[student] = submission, _digest(submission, json.dumps(seeds), self.kind, self.version)
        arguments = {"unit": self.plan.unit, "student": student, "notebook": text, "weights": content, "seeds": seeds}
        return crew.Task(student, arguments | {"kind": self.kind})

    def _is_wanted(self, student: str, known: set[str]) -> bool:
        recorded, unit = self.diary.recorded(student), self.plan.unit
        if student not in known or self.diary.unfinished(student) or recorded not in (None, self.digests[student][0]):
            return True
        before = Path(self.desk._format_dest(unit, student))
        now = self.desk.coursedir.get_existing_timestamp(self.desk._format_source(unit, student))
        then = self.desk.coursedir.get_existing_timestamp(str(before))
        return not before.exists() or (now is not None and then is not None and now > then)

    def _run(self, book, tasks: list[crew.Task]) -> None:
        """Record what the journal has, examine the rest, record each as it comes."""
        kept = {task.student: self.diary.result(task.student, self.digests[task.student][1]) for task in tasks}
        left = [task for task in tasks if kept[task.student] is None]
        self.tell(Event("found", count=len(tasks), known=len(tasks) - len(left)))
        with examiner.steps(self.desk, lambda unit, student, kind: self.results[student]):
            for student, result in kept.items():
                if result:
                    self._record(book, student, result)
            if left:
                with crew.hired(min(self.plan.workers, len(left)), self.plan.scheduler) as client:
                    for student, reply in crew.examined(client, left):
                        self._take(book, student, reply)

    def _take(self, book, student: str, reply: dict[str, str]) -> None:
        """A worker's reply: into the journal, then into the gradebook."""
        if "no sandbox" in reply:
            raise CourseError(reply["no sandbox"])
        if "failed" in reply:
            self._fail(student, reply["failed"])
            return
        killed = reply.get("killed")
        result = self._nothing(student, killed) if killed else Result.from_json(reply["result"])
        self.diary.keep(student, self.digests[student][1], result)
        self.graded.examined.append(student)
        self._record(book, student, result)
        if killed:
            self.graded.failed[student] = killed

    def _record(self, book, student: str, result: Result) -> None:
        """Have nbgrader record one submission."""
        self.results[student] = result
        assignment = self.desk._format_source(self.plan.unit, student)
        self.desk.assignments = {assignment: [os.path.join(assignment, f"{self.plan.unit}.ipynb")]}
        try:
            examiner.begin(self.desk, assignment, self.diary, wanted=True)
            release.quiet(examiner.record)(self.desk, assignment, self.diary)
        except OSError:
            raise
        except Exception as error:  # nbgrader stumbles over one submission: the others go on
            if gradebook.failure(error):
                raise
            book.close()
            self._fail(student, f"{type(error).__name__}: {error}")
            return
        self.diary.set_recorded(student, self.digests[student][0])
        self.tell(Event("graded", student, self.results.pop(student)))

    def _fail(self, student: str, reason: str) -> None:
        self.graded.failed[student] = reason
        self.tell(Event("failed", student, reason=reason))

    def _nothing(self, student: str, reason: str) -> Result:
        """Zero for each check of a submission, with the reason."""
        notebook, _ = clean_copy(self.desk._clean, student, self.plan.unit)
        checks = [c for c in notebook.cells if c.cell_type == "code" and intake.grade_id(c).startswith("check_")]
        return Result(
            self.plan.unit,
            student,
            self.kind,
            tuple(
                Checked(intake.grade_id(c).removeprefix("check_"), 0.0, c.metadata.nbgrader.points, "runs", "", reason)
                for c in checks
            ),
            (reason,),
        )


def _digest(*parts: str | bytes | None) -> str:
    """One short name for all of the parts together."""
    found = hashlib.sha256()
    for part in parts:
        content = part.encode() if isinstance(part, str) else part or b""
        found.update(len(content).to_bytes(8, "big") + content)
    return found.hexdigest()


def _version(unit: str) -> str:
    """Changes with the solution, the checks and the misconceptions: a result from before is examined again."""
    name = unit.split("_", 1)[1]
    root = reference.ROOT
    files = [*root.glob("course_lib/checks/**/*.py"), *root.glob(f"autograder/misconceptions/{name}*")]
    return _digest(
        *(path.read_bytes() for path in sorted(files) if path.is_file()), reference.source_of(unit).read_bytes()
    )
