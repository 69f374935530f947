"""Warm sandboxes that begin to start before the workers are there: in the process from which the workers fork.

It imports torch, the sandboxes do too, side by side. Each worker then takes one of them for itself.
"""

import os
import select

from autograder.bubblewrap import Warm
from autograder.errors import BoxError

COUNT = "AUTOGRADER_SANDBOXES"  # in the environment of the workers' common parent: how many to start


class Early(Warm):
    """A warm process that our parent has started: it is watched by its descriptor, not waited for."""

    def __init__(self, core: int):
        super().__init__(core)
        self._watched = os.pidfd_open(self.process.pid)

    def take(self) -> "Early":
        """It is this process's own from now on."""
        self._owner = os.getpid()
        return self

    def usable(self) -> bool:
        """Whether it lives, and was taken by this process."""
        return self._owner == os.getpid() and not self._ended(0.0)

    def lives(self) -> bool:
        """Whether it still lives a moment from now."""
        return not self._ended(0.2)

    def _ended(self, seconds: float) -> bool:
        return bool(select.select([self._watched], [], [], seconds)[0])


_started: list[Early] = []
_tickets, _issued = os.pipe()


def start(count: int) -> None:
    """Begin to start so many. Where there is no bubblewrap, the workers will say so."""
    os.set_blocking(_tickets, False)
    cores = sorted(os.sched_getaffinity(0))
    for number in range(count):
        try:
            _started.append(Early(cores[number % len(cores)]))
        except BoxError:
            return
        os.write(_issued, bytes([number]))


def take() -> Early | None:
    """One that no other worker has, or None where none is left."""
    if not _started:
        return None
    try:
        return _started[os.read(_tickets, 1)[0]].take()
    except BlockingIOError:
        return None
