"""Grading a class beside stock nbgrader, in turn, each time in a fresh copy of the course with a fresh gradebook.

What is measured is the whole command, from its start to its end.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import typer

from benchmarks.document import OURS, STOCK, Measured, Overhead
from benchmarks.load import Held, Memory
from course_lib import threads
from course_lib.errors import CourseError
from tools import ROOT
from tools.samples import sample_class

UNIT = sample_class.UNIT
COMMANDS = {STOCK: ["nbgrader", "autograde", UNIT], OURS: ["autograder", "grade", UNIT, "--sandbox", "bubblewrap"]}
STOCK_CONFIG = """c = get_config()
c.CourseDirectory.course_id = "vision_course"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""
LONG = 1.0  # second of own code from which the rest of an exam is compared with it
LONGEST = 3600.0  # seconds for one command


class BenchmarkError(CourseError):
    """A run did not grade what it should have graded, so its time says nothing."""


@dataclass(frozen=True)
class Run:
    """One command on one fresh copy of a class.

    Attributes:
        seconds: from the command's start to its end.
        points: each student's, as the gradebook has them.
        own: seconds that each student's own code took, where the grader notes that.
        beside: of each student, the seconds in a worker over those of all code that ran there, given cells included.
        load: the machine's load average (one minute) before the run.
        memory: of all processes together.
    """

    grader: str
    seconds: float
    points: dict[str, float]
    own: dict[str, float]
    load: float
    memory: Held = Held()
    beside: dict[str, float] = field(default_factory=dict)


def class_of(folder: Path, students: int, small: bool, weights: bytes = b"") -> Path:
    """A course with the first submissions of the sample class: of each kind one, then the others.

    Where there are to be more than it has, they come again under other names. Its key is made here, so that all runs
    draw the same hidden inputs.
    """
    from autograder.exam import secret

    course = folder / "course"
    sample_class.make_course(course, small)
    secret.key(course)
    made = sample_class.make_class(course, weights, readable=True)
    kinds = [sample.kind for sample in made]
    ordered = sorted(range(len(made)), key=lambda i: (kinds[:i].count(kinds[i]), i))
    for i in ordered[students:]:
        shutil.rmtree(course / "submitted" / made[i].student)
    for number in range(len(made), students):
        first = course / "submitted" / made[ordered[number % len(made)]].student
        shutil.copytree(first, first.with_name(f"{first.name}_{number}"))
    return course


def run(grader: str, course: Path, all_graded: bool = True, options: Sequence[str] = ()) -> Run:
    """Grade a fresh copy of a class with one of the graders.

    Args:
        options: added to its command.

    Raises:
        BenchmarkError: nobody has a grade afterwards; with `all_graded`, somebody has none.
    """
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        copy = Path(shutil.copytree(course, Path(folder, "course")))
        if grader == STOCK:
            (copy / "nbgrader_config.py").write_text(STOCK_CONFIG, encoding="utf-8")
        seconds, said, memory = timed([*COMMANDS[grader], *options], copy)
        points, wanted = points_in(copy), sorted(path.name for path in (copy / "submitted").iterdir())
        missing = sorted({*wanted} - {*points})
        if missing and (all_graded or not points):
            raise BenchmarkError(f"`{grader}` left out {', '.join(missing)}.", got=said[-1000:])
        graded = results(copy)
        own = {result.student: _own(result) for result in graded}
        return Run(grader, seconds, points, own, load, memory, {one.student: _beside(one) for one in graded})


