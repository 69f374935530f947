"""Clean copies of what was handed in. nbgrader and the exam read these; only intake reads the submitted folders."""

import errno
import re
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import intake, release
from autograder.handed_in import look

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # says nothing about the submission
NAME = re.compile(r"[\w.@+-][\w.@+ -]*")  # formgrader puts names unescaped into its pages
MISNAMED = "Not graded: a student's folder is named with letters, digits, spaces and .@+-_ only. Rename it."


def students_of(submitted: Path, unit: str, wanted: str = "*") -> list[str]:
    """Students with a folder (or a link, which is not followed) for this unit; `wanted` is "*" or one of them."""
    return [student for student in _folders(submitted, unit, wanted) if NAME.fullmatch(student)]


def misnamed(submitted: Path, unit: str, wanted: str = "*") -> dict[str, str]:
    """The students whose folder has a name that nobody can be graded by, and what to do about it."""
    return {student: MISNAMED for student in _folders(submitted, unit, wanted) if not NAME.fullmatch(student)}


def _folders(submitted: Path, unit: str, wanted: str) -> list[str]:
    found = [folder.parent.name for folder in submitted.glob(f"*/{unit}") if folder.is_symlink() or folder.is_dir()]
    return sorted(student for student in found if wanted in ("*", student))


def take_in_all(submitted: Path, clean: Path, students: list[str], unit: str, course: Path) -> dict[str, str]:
    """Take in every student's folder. Returns who could not be taken in, and why; they are graded as if empty.

    Raises:
        OSError: the clean copies cannot be written: the course's disk is full, or may not be written.
    """
    failed = {}
    for student in students:
        target = clean / student / unit
        try:
            take_in(submitted / student / unit, target, unit, course)
        except Exception as error:  # one student's folder is nobody else's trouble, but a full disk is everyone's
            if getattr(error, "errno", None) in FULL:
                raise
            reason = f"The submission cannot be read: {type(error).__name__}: {error}"
            failed[student] = reason
            shutil.rmtree(target, ignore_errors=True)
            write_clean(target, unit, intake.match([], release.find(unit, course, "")[0], []), [reason])
    return failed


def take_in(source: Path, target: Path, unit: str, course: Path) -> None:
    """Write one submission's clean copy: the repaired notebook, the weights, the time stamp."""
    handed_in = look(source, unit, course)
    released, note = release.find(unit, course, handed_in.release)
    submission = intake.repair(handed_in, released)
    write_clean(target, unit, submission.notebook, submission.notes + [note] * bool(note))
    if submission.weights:
        shutil.copyfile(submission.weights, target / f"{unit}.safetensors", follow_symlinks=False)
    if handed_in.stamp:
        (target / "timestamp.txt").write_text(handed_in.stamp)


def write_clean(target: Path, unit: str, notebook: NotebookNode, notes: list[str]) -> None:
    """Write a clean notebook; what was repaired stands in its metadata."""
    notebook.metadata.course = {**notebook.metadata.get("course", {}), "notes": notes}
    target.mkdir(parents=True)
    nbformat.write(notebook, target / f"{unit}.ipynb")


def clean_copy(clean: Path, student: str, unit: str) -> tuple[NotebookNode, Path | None]:
    """The clean notebook of a student, and where the weights are."""
    weights = clean / student / unit / f"{unit}.safetensors"
    notebook = nbformat.read(clean / student / unit / f"{unit}.ipynb", as_version=4)
    return notebook, weights if weights.exists() else None
