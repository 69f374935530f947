"""Work keeps to its bound of processor seconds, and a notebook to what tools/budgets.py promises."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tools import budgets


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """What this process does in the block takes no more seconds of a processor."""
    began = time.process_time()
    yield
    in_time(seconds, time.process_time() - began)


def in_time(seconds: float, worked: float, what: str = "it") -> None:
    """Work that took so long keeps to its bound."""
    assert budgets.kept(seconds, worked), f"{what}: {worked:.2f} s of a processor; {seconds:g} s is the bound"


def within(seconds: float, worked: float, peak: int, record_property) -> None:
    """Both stay below their bounds; what they were is kept in the test's report."""
    record_property("processor_seconds", round(worked, 1))
    record_property("peak_mb", round(peak / 1e6))
    print(f"{worked:.1f} s of a processor, {peak / 1e9:.2f} GB")
    in_time(seconds, worked)
    assert peak <= budgets.PEAK_BYTES