def timed(words: list[str], course: Path) -> tuple[float, str, Held]:
    """The seconds that a program of this environment takes, what it said, and the memory that it held."""
    programs = Path(sys.executable).parent
    ours = (*threads.VARIABLES, threads.OURS)
    environment = {name: value for name, value in os.environ.items() if name not in ours}  # each as it comes
    environment["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    start = time.perf_counter()
    options = {"cwd": course, "env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with subprocess.Popen([programs / words[0], *words[1:]], **options) as process:
        memory = Memory(process.pid)
        try:
            said, _ = process.communicate(timeout=LONGEST)
        except BaseException:
            process.kill()
            raise
        finally:
            held = memory.stop()
        return time.perf_counter() - start, said.decode(errors="replace"), held


def points_in(course: Path) -> dict[str, float]:
    """Each graded student's points, from the gradebook."""
    from nbgrader.api import Gradebook

    from autograder.book.gradebook import quiet

    def read() -> dict[str, float]:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            return {
                submission.student.id: round(submission.score, 2)
                for submission in gradebook.assignment_submissions(UNIT)
                if all(grade.auto_score is not None for book in submission.notebooks for grade in _checks(book))
            }

    return quiet(read)()


def _checks(notebook) -> list:
    """The grades that a program gives; written questions wait for a human."""
    return [grade for grade in notebook.grades if grade.name.startswith("check_")]


def results(course: Path) -> list[Any]:
    """What came of each exam, from the journal; empty for stock nbgrader."""
    from autograder.exam.results import Result

    entries = [json.loads(path.read_bytes()) for path in sorted((course / ".grading" / UNIT).glob("*.json"))]
    return [Result.from_json(entry["result"]) for entry in entries]


def _own(result: Any) -> float:
    """Seconds that the student's cells and functions took."""
    return sum(seconds for name, seconds in result.times.items() if not name.startswith("given_")) + _asked(result)


def _beside(result: Any) -> float:
    """Seconds of the whole exam, judging included, over those of all cells and functions."""
    ran = sum(result.times.values()) + _asked(result)
    return result.seconds / ran if ran else 0.0


def _asked(result: Any) -> float:
    return sum(checked.seconds for checked in result.checks)


def in_turn(grade: Callable[[str], Run], stock: int, ours: int) -> list[Run]:
    """Both graders, one after the other: ours, stock, ours, stock, … until each has had its runs."""
    left, runs = {OURS: ours, STOCK: stock}, []
    while any(left.values()):
        for grader in left:
            if left[grader]:
                left[grader] -= 1
                runs.append(grade(grader))
                typer.echo(f"  {grader:20} {runs[-1].seconds:7.1f} s")
    return runs


def measured(about: str, students: int, runs: list[Run]) -> Measured:
    """The figures of one class.

    Raises:
        BenchmarkError: a run of the same grader gave other points than the one before.
    """
    graded = {one.grader: one.points for one in reversed(runs)}  # the first run of each
    for one in runs:
        if one.points != (first := graded[one.grader]):
            raise BenchmarkError(f"`{one.grader}` gave different points in two runs.", expected=str(first))
    own = [seconds for one in runs for seconds in one.own.values()]
    beside = [one.beside[student] for one in runs for student, seconds in one.own.items() if seconds > LONG]
    return Measured(
        about=about,
        students=students,
        graded={grader: len(points) for grader, points in graded.items()},
        seconds={grader: [one.seconds for one in runs if one.grader == grader] for grader in (STOCK, OURS)},
        loads=[one.load for one in runs],
        own=(median(own), max(own)) if own else None,
        beside=median(beside) if beside else None,
    )


def measure(about: str, students: int, stock: int, ours: int, small: bool, weights: bytes = b"") -> Measured:
    """Make a class and let both graders grade it."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        course = class_of(Path(folder), students, small, weights)
        typer.echo(f"{about}: {students} submissions")
        return measured(about, students, in_turn(lambda grader: run(grader, course, small), stock, ours))


def overhead(students: int) -> Overhead:
    """What one submission of the two-function class takes from a warm start to its grade in the gradebook."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        course = class_of(Path(folder), students, small=True)
        stages = json.loads(_said("benchmarks.stages", course))
        each = [json.loads(line) for line in _said("benchmarks.overhead", course).splitlines()]
        seconds, recording = ([one[name] for one in each] for name in ("seconds", "recording"))
        return Overhead(median(seconds), max(seconds), len(each), median(recording), stages)


def _said(module: str, course: Path) -> str:
    """What one of our modules prints about a course, in a process of its own."""
    words = [sys.executable, "-m", module, str(course)]
    return subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
