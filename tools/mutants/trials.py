"""Trials of untrustworthy code, each in a fork of this process with a limit of processor time, several at once."""

import json
import math
import multiprocessing
import os
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

MEMORY = 6 * 2**30  # bytes of data that a trial may hold
ASLEEP = 20  # times the limit on the wall's clock, for a trial that waits where it should work
POLL = 0.2  # seconds between two looks at the clock


@dataclass
class _Running:
    """A trial under way."""

    index: int
    process: multiprocessing.Process
    answer: Connection
    deadline: float


def run_trials(trials: Sequence[Callable[[], Any]], limit: float, at_once: int | None = None) -> Iterator[Any]:
    """What each trial returned (plain JSON values), in their order; None for one that died or took longer.

    `limit` is in seconds of a processor: what else the machine does stops no trial.

    This process must not have run threaded torch operations before: its forks would hang.
    """
    at_once = at_once or os.cpu_count() or 1
    waiting, running, done = list(enumerate(trials))[::-1], [], {}
    for index in range(len(trials)):
        while index not in done:
            while waiting and len(running) < at_once:
                running.append(_start(*waiting.pop(), limit))
            running = _collect(running, done)
        yield done.pop(index)


def _start(index: int, trial: Callable[[], Any], limit: float) -> _Running:
    answer, child_end = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(trial, limit, child_end), daemon=True)
    process.start()
    child_end.close()
    return _Running(index, process, answer, time.monotonic() + ASLEEP * limit)


def _child(trial: Callable[[], Any], limit: float, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(limit), math.ceil(limit)))
    answer.send_bytes(json.dumps(trial()).encode())


def _collect(running: list[_Running], done: dict[int, Any]) -> list[_Running]:
    """Move finished trials to `done`, kill those past their deadline, and return the others."""
    ready = wait([trial.answer for trial in running], timeout=POLL)
    left = []
    for trial in running:
        if trial.answer in ready or time.monotonic() > trial.deadline:
            done[trial.index] = _answer(trial) if trial.answer in ready else None
            trial.process.kill()
            trial.process.join()
            trial.answer.close()
        else:
            left.append(trial)
    return left


def _answer(trial: _Running) -> Any:
    try:
        return json.loads(trial.answer.recv_bytes())
    except EOFError:  # it died without an answer
        return None
