"""What grading makes is readable by its owner only: the gradebook, graded work, feedback, kept releases, the journal.

nbgrader and SQLite make files that every account of the machine may read, where the umask does not forbid it. In a
course that several instructors grade (`c.CourseDirectory.groupshared = True`) their group keeps its rights.
"""

import functools
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters.base import BaseConverter
from nbgrader.coursedir import CourseDirectory

from autograder.book.gradebook import sqlite_file
from autograder.book.journal import FOLDER
from autograder.release.releases import KEPT


def install() -> None:
    """Have nbgrader's converters and its gradebook keep things private, once."""
    if not hasattr(BaseConverter.start, "__wrapped__"):
        BaseConverter.start = _private_start(BaseConverter.start)
        Gradebook.__init__ = _private_gradebook(Gradebook.__init__)


def _private_start(plain):
    @functools.wraps(plain)
    def start(self):
        keep(self.coursedir, self._output_directory)
        return plain(self)

    return start


def _private_gradebook(plain):
    @functools.wraps(plain)
    def begin(self, db_url, *arguments, **options):
        if path := sqlite_file(db_url):
            make(path)
        plain(self, db_url, *arguments, **options)

    return begin


def make(path: Path) -> None:
    """An empty file for its owner only, where there is none; SQLite's own files beside it get the same rights."""
    with suppress(OSError):  # there already; or it cannot be made, and the database says so
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def keep(directory: CourseDirectory, output: str = "") -> None:
    """Take others' rights from what is there, and make the folder that is about to be filled, if it is one of these."""
    if output in (directory.autograded_directory, directory.feedback_directory):
        Path(directory.root, output).mkdir(mode=0o700, exist_ok=True)
    for path in exposed(directory):
        with suppress(PermissionError):  # a colleague's, who keeps it so
            path.chmod(path.stat().st_mode & 0o7777 & ~_taken(directory))


def exposed(directory: CourseDirectory) -> list[Path]:
    """What others may read and should not."""
    return [path for path in _held(directory) if path.stat().st_mode & _taken(directory)]


def _taken(directory: CourseDirectory) -> int:
    return 0o007 if directory.groupshared else 0o077


def _held(directory: CourseDirectory) -> Iterator[Path]:
    """What nobody else should read, as far as it is there."""
    root = Path(directory.root)
    found = [root / name for name in (directory.autograded_directory, directory.feedback_directory, KEPT, FOLDER)]
    if path := sqlite_file(directory.db_url):
        path = root / path
        found += [path, *(path.with_name(f"{path.name}-{end}") for end in ("journal", "wal", "shm"))]
        found.append(path.parent / FOLDER)
    yield from (path for path in dict.fromkeys(found) if path.exists())


def write(path: Path, text: str) -> None:
    """A file for its owner only, all of it anew."""
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
