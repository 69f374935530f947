"""nbgrader's exchange: what goes out is as it was built, and each page of feedback reaches its student and nobody else.

`nbgrader submit` puts a secret beside the work and keeps a copy with the student; feedback lies in the exchange under a
name that only who knows the secret finds.
"""

import functools
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeReleaseAssignment, ExchangeReleaseFeedback
from nbgrader.utils import find_all_files, notebook_hash

from autograder.errors import ReleaseError
from autograder.intake.ticket import secret_in
from autograder.release import releases
from course_lib.errors import CourseError

OTHER_NAMES = 20  # of notebooks in one submission under which feedback is released
ELSEWHERE = "it was not handed in through the exchange; give {page} out yourself"
SHARED = "its submission has the same secret as that of {others}, so that one would read the other's; ask them"


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
