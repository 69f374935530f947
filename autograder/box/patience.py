"""How long a box may take. Where it works the processor's seconds count, where it sleeps the clock's.

On a machine that others keep busy, an honest answer gets the work that it needs; a hang ends as soon as elsewhere.
"""

import time

import psutil

from autograder.box import limits

ASLEEP = 0.02  # of a core: who uses less waits for something


class Patience:
    """The seconds that are left of a limit.

    Attributes:
        left: when last looked.
    """

    def __init__(self, seconds: float):
        self.left, self._end = seconds, time.monotonic() + limits.PATIENCE.most * seconds
        self._looked, self._worked = time.monotonic(), None

    def pause(self, longest: float) -> float:
        """How long to wait until the next look, at most `longest`."""
        return max(0.001, min(longest, self.left - (time.monotonic() - self._looked)))

    def look(self, worked: float | None) -> None:
        """Take off what has passed since the last look.

        Args:
            worked: the processor's seconds of the box so far; None where nobody can tell, then the clock's count.

        Raises:
            TimeoutError: nothing is left.
        """
        now = time.monotonic()
        passed = now - self._looked
        used = passed if None in (worked, self._worked) else worked - self._worked
        self.left -= passed if used < ASLEEP * passed else min(used, passed)
        self._looked, self._worked = now, worked
        if self.left <= 0 or now > self._end:
            raise TimeoutError


def worked_by(processes: list[psutil.Process]) -> float:
    """The processor's seconds that these processes, and their children that have ended, have used."""
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
