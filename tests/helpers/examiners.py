"""Stand in the place of `worker.examine`. Worker processes import them from here by name."""

import os
import time


def deadly(student: str) -> dict[str, str]:
    """The student "bad" kills each process that examines."""
    return os._exit(9) if student == "bad" else {"result": student}


def stumbling(student: str) -> dict[str, str]:
    """The grader's own fault meets the student "bad"."""
    return {"result": str(1 / (student != "bad"))}


def weighing(student: str, weights: bytes) -> dict[str, str]:
    """How heavy the weights are; those of the student "bad" kill the process."""
    return os._exit(9) if student == "bad" else {"result": str(len(weights))}


def telling(student: str) -> dict[str, str]:
    """Which process examines, where its temporary files lie, and on which cores it runs."""
    import tempfile

    time.sleep(0.3)  # so that each worker has its share
    return {"result": f"{os.getpid()} {tempfile.gettempdir()} {sorted(os.sched_getaffinity(0))}"}


def endless(student: str) -> dict[str, str]:
    """Never comes to an end by itself."""
    time.sleep(3600)
    return {"result": student}
