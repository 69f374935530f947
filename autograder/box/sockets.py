"""The sockets of a box: how many there are, and how many descriptors are on their way through them.

A descriptor that was sent and not yet received counts for all boxes of a user: who keeps a thousand of them on their
way leaves none to the others, whose data loaders then fail. A socket shows how many wait in it, unless it is itself on
its way in another one; such sockets belong to the network namespace, and to no process.
"""

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path


def count(pid: int) -> int:
    """How many sockets there are in a process's network namespace, those on their way included."""
    with contextlib.suppress(OSError):
        if used := re.search(r"sockets: used (\d+)", Path(f"/proc/{pid}/net/sockstat").read_text()):
            return int(used[1])
    return 0


def on_their_way(descriptors: Iterable[Path]) -> int:
    """How many descriptors wait in sockets, given as places such as /proc/7/fd/3."""
    total = 0
    for path in descriptors:
        with contextlib.suppress(OSError):
            if waiting := re.search(r"^scm_fds:\s+(\d+)", (path.parents[1] / "fdinfo" / path.name).read_text(), re.M):
                total += int(waiting[1])
    return total


def held(pids: Iterable[int]) -> dict[str, Path]:
    """The sockets that processes have open: the number of each, and one place where it is open."""
    found = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for path in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if kind := re.fullmatch(r"socket:\[(\d+)\]", str(path.readlink())):
                        found[kind[1]] = path
    return found


def of_nobody(pid: int, known: Iterable[str]) -> set[str]:
    """The sockets in a process's network namespace that are none of the known ones: each is on its way in another."""
    with contextlib.suppress(OSError):
        rows = Path(f"/proc/{pid}/net/unix").read_text().splitlines()[1:]
        return {row.split()[6] for row in rows} - {*known, "0"}  # 0: connected, and not accepted yet
    return set()
