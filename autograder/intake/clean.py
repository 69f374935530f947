"""Clean copies of what was handed in. nbgrader and the exam read these; only intake reads the submitted folders."""

import errno
import re
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.intake import names, repair, ticket, unreadable
from autograder.intake.handed_in import look
from autograder.release import releases

RELEASE = re.compile("[0-9a-f]{16}")  # what a release's name looks like
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)  # says nothing about the submission


def students_of(submitted: Path, unit: str, wanted: str = "*") -> dict[str, Path]:
    """Each student's folder (or a link, which is not followed) for this unit; `wanted` is "*" or one of them."""
    found = _folders(submitted, unit, wanted)
    mine = {name: folders for name, folders in found.items() if names.usable(name) and not names.MOODLE.fullmatch(name)}
    return {name: folders[0] for name, folders in mine.items() if len(folders) == 1}


def misnamed(submitted: Path, unit: str, wanted: str = "*") -> dict[str, str]:
    """The students whose folder has a name that nobody can be graded by, and what to do about it."""
    found = _folders(submitted, unit, wanted)
    odd = {names.shown(name): names.MISNAMED for name in found if not names.usable(name)}
    odd |= {name: names.TWICE for name, folders in found.items() if names.usable(name) and len(folders) > 1}
    return odd | _misplaced(submitted, unit, wanted, {*found}) | _of_moodle(submitted, wanted)


def _of_moodle(submitted: Path, wanted: str) -> dict[str, str]:
    """The folders of an archive of Moodle's, unpacked by hand."""
    found = (names.spelled(path.name) for path in submitted.glob("*_assignsubmission_*"))
    return {
        names.shown(name): names.PLATFORMS for name in found if names.MOODLE.fullmatch(name) and wanted in ("*", name)
    }


def _misplaced(submitted: Path, unit: str, wanted: str, found: set[str]) -> dict[str, str]:
    """The students in whose folder the unit's folder or notebook lies in another place or under another name."""
    odd = {}
    for path in sorted(submitted.glob("*/*")):
        if path.parent.is_symlink():
            continue
        name, meant = names.spelled(path.parent.name), names.spelled(path.name).casefold()
        if name not in found and wanted in ("*", name) and re.sub(r"[\s-]+", "_", meant).startswith(unit):
            expected = Path(submitted.name, name, unit)
            odd[names.shown(name)] = f"Not graded: {names.shown(path.name)} lies where {expected} was expected."
    return odd


def _folders(submitted: Path, unit: str, wanted: str) -> dict[str, list[Path]]:
    """The folders by the student's name in its one spelling."""
    found: dict[str, list[Path]] = {}
    for folder in sorted(submitted.glob(f"*/{unit}")):
        name = names.spelled(folder.parent.name)
        if (folder.is_symlink() or folder.is_dir()) and wanted in ("*", name):
            found.setdefault(name, []).append(folder)
    return dict(sorted(found.items()))


def take_in_all(students: dict[str, Path], clean: Path, unit: str, course: Path) -> dict[str, str]:
    """Take in every student's folder. Returns who could not be taken in, and why; they are graded as if empty.

    Raises:
        OSError: the clean copies cannot be written: the course's disk is full, or may not be written.
    """
    failed = {}
    for student, folder in students.items():
        target = clean / student / unit
        try:
            if lack := take_in(folder, target, unit, course):
                failed[student] = lack
        except Exception as error:  # one student's folder is nobody else's trouble, but a full disk is everyone's
            if getattr(error, "errno", None) in FULL:
                raise
            reason = f"The submission cannot be read: {type(error).__name__}: {error}"
            failed[student] = reason
            shutil.rmtree(target, ignore_errors=True)
            write_clean(target, unit, repair.match([], releases.find(unit, course, "")[0], []), [reason], reason)
    return failed


def take_in(source: Path, target: Path, unit: str, course: Path) -> str:
    """Write one submission's clean copy: the repaired notebook, the weights, the time stamp, the exchange's secret.

    Returns:
        What lies there, where that is no notebook, or that its release is gone; "" otherwise.
    """
    handed_in = look(source, unit, course, releases.find(unit, course, "")[0])
    released, note = releases.find(unit, course, handed_in.release)
    gone = _gone(unit, course, handed_in.release) if releases.release_of(released) != handed_in.release else ""
    submission = repair.repair(handed_in, released)
    lack = "" if handed_in.notebook else unreadable.reason(source)
    notes = [lack, *submission.doubts] if lack else submission.notes
    notes += [gone or note] if note and handed_in.notebook else []
    reason = "" if handed_in.notebook else " ".join(notes)
    write_clean(target, unit, submission.notebook, notes, reason, submission.doubts)
    if submission.weights:
        (target / f"{unit}.safetensors").write_bytes(submission.weights.content)
    if handed_in.stamp:
        (target / "timestamp.txt").write_text(handed_in.stamp, encoding="utf-8")
    if secret := ticket.secret_in(source):
        (target / ticket.NAME).write_text(secret, encoding="ascii")
    return lack or gone


def _gone(unit: str, course: Path, name: str) -> str:
    """What to say where a submission was made from a release of which no copy is kept; "" where it names none."""
    if not RELEASE.fullmatch(name):
        return ""
    kept = Path(releases.KEPT, unit, f"{name}.ipynb")
    return (
        f"It was made from release {name}, of which no copy is kept: restore {kept} from a backup and grade again. "
        "Until then it is graded by the present release."
    )


def write_clean(
    target: Path, unit: str, notebook: NotebookNode, notes: list[str], lack: str = "", doubts: list[str] | None = None
) -> None:
    """Write a clean notebook; what was repaired stands in its metadata, and why there is nothing of the student's."""
    course = notebook.metadata.get("course", {})
    notebook.metadata.course = {**course, "notes": notes, "lack": lack, "doubts": doubts or []}
    target.mkdir(parents=True)
    nbformat.write(notebook, target / f"{unit}.ipynb")


def clean_copy(clean: Path, student: str, unit: str) -> tuple[NotebookNode, Path | None]:
    """The clean notebook of a student, and where the weights are."""
    text, weights = clean_files(clean, student, unit)
    return nbformat.reads(text, as_version=4), weights


def clean_files(clean: Path, student: str, unit: str) -> tuple[str, Path | None]:
    """The text of a student's clean notebook, and where the weights are."""
    weights = clean / student / unit / f"{unit}.safetensors"
    text = (clean / student / unit / f"{unit}.ipynb").read_text(encoding="utf-8")
    return text, weights if weights.exists() else None
