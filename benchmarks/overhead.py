"""What grading one submission costs from a warm start: python -m benchmarks.overhead COURSE

Everything is imported and the sandbox is warm; then each submission goes, alone, through nbgrader's own door (intake,
exam in the sandbox, verdict, grade in the gradebook). Prints one JSON object a submission: its student and the seconds,
those of the student's own code included.
"""

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path

from course_lib import threads
from tools.samples.sample_class import UNIT

WARMING = 2  # submissions whose time is not counted: the first ones import what only they need


def graded(course: Path) -> Iterator[tuple[str, float]]:
    """Grade a course's submissions one after the other: (student, seconds)."""
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from autograder.box import bubblewrap, sandbox
    from autograder.commands.common import open_course
    from autograder.exam import assess  # noqa: F401

    sandbox.warm_up()
    with chdir(course):
        _, config = open_course()
        students = sorted(path.name for path in Path("submitted").iterdir())
        for number, student in enumerate([*students[:WARMING], *students]):
            desk = Autograde(
                coursedir=CourseDirectory(config=config, assignment_id=UNIT, student_id=student), config=config
            )
            desk.force, desk.log_level = True, logging.CRITICAL
            start = time.perf_counter()
            desk.start()
            if number >= WARMING:
                yield student, time.perf_counter() - start
    bubblewrap.end()


def main(course: Path) -> None:
    """Print the seconds of each submission."""
    threads.limit(1)
    for student, seconds in graded(course):
        print(json.dumps({"student": student, "seconds": round(seconds, 4)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
