"""What grading one submission costs from a warm start: python -m benchmarks.overhead COURSE

Everything is imported and the sandbox is warm; then each submission goes, alone, through nbgrader's own door (intake,
exam in the sandbox, verdict, grade in the gradebook). Prints one JSON object per submission: its student, the seconds,
those of the student's own code included, and how many of them nbgrader's steps and recording the grades take.
"""

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir
from functools import wraps
from pathlib import Path

from course_lib import threads
from tools.samples.sample_class import UNIT

WARMING = 2  # submissions whose time is not counted: the first ones import what only they need


def graded(course: Path) -> Iterator[tuple[str, float, float]]:
    """Grade a course's submissions one after the other: (student, seconds, seconds of nbgrader's steps)."""
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from autograder.book import examiner
    from autograder.box import bubblewrap, sandbox
    from autograder.commands.common import open_course
    from autograder.exam import assess  # noqa: F401

    clock: Counter[str] = Counter()
    for name in ("record", "examine_clean"):  # nbgrader's steps for one submission, the exam among them
        setattr(examiner, name, clocked(getattr(examiner, name), clock))
    sandbox.warm_up()
    with chdir(course):
        _, config = open_course()
        students = sorted(path.name for path in Path("submitted").iterdir())
        for number, student in enumerate([*students[:WARMING], *students]):
            desk = Autograde(
                coursedir=CourseDirectory(config=config, assignment_id=UNIT, student_id=student), config=config
            )
            desk.force, desk.log_level = True, logging.CRITICAL
            clock.clear()
            start = time.perf_counter()
            desk.start()
            if number >= WARMING:
                yield student, time.perf_counter() - start, clock["record"] - clock["examine_clean"]
    bubblewrap.end()


def clocked(function: Callable, clock: Counter[str]) -> Callable:
    """The function, whose seconds are added to the clock under its name."""

    @wraps(function)
    def called(*given: object) -> object:
        start = time.perf_counter()
        try:
            return function(*given)
        finally:
            clock[function.__name__] += time.perf_counter() - start

    return called


def main(course: Path) -> None:
    """Print the seconds of each submission."""
    threads.limit(1)
    for student, seconds, recording in graded(course):
        print(json.dumps({"student": student, "seconds": round(seconds, 4), "recording": round(recording, 4)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
