"""A sign of life from whatever takes long: nothing for the first two seconds, then a bar or a line.

It goes to standard output in a notebook, which shows the other stream as if it were an error; elsewhere to the other,
so that what a program answers stays clean.
"""

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

PATIENCE = 2.0  # seconds without a word


def bar(items: Iterable, what: str = "", *, unit: str = "step", done: int = 0, show: bool = True) -> Iterator:
    """The items one after the other, with a bar from the first one on that ends after two seconds.

    Args:
        what: stands before the bar.
        done: how many items an earlier run has done already; the bar goes on from there.
        show: False draws none.
    """
    from tqdm import tqdm

    total = done + len(items) if hasattr(items, "__len__") else None
    looks = {"unit": unit, "file": _stream(), "mininterval": 1.0, "delay": PATIENCE}
    return iter(tqdm(items, what or None, total, initial=done, disable=not show, **looks))


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what is going on when the block has not ended after two seconds: "the check `nms` …"."""
    waiting = threading.Timer(PATIENCE, lambda: print(f"{what} …", file=_stream(), flush=True))
    waiting.daemon = True
    waiting.start()
    try:
        yield
    finally:
        waiting.cancel()


def _stream():
    return sys.stdout if type(sys.stdout).__module__.startswith("ipykernel.") else sys.stderr
