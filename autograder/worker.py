"""What a Dask worker does: examine submissions. Only plain data come in and go out: text, bytes, numbers.

What is heavy is imported when the first submission comes; local workers fork from a process that has it already
(preload.py).
"""

import os
from contextlib import suppress
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

    from autograder import assess

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
    """Why this machine has no sandbox of this kind, or ""; found out once, with an empty box."""
    from autograder import papers, reference, sandbox
    from autograder.errors import BoxError
    from course_lib import threads

    threads.limit(1)  # a core for each worker, also where no preload.py said so
    try:
        _stay_on_one_core()
        sandbox.warm_up(kind)
        reference.find(unit, papers.checks_of(unit)[0].function)  # meanwhile
        sandbox.Box(unit.split("_", 1)[1], kind).close()
    except BoxError as error:
        return str(error)
    return ""


def _stay_on_one_core() -> None:
    """A local worker and its boxes share a core, so that code that takes all it gets slows no neighbour."""
    from distributed import get_worker

    with suppress(ValueError):  # no worker of Dask's
        if isinstance(number := get_worker().name, int):
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[number % len(cores)]})
