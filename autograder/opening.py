"""The one way in: how the files and folders of a hand-in are opened. Nothing else in the project opens them.

Each folder on the way is opened by itself and never through a link, and so is the file. What was opened is then looked
at: an ordinary file, with one name, not too large. All that is read is read from there, whatever its name means by
then: nobody can swap a file for a link between a look and a reading.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autograder import names
from autograder.errors import BrokenSubmission

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a pipe is not waited for


def above(folder: Path) -> Path:
    """The folder of all students' folders, which is trusted, above STUDENT/UNIT, of which nothing is."""
    return folder.parents[1]


@contextmanager
def opened(path: Path, trusted: Path, most: int) -> Iterator[BinaryIO]:
    """An ordinary file, open for reading.

    Args:
        trusted: the folder below which nothing is; itself it may be a link.
        most: bytes.

    Raises:
        BrokenSubmission: it is none, has several names, or is larger.
        OSError: it cannot be opened, or a link leads to it.
    """
    with open(_descriptor(path, trusted, FILE), "rb") as file:
        found, shown = os.fstat(file.fileno()), names.shown(path.name[:60])
        if not stat.S_ISREG(found.st_mode):
            raise BrokenSubmission(f"{shown} is no ordinary file.")
        if found.st_nlink > 1:
            what = f"{shown} is a hard link: the same file lies somewhere else too."
            raise BrokenSubmission(what, expected="a file of your own", advice="copy it, do not link it")
        if found.st_size > most:
            expected, got = f"at most {most / 2**20:.3g} MB", f"{found.st_size / 2**20:.3g} MB"
            raise BrokenSubmission(f"{shown} is too large.", expected=expected, got=got)
        yield file


def content(path: Path, trusted: Path, most: int) -> bytes:
    """All of an ordinary file; see `opened`."""
    with opened(path, trusted, most) as file:
        return file.read(most)


@contextmanager
def listed(folder: Path, trusted: Path) -> Iterator[Iterator[os.DirEntry]]:
    """What lies in a folder; each entry's `stat(follow_symlinks=False)` asks about the folder that was opened.

    Raises:
        OSError: it is no folder, or a link leads to it.
    """
    descriptor = _descriptor(folder, trusted, FOLDER)
    try:
        with os.scandir(descriptor) as entries:
            yield entries
    finally:
        os.close(descriptor)


def _descriptor(path: Path, trusted: Path, flags: int) -> int:
    """Open one part of the path after the other."""
    *folders, last = path.relative_to(trusted).parts or (".",)
    here = os.open(trusted, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folders:
            inner = os.open(name, FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        return os.open(last, flags, dir_fd=here)
    finally:
        os.close(here)
