"""Intake, exam and judge behind nbgrader's own Autograde: the command line and formgrader's button both come here.

`install()` puts two methods into nbgrader's converter. Force, timestamps, late penalties, permissions and return codes
stay nbgrader's; students' notebooks are copied, parsed and run only by us. `autograder grade` uses the same steps, with
results that are ready (see cohort/coordinator.py).
"""

import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import Execute, NbGraderPreprocessor, OverwriteCells, SaveAutoGrades
from nbgrader.utils import rmtree
from traitlets import Unicode

from autograder.book import doors, gradebook, journal, keyring, marking, privacy, recorder, schemas
from autograder.book.gradebook import quiet
from autograder.book.registration import enter
from autograder.exam import secret
from autograder.exam.results import Result
from autograder.intake import names
from autograder.intake.clean import clean_copy, misnamed, students_of, take_in_all
from autograder.release import releases
from course_lib import units
from course_lib.errors import CourseError, DataMissing

_init_notebooks = Autograde.init_notebooks


def install() -> None:
    """Let nbgrader's Autograde use the examiner, and find the program `alembic`, which lies beside this Python."""
    programs, path = str(Path(sys.executable).parent), os.environ.get("PATH", "")
    if programs not in path.split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([programs, path])
    doors.install()
    privacy.install()
    schemas.install()
    Autograde.init_notebooks = init_notebooks
    Autograde.convert_notebooks = convert_notebooks


class Examine(NbGraderPreprocessor):
    """In the place of nbgrader's Execute: the exam's points and feedback become the outputs of the check cells.

    `c.Examine.sandbox = "none"` in nbgrader_config.py goes without a sandbox, and every report then says so.
    """

    sandbox = Unicode("bubblewrap", help="Where student code runs: bubblewrap, or none.").tag(config=True)

    def __init__(self, sit: Callable[[str, str, str], Result] | None = None, **options):
        """`sit(unit, student, sandbox)` gives the result of a submission."""
        super().__init__(**options)
        self._sit = sit

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Write one submission's result; `Record`, which follows, reads points and comments."""
        where = resources["nbgrader"]
        result = self._sit(where["assignment"], where["student"], self.sandbox)
        resources[recorder.COMMENTS] = marking.write_result(nb, result)
        return nb, resources


def init_notebooks(self: Autograde) -> None:
    """Read every submitted folder ourselves; nbgrader goes on with the clean copies."""
    from autograder.box.sandbox import warm_up

    self._course = stack = ExitStack()
    try:
        with named_by_nbgrader(self):
            self.coursedir.assignment_id = units.find(self.coursedir.assignment_id).id
            self.coursedir.student_id = names.spelled(self.coursedir.student_id)
            warm_up(Examine(config=self.config).sandbox)  # it starts while we read what was handed in
            gradebook.require(self.coursedir.db_url)
            stack.enter_context(diary_of(self).alone())
            submitted = Path(self.coursedir.root, self.coursedir.submitted_directory)
            clean = stack.enter_context(desk(self))
            unit, course = self.coursedir.assignment_id, Path(self.coursedir.root)
            self._key = key_of(self)
            students = students_of(submitted, unit, self.coursedir.student_id)
            odd = misnamed(submitted, unit, self.coursedir.student_id)
            self._failed = odd | take_in_all(students, clean, unit, course)
            _init_notebooks(self)
    except BaseException:
        stack.close()
        raise


def convert_notebooks(self: Autograde) -> None:
    """nbgrader's own conversion, one submission after the other, with the exam in the place of its execution.

    Raises:
        NbGraderException: some submissions could not be graded; the others are.
    """
    with self._course, named_by_nbgrader(self), steps(self, lambda *who: examine_clean(self, *who)):
        book = self._course.enter_context(gradebook.kept(self.coursedir.db_url, self.coursedir.course_id))
        diary = diary_of(self)
        for assignment in sorted(self.assignments):
            student = student_in(self, assignment)
            try:
                if begin(self, assignment, diary):
                    quiet(record)(self, assignment, diary)
            except Exception as error:
                if gradebook.failure(error):
                    raise
                self.log.debug(traceback.format_exc())
                self._failed[student] = f"{type(error).__name__}: {error}"
                book.close()
        for student, reason in self._failed.items():
            self.log.error("%s: %s", student, reason)
        if self._failed:
            raise NbGraderException(
                f"Not graded as they should be: {', '.join(self._failed)}. The reasons stand above."
            )


@contextmanager
def named_by_nbgrader(self: Autograde) -> Iterator[None]:
    """Our named errors, and a database that fails, as nbgrader's own: one line in its log, and its return code."""
    try:
        yield
    except CourseError as error:
        self.log.error(str(error))
        raise NbGraderException(str(error)) from error
    except Exception as error:
        if not (found := gradebook.failure(error)):
            raise
        message = f"The gradebook cannot be used: {gradebook.reason(found)}. Nothing is lost: start again."
        self.log.error(message)
        raise NbGraderException(message) from error


@contextmanager
def desk(self: Autograde) -> Iterator[Path]:
    """The folder of clean copies, from which nbgrader reads in the place of the submitted one."""
    course, unit = Path(self.coursedir.root), self.coursedir.assignment_id
    if said := registered(unit, course, self.coursedir.db_url):
        self.log.warning(said)
    privacy.keep(self.coursedir)  # a release may have been kept just now
    submitted = self.coursedir.submitted_directory
    with journal.intake_folder(course) as clean:
        self._clean = clean
        self.coursedir.submitted_directory = clean.name
        try:
            yield clean
        finally:
            self.coursedir.submitted_directory = submitted


