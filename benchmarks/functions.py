"""The solutions' functions beside the libraries' own: python -m benchmarks.functions"""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version

import torch

from benchmarks.contests import Contest, contests
from benchmarks.grading import BenchmarkError
from benchmarks.load import busy
from benchmarks.turns import in_turn, machine, number, ratio, row, told

LEAST = 0.02  # seconds that one timing takes at least: as many calls as that needs
ROUNDS = {False: 9, True: 5}  # not busy, busy
FAR = 5.0  # times as long as the peer: from here on the table says why
WHY = {
    "02 `nms`": "a box may only be removed by one that was itself kept, so the boxes have to be visited in order; the "
    "loop makes this visible, and a compiled one would hide it.",
    "03 `roi_pool`": "each region is pooled in turn, as the paper describes it; a version for all at once would be "
    "harder to read. The experiment trains with the peer; the student's own serves for 15 steps on ten images.",
}


@dataclass(frozen=True)
class Raced:
    """One function and its peer on one input: processor seconds of one call, in each round."""

    function: str
    size: str
    peer: str
    version: str
    busy: bool
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return ratio(self.ours, self.theirs)


def race(one: Contest, rounds: int, crowded: bool = False) -> Raced:
    """Time both in turn, once their answers are known to be the same.

    Raises:
        BenchmarkError: they are not.
    """
    ours, theirs = one.ours(), one.theirs()
    if not one.same(ours, theirs):
        raise BenchmarkError(f"{one.function} and {one.peer} disagree.", expected=str(theirs), got=str(ours))
    tasks, calls = (one.ours, one.theirs), [calls_in(task) for task in (one.ours, one.theirs)]
    repeated = [lambda task=task, n=n: [task() for _ in range(n)] for task, n in zip(tasks, calls, strict=True)]
    seconds = in_turn(rounds, *repeated)
    each = [tuple(value / n for value in column) for column, n in zip(seconds, calls, strict=True)]
    return Raced(one.function, one.size, one.peer, f"{one.package} {version(one.package)}", crowded, *each)


def calls_in(task: Callable[[], object], least: float = LEAST) -> int:
    """How many calls fill so many processor seconds; it is warm afterwards."""
    calls, start = 0, time.process_time()
    while not calls or time.process_time() - start < least:
        task()
        calls += 1
    return calls


def measure(which: Iterable[Contest] | None = None, rounds: dict[bool, int] = ROUNDS) -> list[Raced]:
    """Race all on an idle machine, then beside neighbours that never wait; one thread."""
    threads, found = torch.get_num_threads(), []
    torch.set_num_threads(1)
    try:
        which = list(contests() if which is None else which)
        for crowded, many in rounds.items():
            with busy() if crowded else nullcontext():
                found += [race(one, many, crowded) for one in which]
    finally:
        torch.set_num_threads(threads)
    return found


def table(found: Sequence[Raced]) -> str:
    """As Markdown."""
    rows = "".join(map(_line, found))
    far = sorted({one.function for one in found if not one.busy and one.ratio > FAR})
    return TABLE + rows + "".join(f"\n{name}: {WHY.get(name, UNSAID)}\n" for name in far)


def _line(one: Raced) -> str:
    times = told(one.ours, 1e-3), told(one.theirs, 1e-3), number(one.ratio)
    return row(one.function, one.size, f"{one.peer}, {one.version}", machine(one.busy), *times)


UNSAID = f"more than {FAR:g} times as long as its peer, **without a reason**."
TABLE = f"""
## What students write

Functions of the solutions beside the libraries' own, on the same inputs: random numbers in the shapes of a scene, a
photograph or a batch. Before anything is timed the answers are compared: they are equal but for rounding, and triplets
in any order. Processor milliseconds of one call, median (smallest–largest) of {ROUNDS[False]} rounds in turn,
{ROUNDS[True]} on a busy machine, one thread, no gradient. A solution is written to be read: up to {FAR:g} times the
peer's time it stays as it is.

| function | input | peer | machine | ours, ms | peer, ms | ratio |
|---|---|---|---|--:|--:|--:|
"""


if __name__ == "__main__":
    try:
        print(table(measure()))
    except BenchmarkError as error:
        sys.exit(str(error))
