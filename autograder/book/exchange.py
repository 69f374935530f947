"""nbgrader's exchange: what goes out is as it was built, and each page of feedback reaches its student and nobody else.

`nbgrader submit` puts a secret beside the work and keeps a copy with the student; feedback lies in the exchange under a
name that only who knows the secret finds.
"""

import functools
import glob
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange, ExchangeCollect, ExchangeReleaseAssignment, ExchangeReleaseFeedback
from nbgrader.utils import find_all_files, notebook_hash

from autograder.errors import ReleaseError
from autograder.intake.handed_in import STAMP
from autograder.intake.ticket import secret_in
from autograder.release import releases
from course_lib.errors import CourseError

OTHER_NAMES = 20  # of notebooks in one submission under which feedback is released
ELSEWHERE = "it was not handed in through the exchange; give {page} out yourself"
CUT_SHORT = "%s: a copy was cut short while it was handed in, perhaps by a full disk: %s. %s."
NOT_COPIED = "{to} could not be written: {why}. Nothing half written stays: make room there, and start again."
SHARED = "its submission has the same secret as that of {others}, so that one would read the other's; ask them"


def whole(copying: Callable) -> Callable:
    """nbgrader's copying of a folder: all of it, or nothing. shutil leaves what it had when the disk was full."""

    @functools.wraps(copying)
    def run(self: Exchange, src: str, dest: str, log: object = None) -> None:
        if Path(dest).exists():
            return copying(self, src, dest, log)
        try:
            return copying(self, src, dest, log)
        except OSError as error:
            shutil.rmtree(dest, ignore_errors=True)
            return self.fail(NOT_COPIED.format(to=dest, why=_reason(error)))

    return run


def _reason(error: OSError) -> str:
    """The system's words, which shutil wraps in a list of all files."""
    listed = error.args[0] if isinstance(error, shutil.Error) else None
    return str(listed[0][2]) if isinstance(listed, list) and listed else (error.strerror or str(error))


def in_full(copying: Callable) -> Callable:
    """nbgrader's collecting, of submissions that arrived whole: nbgrader writes the time stamp when all is copied."""

    @functools.wraps(copying)
    def run(self: ExchangeCollect) -> None:
        self.src_records = [kept for record in self.src_records if (kept := _arrived(self, record))]
        copying(self)

    return run


def _arrived(self: ExchangeCollect, record: dict) -> dict | None:
    """This submission, or the newest earlier one that is whole; None where there is none."""
    inbound, unit = Path(self.inbound_path), self.coursedir.assignment_id
    if (inbound / record["filename"] / STAMP).exists():
        return record
    names = [path.parent.name for path in inbound.glob(f"{glob.escape(record['username'])}+{unit}+*/{STAMP}")]
    found = self._sort_by_timestamp([self._path_to_record(name) for name in names])
    earlier = [each for each in found if each["username"] == record["username"]]
    done = "The one before it is collected" if earlier else "Nothing is collected: ask for it again"
    self.log.warning(CUT_SHORT, record["username"], record["filename"], done)
    return earlier[0] if earlier else None


def as_built(copying: Callable, ours: tuple[str, ...]) -> Callable:
    """nbgrader's release of an exercise, which refuses what no build has made, and keeps what goes out.

    Args:
        ours: the kinds of files that are left out anyway.
    """

    @functools.wraps(copying)
    def run(self: ExchangeReleaseAssignment) -> None:
        unit, course = self.coursedir.assignment_id, Path(self.coursedir.root)
        try:
            releases.keep(unit, course)
            _refuse_beside(releases.working(unit, course), [*self.coursedir.ignore, *ours])
        except CourseError as error:
            self.fail(str(error))
        copying(self)

    return run


def _refuse_beside(notebook: Path, ignored: list[str]) -> None:
    """Refuse to give out files that lie beside the exercise.

    Raises:
        ReleaseError: there are some.
    """
    found = sorted(Path(name).name for name in find_all_files(str(notebook.parent), ignored) if Path(name) != notebook)
    if found:
        got, advice = ", ".join(found[:5]) + ", …" * (len(found) > 5), "move them to a folder of your own"
        raise ReleaseError("Files lie beside the exercise.", expected=f"{notebook} alone", got=got, advice=advice)


def to_owners(copying: Callable) -> Callable:
    """nbgrader's release of feedback, which names the pages that cannot reach their students; the others go out."""

    @functools.wraps(copying)
    def run(self: ExchangeReleaseFeedback) -> None:
        pages, wanted = _pages(self.coursedir, "*"), _pages(self.coursedir, self.coursedir.student_id or "*")
        left = {student: why for student, why in _undeliverable(pages).items() if student in wanted}
        for student, why in sorted(left.items()):
            self.log.warning("%s: no feedback was released: %s.", student, why)
        if wanted and len(left) == len(wanted):
            self.fail("No feedback was released. The reasons stand above.")
        with _excluding(self.coursedir, left):
            copying(self)
        for student in wanted.keys() - left.keys() - {*self.coursedir.student_id_exclude.split(",")}:
            _under_other_names(self, student, wanted[student])

    return run


def _pages(directory: CourseDirectory, student: str) -> dict[str, Path]:
    """The folders of feedback by student."""
    unit, kind = directory.assignment_id, directory.feedback_directory
    structure = re.compile(directory.format_path(kind, "(?P<student>.*)", unit, escape=True))
    base = Path(directory.root)
    folders = [path.parent for path in base.glob(f"{kind}/{student}/{unit}/*.html")]
    found = {match["student"]: folder for folder in folders if (match := structure.fullmatch(str(folder)))}
    for folder in found.values():
        (folder / "timestamp.txt").touch()  # nbgrader reads it, and a student may have handed in none
    return found


def _undeliverable(pages: dict[str, Path]) -> dict[str, str]:
    """Whose page can reach nobody, or somebody else too, and why."""
    owners: dict[str, list[str]] = defaultdict(list)
    for student, folder in pages.items():
        owners[secret_in(folder)].append(student)
    left = {student: ELSEWHERE.format(page=pages[student]) for student in owners.pop("", [])}
    for students in owners.values():
        for student in students if len(students) > 1 else ():
            left[student] = SHARED.format(others=", ".join(sorted({*students} - {student})))
    return left


@contextmanager
def _excluding(directory: CourseDirectory, students: dict[str, str]) -> Iterator[None]:
    """Within this block nbgrader passes these students over."""
    before = directory.student_id_exclude
    directory.student_id_exclude = ",".join([*filter(None, [before]), *students])
    try:
        yield
    finally:
        directory.student_id_exclude = before


def _under_other_names(self: ExchangeReleaseFeedback, student: str, folder: Path) -> None:
    """Release the page under the name of each notebook that was handed in: nbgrader seeks it under all of them."""
    unit, directory = self.coursedir.assignment_id, self.coursedir
    submitted = Path(directory.format_path(directory.submitted_directory, student, unit))
    stems = sorted(path.stem for path in submitted.glob("*.ipynb") if path.stem != unit)
    for stem in stems[:OTHER_NAMES]:
        target = Path(self.dest_path, notebook_hash(secret=secret_in(folder), notebook_id=stem) + ".html")
        draft = target.with_suffix(".tmp")
        shutil.copy(folder / f"{unit}.html", draft)
        draft.replace(target)
