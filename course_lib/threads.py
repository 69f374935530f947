"""How many threads compute: decided here alone, for all that imports the course.

Two cores; "busy" means that another program keeps both of them at work. Images that the small backbone trains in a
second, and images that 30 plain layers train on in a second:

                                              idle           busy: products    busy: a training
one thread                                    300    3009    225    2045       209    2116
two, which spin while they wait               490    3544     90     105        74     784
two, which sleep (OMP_WAIT_POLICY=PASSIVE)    342    1403    183     453       161     449
two, which spin briefly (GOMP_SPINCOUNT)      434    3807    138     669         –       –

One thread is best, or nearly so, on cores that others use too, as on a JupyterHub, and costs an idle machine a third at
most. So `mini`, the checks and the exam compute with one; `full`, with its large networks, leaves PyTorch its own
number. Who knows better sets COURSE_THREADS, or OMP_NUM_THREADS.
"""

import os
import sys
from typing import NamedTuple

from course_lib.settings import unchecked

VARIABLES = (  # of PyTorch, NumPy and OpenCV; each is read once, when its library is loaded
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "OPENCV_FOR_THREADS_NUM",
)
OURS = "VISION_COURSE_SET"  # names those that the course set, here or in the process that started this one


class Decision(NamedTuple):
    """How many threads, None for PyTorch's own number; and why."""

    count: int | None
    reason: str


def decide() -> Decision:
    """What the environment says, else the profile. (A number that cannot be used is refused by `settings`.)"""
    given = unchecked("COURSE_THREADS")
    if given.isascii() and given.isdecimal() and int(given) > 0:
        return Decision(int(given), "COURSE_THREADS says so")
    if "OMP_NUM_THREADS" in os.environ and "OMP_NUM_THREADS" not in _ours():
        return Decision(None, "OMP_NUM_THREADS says so")
    if unchecked("COURSE_PROFILE") == "full":
        return Decision(None, "PyTorch's own number, for large networks")
    idle, busy = "1.2 to 1.6 times as fast on idle cores", "at 0.05 to 0.4 of the speed on cores that others use too"
    return Decision(1, f"two would train small networks {idle}, and {busy}; COURSE_THREADS sets another number")


def apply() -> None:
    """Do what `decide` says, in this process and in those that it starts. Importing the course calls it."""
    inherited = _ours()
    for name in (*inherited, OURS):
        os.environ.pop(name, None)
    decision = decide()
    if decision.count:
        kept = () if unchecked("COURSE_THREADS") else os.environ  # a variable that its user set
        limit(decision.count, [name for name in VARIABLES if name not in kept])
    elif "OMP_NUM_THREADS" in inherited and "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(_cores())


def limit(count: int, names: list[str] | None = None) -> None:
    """Let all libraries compute with so many threads: those that are loaded, and by these variables those to come."""
    chosen = variables(count, names)
    os.environ.update(chosen | {OURS: " ".join(chosen)})
    if "numpy" in sys.modules:  # OpenBLAS; whoever loads it later reads the environment
        from threadpoolctl import threadpool_limits

        threadpool_limits(count)
    for library, function in (("torch", "set_num_threads"), ("cv2", "setNumThreads")):
        if library in sys.modules:
            getattr(sys.modules[library], function)(count)


def variables(count: int, names: list[str] | None = None) -> dict[str, str]:
    """The environment of a process whose libraries compute with so many threads."""
    return {name: str(count) for name in (VARIABLES if names is None else names)}


def _ours() -> list[str]:
    return os.environ.get(OURS, "").split()


def _cores() -> int:
    """The cores that this process may use, each counted once: PyTorch's own number."""
    import psutil

    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)
