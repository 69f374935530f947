"""The processes that examine, on this machine (local.py) or on a cluster (cluster.py), are kept busy."""

import itertools
import queue
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from autograder.errors import GradingError

if TYPE_CHECKING:
    from autograder.cohort.tasks import Task

LOOK = 0.2  # seconds between two looks for workers that have come
TURN = 0.0005  # seconds after which the thread that records lets the one go on that keeps the workers busy
PATIENCE = 3.0  # seconds without a worker after which we say that we wait


@runtime_checkable
class Crew(Protocol):
    """Workers, wherever they are."""

    def hands(self) -> int:
        """How many submissions may be under way at once."""

    def submit(self, task: "Task") -> Any:
        """Have a submission examined; gives a future."""

    def reply(self, task: "Task", future: Any) -> dict[str, str] | None:
        """What `worker.examine` returned, or how it failed; None where it should be tried again."""


def hired(workers: int, scheduler: str, anyone: bool = False) -> AbstractContextManager[Crew]:
    """Workers for as long as a block lasts.

    Args:
        workers: how many processes on this machine.
        scheduler: a Dask scheduler's address; then its workers are used, and none are started here.
        anyone: that scheduler may be open to everybody who reaches it.

    Raises:
        GradingError: the scheduler does not answer, or may not be used.
    """
    from autograder.cohort import cluster, local

    return cluster.workers(scheduler, anyone) if scheduler else local.workers(workers)


def examined(crew: Crew, tasks: Iterable["Task"]) -> Iterator[tuple[str, dict[str, str]]]:
    """Have all tasks done; gives (student, what `worker.examine` returned) as they come.

    As many are under way as there are hands, so that when a worker dies it is known over which submission.

    Raises:
        GradingError: the scheduler is gone.
    """
    finished: queue.Queue = queue.Queue()
    feeder = threading.Thread(target=_feed, args=(crew, iter(tasks), finished), daemon=True)
    sys.setswitchinterval(TURN)
    feeder.start()
    while (found := finished.get()) is not None:
        if isinstance(found, BaseException):
            raise found
        yield found


def _feed(crew: Crew, tasks: Iterator["Task"], finished: queue.Queue) -> None:
    """Keep every hand busy. Runs beside the coordinator's main thread, which records."""
    running: dict[int, tuple[Task, Any]] = {}
    done: queue.Queue = queue.Queue()
    numbers, ready = itertools.count(), []
    left, patience = True, time.monotonic() + PATIENCE
    try:
        while left or ready or running:
            hands = crew.hands()
            if not hands and 0 < patience < time.monotonic():
                finished.put(("", {"waiting": "The scheduler has no workers yet: waiting for them."}))
                patience = 0.0
            if left and not ready:  # one is ready before a hand is idle
                task = _next(tasks, finished)
                left = task is not None
                ready += [task] * left
            if ready and len(running) < hands:
                _submit(crew, ready.pop(), next(numbers), running, done)
                continue
            with suppress(queue.Empty):
                task, future = running.pop(done.get(timeout=LOOK))
                if reply := crew.reply(task, future):
                    finished.put((task.student, reply))
                else:
                    ready.append(task)
        finished.put(None)
    except Exception as error:
        lost = GradingError("The workers are gone.", got=f"{type(error).__name__}: {error}", advice="start again")
        finished.put(error if isinstance(error, GradingError) else lost)


def _next(tasks: Iterator["Task"], finished: queue.Queue) -> "Task | None":
    """The next task; trouble with making it is told as it is, and is the end of them."""
    try:
        return next(tasks, None)
    except Exception as error:
        finished.put(error)
        return None


def _submit(crew: Crew, task: "Task", number: int, running: dict, done: queue.Queue) -> None:
    future = crew.submit(task)
    running[number] = task, future
    future.add_done_callback(lambda _: done.put(number))