@contextmanager
def steps(self: Autograde, sit: Callable[[str, str, str], Result]) -> Iterator[None]:
    """The examiner's preprocessors among nbgrader's."""
    sanitize, autograde = self.sanitize_preprocessors, self.autograde_preprocessors
    record = recorder.Record(diary_of(self), config=self.config)
    ours = {Execute: Examine(sit, config=self.config), SaveAutoGrades: record}
    place = sanitize.index(OverwriteCells) + 1 if OverwriteCells in sanitize else len(sanitize)
    self.sanitize_preprocessors = [*sanitize[:place], recorder.Forget, *sanitize[place:]]
    self.exporter.optimistic_validation = True  # at the end of all steps, not again after each
    self.autograde_preprocessors = [ours.get(step, step) for step in autograde]
    try:
        yield
    finally:
        self.sanitize_preprocessors, self.autograde_preprocessors = sanitize, autograde


def diary_of(self: Autograde) -> journal.Journal:
    """The journal of the unit that is being graded."""
    beside = gradebook.folder(self.coursedir.db_url, Path(self.coursedir.root))
    return journal.Journal(beside, self.coursedir.assignment_id)


def key_of(self: Autograde, new: bool = False) -> bytes:
    """The key of the hidden inputs, the one with which earlier work was graded unless a new one is wanted."""
    beside = gradebook.folder(self.coursedir.db_url, Path(self.coursedir.root))
    with gradebook.opened(self.coursedir.db_url, self.coursedir.course_id) as book:
        return keyring.key(beside, book, self.coursedir.assignment_id, new)


def student_in(self: Autograde, assignment: str) -> str:
    """The student whose folder this is."""
    pattern = self._format_source("(?P<assignment_id>.*)", "(?P<student_id>.*)", escape=True)
    return re.match(pattern, assignment)["student_id"]


def begin(self: Autograde, assignment: str, diary: journal.Journal, wanted: bool = False) -> bool:
    """Whether nbgrader processes this submission now; what an interrupted run left half done, or is `wanted`, too.

    nbgrader takes a newer time stamp for a reason; a corrected one is one too, whichever way it was corrected.
    """
    unit, student = self.coursedir.assignment_id, student_in(self, assignment)
    self.notebooks = sorted(self.assignments[assignment])
    if student in self.coursedir.student_id_exclude.split(","):
        return False
    now, then = stamps(self, student)
    if then and not now:
        quiet(gradebook.forget_stamp)(self.coursedir.db_url, unit, student)
    if wanted or now != then or diary.unfinished(student):
        remove(self._format_dest(unit, student))
    return self.init_destination(unit, student)


def stamps(self: Autograde, student: str) -> tuple[datetime | None, datetime | None]:
    """When the submission was handed in, and when it was by what is graded; equal where nothing is graded."""
    unit = self.coursedir.assignment_id
    now = self.coursedir.get_existing_timestamp(self._format_source(unit, student))
    graded = self._format_dest(unit, student)
    return now, self.coursedir.get_existing_timestamp(graded) if Path(graded).exists() else now


def remove(folder: str) -> None:
    """Remove a folder whose files nbgrader has made read-only."""
    if Path(folder).exists():
        rmtree(folder)


def record(self: Autograde, assignment: str, diary: journal.Journal) -> None:
    """nbgrader's steps for one submission. After an error its folder is removed, so that it is graded next time."""
    unit, student = self.coursedir.assignment_id, student_in(self, assignment)
    with diary.finishing(student):
        try:
            self.run_pre_convert_hook()
            self.init_assignment(unit, student)
            for notebook in self.notebooks:
                self.convert_single_notebook(notebook)
            self.set_permissions(unit, student)
            self.run_post_convert_hook()
        except BaseException:
            remove(self._format_dest(unit, student))
            raise


def registered(unit: str, course: Path, db_url: str) -> str:
    """Keep the release, and enter it into the gradebook, where that is missing. Returns what `releases.settle` says."""
    from nbgrader.api import Gradebook, MissingEntry

    said = releases.settle(unit, course)
    with Gradebook(db_url) as book:
        try:
            known = bool(book.find_assignment(unit).notebooks)
        except MissingEntry:
            known = False
    if not known:
        enter(releases.present(unit, course), unit, course, db_url)
    return said


def examine_clean(self: Autograde, unit: str, student: str, sandbox: str) -> Result:
    """Examine one clean copy, here and now; the report on the class finds the result in the journal."""
    from autograder.box import startup

    startup.import_torchvision()
    from autograder.exam.assess import examine

    notebook, weights = clean_copy(self._clean, student, unit)
    content = weights.read_bytes() if weights else None
    seeds = secret.seeds_of(unit, student, notebook, content, self._key)
    result = examine(unit, student, notebook, weights, seeds, sandbox)
    for doubt in result.doubts:
        self.log.warning("%s: graded, but somebody should look: %s", student, doubt)
    diary_of(self).keep(student, "", result)  # of no exam that `autograder grade` would take up again
    return result


@cache
def find_course(start: Path) -> Path:
    """The course's folder: the nearest one upwards with an nbgrader_config.py.

    Raises:
        DataMissing: there is none.
    """
    for folder in (start, *start.parents):
        if (folder / "nbgrader_config.py").exists():
            return folder
    raise DataMissing("No course here.", expected="nbgrader_config.py in this folder or above", got=str(start))
