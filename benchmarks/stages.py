"""Where a submission's time goes before its grades are recorded: python -m benchmarks.stages COURSE

The steps of `autograder grade`, one after the other in one process, for each submission of the two-function class. The
seconds are the processor's, of this process and of what it has waited for; for the exam, most of which is done in the
box, also those of the clock. Prints one JSON object with the mean of each stage.
"""

import json
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.document import CLOCK, EMPTY, STAGES
from course_lib import threads
from tools.samples.sample_class import UNIT

BOXES = 5  # empty ones
WARMING = 2  # submissions that are not counted


class Clock:
    """Processor seconds by stage."""

    def __init__(self):
        self.seconds: Counter[str] = Counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """What is done in this block counts for a stage."""
        start = _used()
        try:
            yield
        finally:
            self.seconds[name] += _used() - start


def _used() -> float:
    parts = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in parts)


def measured(course: Path) -> dict[str, float]:
    """The mean seconds of each stage, and by the clock those of the exam and of an empty box."""
    from autograder.box import bubblewrap, sandbox, startup

    startup.import_torchvision()
    from autograder.cohort.tasks import Tasks
    from autograder.exam import assess, papers, secret, sitting
    from autograder.intake import clean

    clock, boxes = Clock(), []
    sandbox.warm_up()
    with TemporaryDirectory() as folder:
        place, students = Path(folder), clean.students_of(course / "submitted", UNIT)
        tasks = Tasks(UNIT, place, "bubblewrap", secret.key(course), "")
        for number, (student, source) in enumerate(students.items()):
            if number == WARMING:
                clock.seconds.clear()
                boxes.clear()
            with clock.stage("taking in"):
                clean.take_in(source, place / student / UNIT, UNIT, course)
                task = tasks.make(student)
            notebook, weights = clean.clean_copy(place, student, UNIT)
            with clock.stage("drawing questions"):
                seeds = task.arguments["seeds"]
                checks = [check for check in papers.checks_of(UNIT) if check.name in seeds]
                asked = [papers.set_paper(UNIT, check, seeds[check.name]) for check in checks]
            questions = {paper.check.name: (paper.check, paper.questions) for paper in asked}
            start = time.perf_counter()
            with clock.stage("sitting the exam"):
                answers = sitting.sit(UNIT, assess.cells_of(notebook), questions, weights)
            boxes.append(time.perf_counter() - start)
            with clock.stage("judging"):
                assess.judged(UNIT, asked, answers, assess.cells_before(notebook))
    empty = [_empty() for _ in range(BOXES)]
    bubblewrap.end()
    counted = len(students) - WARMING
    clocks = {CLOCK: sum(boxes) / counted, EMPTY: sum(empty) / BOXES}
    return {name: clock.seconds[name] / counted for name in STAGES} | clocks


def _empty() -> float:
    """Seconds from the start of a box to its end, if nothing is run in it."""
    from autograder.box.sandbox import Box

    start = time.perf_counter()
    box = Box(UNIT)
    box.request({"do": "put", "name": "empty", "content": np.zeros(0, np.uint8)}, 20)
    box.close()
    return time.perf_counter() - start


def main(course: Path) -> None:
    """Print the means."""
    threads.limit(1)
    print(json.dumps({name: round(seconds, 4) for name, seconds in measured(course).items()}))


if __name__ == "__main__":
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    main(Path(sys.argv[1]))
