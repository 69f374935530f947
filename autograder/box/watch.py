"""An eye on a box for as long as it lives, whatever the grader does meanwhile: memory, page tables, sockets, work.

Weighing is cheap as long as the processes are small: what each holds beside files, with page tables and swap, stands in
/proc/PID/status. Children share their parent's pages until they write to them, and that sum counts such pages once for
each. Only where it is above the limit the kernel is asked for the fair share of each page (smaps_rollup), for which it
walks through all of them.
"""

import glob
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from autograder.box import limits, sockets
from autograder.box.patience import worked_by

_HELD = re.compile(r"^(?:RssAnon|VmPTE|VmSwap|HugetlbPages):\s+(\d+) kB", re.MULTILINE)
_TABLES = re.compile(r"^(?:VmPTE|HugetlbPages):\s+(\d+) kB", re.MULTILINE)
_FAIR = re.compile(r"^(?:Pss_Anon|SwapPss):\s+(\d+) kB", re.MULTILINE)
REST, LONGEST = 4.0, 2.0  # after weighing: times the work that it took, and seconds at most


class Watch:
    """Looks at a box every quarter of a second, and ends it where it takes more than it may.

    Attributes:
        excess: why the box was ended, or "".
    """

    def __init__(self, first: Callable[[], int | None], end: Callable[[], None], channel: int | None = None):
        """Begin to watch.

        Args:
            first: tells the process from which everything in the box descends; None while nobody knows.
            end: is called when the watch ends, for whatever reason: nothing in a box lives unwatched.
            channel: our end of the socket to it; None where it has no network namespace of its own, whose sockets
                could be counted.
        """
        self.excess, self._first, self._end, self._channel = "", first, end, channel
        self._of_nobody: set[str] = set()
        self._lock, self._over = threading.Lock(), threading.Event()
        self._looked = self._next = time.monotonic() + limits.GLANCE.most
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def _run(self) -> None:
        try:
            while not self._over.wait(max(0.01, self._next - time.monotonic())):
                self.look()
        finally:
            self._end()

    @property
    def due(self) -> bool:
        """Whether nobody has looked for a while."""
        return time.monotonic() >= self._looked + limits.GLANCE.most

    def look(self) -> float | None:
        """Look now; weigh it too when it is time for that.

        Returns:
            The processor's seconds that the box has used; None while nobody knows.
        """
        with self._lock:
            process = None if self._over.is_set() else self._first()
            self._looked = time.monotonic()
            if not process:
                self._next = self._looked + limits.GLANCE.most
                return None
            found = family(process)
            if self._looked >= self._next:
                self._weigh(found)
            return worked_by(found)

    def _weigh(self, found: list[psutil.Process]) -> None:
        """Whether these processes have too much. How long it rests depends on its work, not on who else works here."""
        started = time.thread_time()
        if self._channel is not None and found:
            self.excess = self._too_many_sockets([process.pid for process in found])
        if not self.excess and memory_of(found) > limits.BOX.most:  # last: it may take long
            self.excess = f"It used more than {limits.BOX.shown} of memory, or very many processes; it was stopped."
        if self.excess:
            self._over.set()
        rest = min(LONGEST, REST * (time.thread_time() - started))
        self._next = time.monotonic() + max(limits.GLANCE.most, rest)

    def _too_many_sockets(self, pids: list[int]) -> str:
        number, own = sockets.count(pids[0]), Path(f"/proc/self/fd/{self._channel}")
        if number > limits.SOCKETS.most:
            return f"It opened more than {limits.SOCKETS.shown} sockets; it was stopped."
        held = sockets.held(pids) if number else {}
        before, self._of_nobody = self._of_nobody, sockets.of_nobody(pids[0], held) if number else set()
        if before & self._of_nobody or sockets.on_their_way([own, *held.values()]) > limits.FLIGHT.most:
            return f"It sent more than {limits.FLIGHT.shown} descriptors that nobody received; it was stopped."
        return ""

    def stop(self) -> None:
        """No more looks begin: the box is to end."""
        self._over.set()

    def wait(self) -> None:
        """Until the last look has ended, too: what it looks at must not be closed before."""
        with self._lock:
            return


def family(pid: int) -> list[psutil.Process]:
    """A process and all that descend from it; none when it has ended."""
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def memory_of(processes: list[psutil.Process]) -> int:
    """Bytes that these processes hold beside files, page tables and swap included.

    Where that is within a box's limit it may be too much: pages that several share are counted for each.
    """
    quick = {process.pid: _bytes(process.pid, "status", _HELD) or 0 for process in processes}
    if sum(quick.values()) <= limits.BOX.most:
        return sum(quick.values())
    total = 0
    for pid, most in sorted(quick.items(), key=lambda item: -item[1]):
        if total > limits.BOX.most:
            break
        total += _fair(pid, most)
    return total


def _fair(pid: int, most: int) -> int:
    """Bytes of one process, of a shared page its part; `most` where the kernel does not tell us."""
    share = _bytes(pid, "smaps_rollup", _FAIR)
    return most if share is None else share + (_bytes(pid, "status", _TABLES) or 0)


def _bytes(pid: int, name: str, lines: re.Pattern[str]) -> int | None:
    """The sum of these lines of a file in /proc; 0 for a process that has ended, None where we may not read it.

    Where the first thread of a process has ended, only its others tell what the process holds.
    """
    for path in (f"/proc/{pid}", *glob.iglob(f"/proc/{pid}/task/*")):
        try:
            found = lines.findall(Path(path, name).read_text())
        except PermissionError:
            return None
        except OSError:
            continue
        if found:
            return 1024 * sum(map(int, found))
    return 0
