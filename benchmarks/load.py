"""What happens beside a measured command: cores that others keep busy, and memory that is looked at."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import NamedTuple

import psutil

GLANCE, REST = 0.5, 30.0  # seconds between two looks at the memory, at least; times the seconds that one took


@contextmanager
def busy() -> Iterator[None]:
    """Every core has a neighbour that never waits, as on a shared JupyterHub.

    Each neighbour has a session of its own, as another user's kernel has: Linux shares the cores between sessions.
    """
    endless = [sys.executable, "-c", "while True: pass"]
    neighbours = [subprocess.Popen(endless, start_new_session=True) for _ in os.sched_getaffinity(0)]
    try:
        yield
    finally:
        for one in neighbours:
            one.kill()
            one.wait()


class Held(NamedTuple):
    """Bytes that were held at the fullest of all looks, and at the median one."""

    peak: int = 0
    usual: float = 0


class Memory:
    """The memory that a process and all below it hold, looked at again and again; what they share is counted once."""

    def __init__(self, pid: int):
        self.looks, self._pid, self._over = [], pid, threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        rest = GLANCE
        while not self._over.wait(rest):
            started = time.thread_time()
            self.looks.append(held(self._pid))
            rest = max(GLANCE, REST * (time.thread_time() - started))

    def stop(self) -> Held:
        """What was held; nobody looks any more. Nothing, where the process ended before the first look."""
        self._over.set()
        self._watcher.join()
        return Held(max(self.looks), median(self.looks)) if self.looks else Held()


def held(pid: int) -> int:
    """Bytes that a process and all below it hold now: each page is divided among those who share it."""
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(_share, tree))


def _share(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:  # it has ended, or is another user's
        return 0
