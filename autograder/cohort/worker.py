"""What a worker does: examine submissions. Only plain data come in and go out: text, bytes, numbers.

What is heavy is imported when the first submission comes; local workers fork from a process that has it already
(preload.py).
"""

import os
import stat
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


def examine(
    unit: str, student: str, notebook: str, weights: bytes | None, seeds: dict[str, int], kind: str
) -> dict[str, str]:
    """Examine one submission.

    Args:
        notebook: the clean copy's text.
        seeds: of the checks; the key stays with the coordinator.

    Returns:
        {"result": its JSON}, or {"no sandbox": why} or {"failed": why}.
    """
    import nbformat

    from autograder.exam import assess

    if lack := _lack(unit, kind):
        return {"no sandbox": lack}
    try:
        with TemporaryDirectory(prefix="weights-") as folder:
            path = Path(folder, f"{unit}.safetensors") if weights is not None else None
            if path:
                path.write_bytes(weights)
            parsed = nbformat.reads(notebook, as_version=4)
            return {"result": assess.examine(unit, student, parsed, path, seeds, kind).to_json()}
    except Exception as error:  # the grader's own fault; the others' submissions go on
        return {"failed": f"{type(error).__name__}: {error}"}


@cache
def _lack(unit: str, kind: str) -> str:
    """Why nothing can be examined here, or ""; found out once, with an empty box."""
    from autograder import reference
    from autograder.box import sandbox
    from autograder.errors import BoxError
    from autograder.exam import papers
    from course_lib import threads

    if lack := _exposed():
        return lack
    threads.limit(1)  # a core for each worker, also where no preload.py said so
    try:
        sandbox.warm_up(kind)
        reference.find(unit, papers.checks_of(unit)[0].function)  # meanwhile
        sandbox.Box(unit, kind).close()
    except BoxError as error:
        return str(error)
    return ""


def _exposed() -> str:
    """Whether others may write where Dask has its files on this node: it imports what lies there."""
    if "distributed" not in sys.modules:
        return ""
    from distributed import get_worker

    try:
        folder = Path(get_worker().local_directory).resolve()
    except ValueError:  # no worker of Dask's
        return ""
    opened = _opened([folder, *folder.parents])
    advice = "start the workers with --local-directory in a folder of yours with mode 700"
    return f"Others may write to {opened}, from which Dask imports; {advice}." if opened else ""


def _opened(way: Sequence[Path]) -> Path | None:
    """Of the folders on a way, the first in which others may put something; None where nobody else gets that far."""
    states = [path.stat() for path in way]
    if any(found.st_uid == os.getuid() and not found.st_mode & 0o077 for found in states):
        return None
    return next((path for path, found in zip(way, states, strict=True) if _shared(found)), None)


def _shared(found: os.stat_result) -> bool:
    writable = found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX
    return bool(writable) or found.st_uid not in (0, os.getuid())
