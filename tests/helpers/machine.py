"""A machine of its own inside this one: root's bubblewrap with other folders, accounts and processes.

What is closed to others (a home in which Python was installed) lies on the way to Python for a plain user; there an
empty folder stands, in which only what is needed is mounted again.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path


def mounted(needed: Iterable[Path], hidden: Iterable[Path] = (Path("/tmp"),)) -> list[str]:
    """bubblewrap's words for all of this machine, with some folders empty, as every user may read it.

    Args:
        needed: what everybody reads, unchanged, wherever it lies.
        hidden: what is empty but for that, beside the folders that are closed to others.
    """
    needed = list(needed)
    parents = {path: list(reversed(path.parents))[1:] for path in needed}
    closed = {path for paths in parents.values() for path in paths if not path.stat().st_mode & 0o001}
    covered = sorted(path for path in closed | {*hidden} if not (closed | {*hidden}) & {*path.parents})
    words = [word for path in covered for word in ("--perms", "1777", "--tmpfs", str(path))]
    for path in needed:
        below = [parent for parent in parents[path] if {*parent.parents} & {*covered}]
        words += [word for parent in below for word in ("--perms", "0755", "--dir", str(parent))]
        words += ["--ro-bind", str(path), str(path)] if {*path.parents} & {*covered} else []
    return [shutil.which("bwrap"), "--dev-bind", "/", "/", *words, "--cap-add", "ALL", "--die-with-parent"]
