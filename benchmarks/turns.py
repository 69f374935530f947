"""Several runs of the same things, one after the other and again, and how such runs are told."""

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from statistics import median


def in_turn(
    rounds: int, *tasks: Callable[[], object], clock: Callable[[], float] = time.process_time
) -> list[list[float]]:
    """The seconds of each task in each round: ours, peer, ours, peer … Warming up is the caller's."""
    seconds = [[] for _ in tasks]
    for _ in range(rounds):
        for task, own in zip(tasks, seconds, strict=True):
            start = clock()
            task()
            own.append(clock() - start)
    return seconds


def ratio(ours: Sequence[float], peers: Sequence[float]) -> float:
    """How many times as long ours takes, by the medians."""
    return median(ours) / median(peers)


def told(seconds: Sequence[float], unit: float = 1.0) -> str:
    """Median, and of several the smallest and the largest, as multiples of `unit` seconds: "2.10 (1.95–2.40)"."""
    middle, least, most = (number(value / unit) for value in (median(seconds), min(seconds), max(seconds)))
    return middle if len(seconds) == 1 else f"{middle} ({least}–{most})"


def number(value: float) -> str:
    """Three digits, or all those before the point: 0.0213, 2.13, 213, 2,134."""
    shown = Decimal(f"{value:.2e}") if abs(value) < 1000 else Decimal(round(value))
    return f"{shown:,f}"


def row(*cells: object) -> str:
    """A line of a table in Markdown."""
    return f"| {' | '.join(map(str, cells))} |\n"


def machine(busy: bool) -> str:
    """The state of the machine in a word."""
    return "busy" if busy else "idle"
