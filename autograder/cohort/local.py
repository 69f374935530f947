"""Worker processes on this machine. Work and results travel through pipes, which no other account can open.

Each is a pool of one process: when that dies, it is known over which submission, and another takes its place.
"""

import atexit
import os
import shutil
import signal
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import current_process, forkserver, get_context, set_forkserver_preload, util
from multiprocessing.connection import Connection
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from autograder.errors import GradingError

if TYPE_CHECKING:
    from autograder.cohort.tasks import Task

PRELOADED = "autograder.preload"
LONGEST = 60  # characters; a socket's whole name has 107
LIVES = 3  # a submission that outlives so many of its workers is not tried again


def begin(sandbox: bool) -> None:
    """Start the process from which workers fork; it imports torch while the coordinator does other things.

    Args:
        sandbox: whether it begins to start one, for all of its workers.
    """
    util.abstract_sockets_supported = False  # in Python 3.11.0 every account could have it fork
    _make_room_for_a_socket()
    set_forkserver_preload([PRELOADED])
    if sandbox:
        os.environ["AUTOGRADER_SANDBOX"] = "begin"
    forkserver.ensure_running()
    os.environ.pop("AUTOGRADER_SANDBOX", None)


def _make_room_for_a_socket() -> None:
    """Where TMPDIR is too long for the names of sockets, theirs lie in a private folder of /tmp."""
    if len(tempfile.gettempdir()) > LONGEST:
        folder = tempfile.mkdtemp(prefix="autograder-", dir="/tmp")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        current_process()._config["tempdir"] = folder


def end() -> None:
    """End what `begin` has started, and its sandboxes with it; it may still be importing."""
    _kill_forkserver()


def _kill_forkserver() -> None:
    """Kill the process from which workers fork, and let `multiprocessing` forget it.

    It has no public way to do so: the server lives until our process has ended, and while it imports it does not even
    notice that. So this one function touches what is private there.
    """
    server = forkserver._forkserver
    if server._forkserver_pid is not None:
        os.kill(server._forkserver_pid, signal.SIGKILL)
        server._stop()


@contextmanager
def workers(count: int) -> Iterator["Workers"]:
    """So many processes for as long as the block lasts; whatever they are at then, they and their files end."""
    with TemporaryDirectory(prefix="autograder-", ignore_cleanup_errors=True) as folder:  # nobody else may enter it
        found = Workers(count, folder)
        try:
            yield found
        finally:
            found.close()


class Workers:
    """Processes that examine one submission after the other."""

    def __init__(self, count: int, folder: str):
        """`folder`: where they put their temporary files."""
        self._count, self._folder, self._idle = count, folder, deque(range(count))
        self._lock, self._closed = threading.Lock(), False
        self._pools: dict[int, ProcessPoolExecutor] = {}
        self._leashes: dict[int, Connection] = {}
        self._deaths: Counter[str] = Counter()

    def hands(self) -> int:
        """How many submissions may be under way at once."""
        return self._count

    def submit(self, task: "Task") -> Future:
        """Have a worker that is idle examine a submission."""
        from autograder.cohort import worker

        number = self._idle.popleft()
        try:
            future = self._pool(number).submit(worker.examine, **task.arguments)
        except BrokenProcessPool:  # it died while it was idle
            future = self._hire(number).submit(worker.examine, **task.arguments)
        future.add_done_callback(lambda _: self._idle.append(number))
        return future

    def reply(self, task: "Task", future: Future) -> dict[str, str] | None:
        """What came of a submission; None where its worker died and another one should try."""
        error = future.exception()
        if not isinstance(error, BrokenProcessPool):
            return {"failed": f"{type(error).__name__}: {error}"} if error else future.result()
        self._deaths[task.student] += 1
        if self._deaths[task.student] < LIVES:
            return None
        return {"killed": f"The grader's process ended {LIVES} times over this submission."}

    def _pool(self, number: int) -> ProcessPoolExecutor:
        return self._pools.get(number) or self._hire(number)

    def _hire(self, number: int) -> ProcessPoolExecutor:
        """A fresh process on a leash: it ends when we let go, or die."""
        with self._lock:
            if self._closed:
                raise GradingError("The workers have ended.", advice="start again: what is graded is kept")
            self._let_go(number)
            held, self._leashes[number] = get_context().Pipe(duplex=False)
            context, given = get_context("forkserver"), (number, held, self._folder)
            self._pools[number] = ProcessPoolExecutor(1, mp_context=context, initializer=_serve, initargs=given)
            return self._pools[number]

    def _let_go(self, number: int) -> None:
        if number in self._pools:
            self._leashes.pop(number).close()
            self._pools.pop(number).shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            self._closed = True
            for leash in self._leashes.values():
                leash.close()
            for number in list(self._pools):
                self._let_go(number)


def _serve(number: int, leash: Connection, folder: str) -> None:
    """In a worker, first of all: end with the coordinator, and share a core with one's own boxes only.

    Code that takes all that it gets then slows no neighbour.
    """
    tempfile.tempdir = folder
    threading.Thread(target=_end_with, args=(leash,), daemon=True).start()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[number % len(cores)]})


def _end_with(leash: Connection) -> None:
    with suppress(EOFError, OSError):
        leash.recv_bytes()
    os._exit(1)
