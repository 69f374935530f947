"""What is already done, in `.grading/UNIT/` beside the gradebook: killed at any moment, grading goes on from here.

Each student has up to four files: `ID.json` the exam's result, `ID.recorded` the digest of the submission whose grades
are in the gradebook, `ID.work` those of the work that each of its scores is for, `ID.unfinished` while grades are being
written there. `exams.log` has a line for each exam.
"""

import fcntl
import hashlib
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from autograder.errors import GradingError
from autograder.exam.results import Result
from course_lib.errors import DataBroken

FOLDER = ".grading"
LONGEST = 200  # bytes of a student's name that a file's name may hold
YOUNG = 60.0  # seconds
STAMP = "%Y-%m-%dT%H:%M:%S"


class Journal:
    """The files of one unit."""

    def __init__(self, beside: Path, unit: str):
        """Make the folder, readable by its owner only.

        Args:
            beside: the folder of the gradebook.
        """
        self.folder = beside / FOLDER / unit
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.parent.chmod(0o700)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else grades this unit meanwhile, by whichever door; the lock ends with the process, however it ends.

        Raises:
            GradingError: somebody does.
        """
        with open(self.folder / "lock", "a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                file.seek(0)
                what, advice = (
                    f"The unit {self.folder.name} is being graded already.",
                    "wait for the other run, or stop it",
                )
                raise GradingError(what, got=file.read() or "no word by whom", advice=advice) from error
            file.truncate(0)
            file.write(f"by process {os.getpid()} on {socket.gethostname()} since {time.strftime(STAMP)}")
            file.flush()
            yield

    def _path(self, student: str, suffix: str) -> Path:
        name = student if len(student.encode()) <= LONGEST else hashlib.sha256(student.encode()).hexdigest()
        return self.folder / f"{name}.{suffix}"

    def result(self, student: str, digest: str) -> Result | None:
        """The result of this very exam, where it was sat already."""
        try:
            entry = json.loads(self._path(student, "json").read_bytes())
            return Result.from_json(entry["result"]) if entry["digest"] == digest else None
        except (FileNotFoundError, ValueError, TypeError, KeyError, DataBroken):
            return None  # absent, or cut by a full disk: the exam is sat again

    def keep(self, student: str, digest: str, result: Result) -> None:
        """Keep an exam's result."""
        _write(self._path(student, "json"), json.dumps({"digest": digest, "result": result.to_json()}))
        with open(self.folder / "exams.log", "a", encoding="utf-8") as file:
            file.write(f"{time.strftime(STAMP)}\t{student}\t{result.seconds:.2f} s\n")

    def recorded(self, student: str) -> str | None:
        """The digest of the submission that is in the gradebook; None where no grading by us came to its end."""
        try:
            return self._path(student, "recorded").read_text()
        except FileNotFoundError:
            return None

    def set_recorded(self, student: str, submission: str) -> None:
        """This submission is in the gradebook."""
        _write(self._path(student, "recorded"), submission)

    def work(self, student: str) -> dict[str, str]:
        """For each graded cell the digest of the work that its score in the gradebook is for, as far as it is known."""
        try:
            found = json.loads(self._path(student, "work").read_bytes())
        except (FileNotFoundError, ValueError):
            return {}
        return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}

    def set_work(self, student: str, work: Mapping[str, str]) -> None:
        """The scores in the gradebook are for this work."""
        _write(self._path(student, "work"), json.dumps(dict(work)))

    def forget(self, student: str) -> None:
        """Have the student's submission examined again, now or after an interruption."""
        self.set_recorded(student, "")
        self._path(student, "json").unlink(missing_ok=True)

    def unfinished(self, student: str) -> bool:
        """Whether writing this student's grades was begun and never came to its end."""
        return self._path(student, "unfinished").exists()

    @contextmanager
    def finishing(self, student: str) -> Iterator[None]:
        """The student's grades are being written. Only a process that is killed leaves the mark behind."""
        path = self._path(student, "unfinished")
        path.touch()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """All of the file or nothing, also when the power fails."""
    draft = path.with_name(f"{path.name}.draft")
    try:
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def intake_folder(course: Path) -> Iterator[Path]:
    """A folder for clean copies. Those that a killed process left behind are removed first."""
    for left in course.glob(".intake-*"):
        _remove_if_left(left)
    folder = course / f".intake-{os.getpid()}-{time.monotonic_ns()}"
    folder.mkdir(mode=0o700)
    with open(folder / ".lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_if_left(folder: Path) -> None:
    """Remove a folder whose owner lives no more: its lock can be had. A very young one may not be locked yet.

    One from the future is not young: the clock has gone back since.
    """
    with suppress(OSError):
        if not (folder / ".lock").exists() and abs(time.time() - folder.stat().st_mtime) < YOUNG:
            return
        with open(folder / ".lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
