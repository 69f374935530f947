"""Work on a stranger's answers in a fork that is held to its share: an answer that takes too much costs itself only.

The fork computes with one thread: those of its parent do not live in it.
"""

import os
import resource
import select
import signal
import sys
import warnings
from collections.abc import Callable

import psutil

GUARD = 20  # times the processor's seconds, by the clock: for a fork that neither works nor ends
DONE, FAILED = b"+", b"!"


def watched(work: Callable[[], str], seconds: int, room: int = 2 * 2**30) -> str | None:
    """What `work` returns, or None where it took more than so many processor seconds or bytes of memory.

    Raises:
        RuntimeError: the work itself failed; its error is in the text.
    """
    if sys.platform != "linux":  # nobody grades a class there, and libraries do not survive a fork
        return work()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads, from Python 3.12 on
        child = os.fork()
    if child == 0:
        _work(work, seconds, room, writer)
    os.close(writer)
    content = _all_of(reader, GUARD * seconds)
    if content is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if status == 0 and content and content[:1] == FAILED:
        raise RuntimeError(content[1:].decode())
    return content[1:].decode() if status == 0 and content else None


def _work(work: Callable[[], str], seconds: int, room: int, writer: int) -> None:
    """In the fork: work within limits, write, end."""
    status = 1
    try:
        _limit(seconds, room)
        try:
            said = DONE + work().encode()
        except MemoryError:
            os._exit(1)
        except Exception as error:
            refused = "can't allocate memory" in str(error)  # PyTorch's word for it
            said = b"" if refused else FAILED + f"{type(error).__name__}: {error}".encode(errors="replace")
        status = 0 if said else 1
        with open(writer, "wb") as pipe:
            pipe.write(said)
    finally:
        os._exit(status)  # without the parent's cleaning up


def _limit(seconds: int, room: int) -> None:
    if "torch" in sys.modules:  # and nothing else: a fork of a process with threads must not touch their locks
        sys.modules["torch"].set_num_threads(1)
    most = psutil.Process().memory_info().data + room
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _all_of(reader: int, seconds: float) -> bytes | None:
    """What is written until the other side ends; None where that takes too long."""
    parts = []
    with open(reader, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], seconds)[0]:
            part = pipe.read(2**20)
            if not part:
                return b"".join(parts)
            parts.append(part)
    return None
