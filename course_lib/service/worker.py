"""One thread that works on one picture after the other, and a bounded number of places for those that wait.

A network that is asked eight times at once is not faster, it only needs eight times the memory. So requests queue. And
an endless queue is a promise that nobody keeps: whoever finds no place hears so at once, and when to come again.

A place is taken before a body is read and given back when its picture is done, also where its client has long given up:
that bounds the memory whatever happens.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from course_lib.service.limits import Refused

log = logging.getLogger(__name__)


class Worker:
    """The thread and its queue.

    Attributes:
        places: how many requests there may be at once.
        taken: how many there are.
    """

    def __init__(self, places: int):
        self.places, self.taken = places, 0
        self._lock, self._thread = threading.Lock(), None
        self._queue: queue.SimpleQueue = queue.SimpleQueue()

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._work, name="the service's worker", daemon=True)
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Work on what waits, then end. What hangs for longer than `patience` seconds is left behind; no thread can be
        ended from outside, but it ends with the process.
        """
        self._queue.put(None)
        self._thread.join(patience)
        if self._thread.is_alive():
            log.warning("The tagging function has not come to its end; its thread is left to itself.")

    @contextmanager
    def place(self) -> Iterator[Callable]:
        """A place for one request; in it `await work(job, seconds)` gives what the job returns, or raises.

        Raises Refused: 503 where no place is free, 504 where the job has not been done after so many seconds.
        """
        self._take()
        handed_on = False

        async def work(job: Callable[[], Any], seconds: float) -> Any:
            nonlocal handed_on
            future: Future = Future()
            self._queue.put((job, future))
            handed_on = True
            try:
                return await asyncio.wait_for(asyncio.wrap_future(future), seconds)
            except TimeoutError as error:
                raise Refused(504, f"There were no tags after {seconds:g} seconds.") from error

        try:
            yield work
        finally:
            if not handed_on:
                self._give_back()

    def _take(self) -> None:
        with self._lock:
            if self.taken >= self.places:
                raise Refused(503, f"{self.places} requests are waiting already: ask again.", retry_after="1")
            self.taken += 1

    def _give_back(self) -> None:
        with self._lock:
            self.taken -= 1

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            self._do(*item)
            del item  # its picture; the next one may be long in coming

    def _do(self, job: Callable[[], Any], future: Future) -> None:
        wanted = future.set_running_or_notify_cancel()  # by somebody who still waits
        result, failure = _outcome(job) if wanted else (None, None)
        self._give_back()  # before the answer is out: who asks again because of it finds the place
        if failure:
            future.set_exception(failure)
        elif wanted:
            future.set_result(result)


def _outcome(job: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    """What a job gives, or what it raises. SystemExit, too, ends a job and not the worker."""
    try:
        return job(), None
    except Refused as refused:
        refused.__cause__ = refused.__context__ = None  # the frames in them would keep the picture for a while
        return None, refused.with_traceback(None)
    except BaseException as error:
        return None, error
