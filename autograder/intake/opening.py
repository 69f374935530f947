"""The one way in: how the files and folders of a hand-in are opened. Nothing else in the project opens them.

Each folder on the way is opened by itself and never through a link, and so is the file. What was opened is then looked
at: an ordinary file, with one name, not too large. All that is read is read from there, whatever its name means by
then: nobody can swap a file for a link between a look and a reading.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from autograder.errors import BrokenSubmission
from autograder.intake import names

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC  # a pipe is not waited for
TICK = 0.02  # seconds; Linux counts a file's time in steps of 1 to 10 ms


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
        BrokenSubmission: it is none, has several names, is being exchanged, or is larger.
        OSError: it cannot be opened, or a link leads to it.
    """
    with _folder(path.parent, trusted) as parent:
        before = os.stat(path.name, dir_fd=parent, follow_symlinks=False)
        _settle(parent, before.st_ctime_ns)
        with open(os.open(path.name, FILE, dir_fd=parent), "rb") as file:
            found = os.fstat(file.fileno())
            after = os.stat(path.name, dir_fd=parent, follow_symlinks=False)
            _refuse(names.shown(path.name[:60]), found, most, {_state(before), _state(found), _state(after)})
            yield file


def _refuse(shown: str, found: os.stat_result, most: int, states: set[tuple]) -> None:
    """Refuse what is no file of the student's own. `states` are what it looked like before, when open, and after."""
    if not stat.S_ISREG(found.st_mode):
        raise BrokenSubmission(f"{shown} is no ordinary file.")
    if any(links > 1 for *_, links in states):
        what = f"{shown} is a hard link: the same file lies somewhere else too."
        raise BrokenSubmission(what, expected="a file of your own", advice="copy it, do not link it")
    if len(states) > 1:
        raise BrokenSubmission(f"{shown} was exchanged for another while it was read.", advice="leave it in its place")
    if found.st_size > most:
        expected, got = f"at most {most / 2**20:.3g} MB", f"{found.st_size / 2**20:.3g} MB"
        raise BrokenSubmission(f"{shown} is too large.", expected=expected, got=got)


def _settle(folder: int, changed: int) -> None:
    """Let come to an end what is happening to a folder's names; what happens from here on is then seen by its time.

    A name that is being removed leads to its file until the very end, while the file's names are already one less: a
    listing waits for that, as it needs the folder's lock. And clocks of file systems tick: a name that came and went
    within one tick would leave the time of the one before. A time to come (the clock was set back) proves nothing.

    Args:
        folder: a descriptor.
        changed: when the file did last, in nanoseconds.
    """
    with os.scandir(folder) as entries:
        next(entries, None)
    if time.time_ns() - changed < TICK * 1e9:
        time.sleep(TICK)


def _state(found: os.stat_result) -> tuple:
    """What a name that comes or goes changes: a second one that is gone when it is counted has left its time."""
    return found.st_dev, found.st_ino, found.st_ctime_ns, found.st_nlink


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
    with _folder(folder, trusted) as descriptor, os.scandir(descriptor) as entries:
        yield entries


@contextmanager
def _folder(folder: Path, trusted: Path) -> Iterator[int]:
    """A folder's descriptor; one part of the path is opened after the other."""
    here = os.open(trusted, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in folder.relative_to(trusted).parts:
            inner = os.open(name, FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        yield here
    finally:
        os.close(here)
