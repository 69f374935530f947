"""The processes that examine: Dask workers on this machine, or those of a scheduler that runs somewhere."""

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from autograder.errors import GradingError

if TYPE_CHECKING:
    from distributed import Client, Future

    from autograder.tasks import Task

PRELOADED = "autograder.preload"
ANSWER = "15s"  # until a scheduler that does not answer is given up
LIVES = 3  # a submission that outlives so many of its workers is not tried again
LOOK = 0.2  # seconds between two looks for workers that have come
PATIENCE = 3.0  # seconds without a worker after which we say that we wait
SETTINGS = {
    "distributed.worker.multiprocessing-method": "forkserver",
    "distributed.scheduler.allowed-failures": LIVES - 1,
    "distributed.scheduler.worker-ttl": None,
    "distributed.admin.large-graph-warning-threshold": "128MB",  # a submission travels once, its weights with it
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "10m",
    "distributed.comm.timeouts.connect": ANSWER,
    "distributed.logging": {"distributed": "critical", "tornado": "critical", "asyncio": "critical"},
    "logging": {"distributed": "critical", "tornado": "critical", "asyncio": "critical"},
}


def begin(sandbox: bool) -> None:
    """Start the process from which local workers fork; it imports torch while the coordinator does other things.

    Args:
        sandbox: whether it begins to start one, for all of its workers.
    """
    from multiprocessing import forkserver, set_forkserver_preload

    set_forkserver_preload([PRELOADED])
    if sandbox:
        os.environ["AUTOGRADER_SANDBOX"] = "begin"
    forkserver.ensure_running()
    os.environ.pop("AUTOGRADER_SANDBOX", None)


def end() -> None:
    """End what `begin` has started, and its sandboxes with it; it may still be importing."""
    from multiprocessing.forkserver import _forkserver

    if _forkserver._forkserver_pid is not None:
        os.kill(_forkserver._forkserver_pid, signal.SIGKILL)
        _forkserver._stop()


@contextmanager
def hired(workers: int, scheduler: str) -> Iterator["Client"]:
    """Workers for as long as the block lasts.

    Args:
        workers: how many processes on this machine.
        scheduler: a Dask scheduler's address; then its workers are used, and none are started here.

    Raises:
        GradingError: the scheduler does not answer.
    """
    import dask
    from distributed import utils  # before the settings: it brings its own

    with dask.config.set(SETTINGS):
        utils._forkserver_preload_set = True  # `begin` has said what to import; Dask would import more
        cluster = None if scheduler else _local(workers)
        try:
            with _connected(scheduler or cluster) as client:
                yield client
        finally:
            if cluster is not None:
                cluster.close(timeout=5)


def _local(workers: int) -> Any:
    from distributed import LocalCluster

    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            worker_dashboard_address=None,
            memory_limit=0,  # the sandbox holds student code to its share
            silence_logs=logging.CRITICAL,
        )
    except (RuntimeError, OSError) as error:
        raise GradingError("The workers do not start.", got=str(error), advice="fewer --workers") from error


@contextmanager
def _connected(scheduler: Any) -> Iterator["Client"]:
    from distributed import Client

    try:
        client = Client(scheduler, timeout=ANSWER, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        advice = "the address that the scheduler printed when it started, e.g. tcp://10.0.0.5:8786"
        raise GradingError(f"The scheduler {scheduler} does not answer.", got=str(error), advice=advice) from error
    try:
        yield client
    finally:
        with suppress(Exception):  # a scheduler that is gone cannot be told goodbye
            client.close(timeout=2)


@contextmanager
def quiet() -> Iterator[None]:
    """Dask's own log stays off the terminal: a worker that dies is said in one line by us."""
    loggers = [logging.getLogger(name) for name in ("distributed", "tornado", "asyncio", "dask")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def examined(client: "Client", tasks: Iterable["Task"]) -> Iterator[tuple[str, dict[str, str]]]:
    """Have all tasks done; gives (student, what `worker.examine` returned) as they come.

    As many are under way as there are worker threads, so that when a worker dies it is known over which submission.

    Raises:
        GradingError: the scheduler is gone.
    """
    finished: queue.Queue = queue.Queue()
    feeder = threading.Thread(target=_feed, args=(client, iter(tasks), finished), daemon=True)
    feeder.start()
    while (found := finished.get()) is not None:
        if isinstance(found, BaseException):
            raise found
        yield found


def _feed(client: "Client", tasks: Iterator["Task"], finished: queue.Queue) -> None:
    """Keep every worker thread busy. Runs beside the coordinator's main thread, which records."""
    running: dict[str, tuple[str, Future]] = {}
    done: queue.Queue = queue.Queue()
    left, patient = True, time.monotonic() + PATIENCE
    try:
        while left or running:
            threads = sum(client.nthreads().values())
            if not threads and 0 < patient < time.monotonic():
                finished.put(("", {"waiting": "The scheduler has no workers yet: waiting for them."}))
                patient = 0.0
            while left and len(running) < threads:
                task = _next(tasks, finished)
                left = task is not None
                if task:
                    _submit(client, task, running, done)
            with suppress(queue.Empty):
                student, future = running.pop(done.get(timeout=LOOK))
                finished.put((student, _reply(future)))
        finished.put(None)
    except Exception as error:
        lost = GradingError("The scheduler is gone.", got=f"{type(error).__name__}: {error}", advice="start again")
        finished.put(error if isinstance(error, GradingError) else lost)


def _next(tasks: Iterator["Task"], finished: queue.Queue) -> "Task | None":
    """The next task; trouble with making it is told as it is, and is the end of them."""
    try:
        return next(tasks, None)
    except Exception as error:
        finished.put(error)
        return None


def _submit(client: "Client", task: "Task", running: dict, done: queue.Queue) -> None:
    from autograder import worker

    future = client.submit(worker.examine, **task.arguments, pure=False)
    running[future.key] = (task.student, future)
    future.add_done_callback(lambda future: done.put(future.key))


def _reply(future: "Future") -> dict[str, str]:
    """What came of one task."""
    from distributed import KilledWorker

    if future.status == "cancelled":
        raise GradingError("The scheduler is gone.", advice="start again: what is graded is kept")
    error = future.exception()
    if isinstance(error, KilledWorker):
        return {"killed": f"The grader's process ended {LIVES} times over this submission."}
    return {"failed": f"{type(error).__name__}: {error}"} if error else future.result()
