"""The sample class: right answers in three styles, half done ones, every misconception, broken files.

Students are invented, the class is always the same.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.commands.common import DOUBTFUL
from tools import ROOT
from tools.build.notebooks import built
from tools.samples.answers import handed_in

UNIT = "02_rcnn"
TWO = ("box_iou", "nms")
DUE, IN_TIME, LATE = "2026-01-14 12:00:00 UTC", "2026-01-13 18:30:00 UTC", "2026-01-16 09:00:00 UTC"
STUDENTS = """abena beatriz chidi dilnoza emre farah giang hinemoa isidora jamal keala luis maryam nadia omar
    priya quynh ragnhild sione tadeusz ulrike vikram wanjiru ximena yusuf zofia aroha bogdan chiyo dafydd""".split()
PLAN = {  # of each kind, how many of the thirty
    "right": 2,
    "arrays": 3,
    "loops": 2,
    "half": 5,
    "misconception": 12,  # each has another one in every function: together all that there are
    "untouched": 1,
    "empty": 1,
    "broken": 1,
    "renamed": 1,
    "noisy": 1,
    "late": 1,
}
UNREADABLE = {"empty", "broken", "renamed"}  # to stock nbgrader: it gives them no grade
KINDS = [kind for kind, count in PLAN.items() for _ in range(count)]
MIX = 7  # no divisor in common with 30: by their names, students get the kinds in a mixed order, each place once


@dataclass(frozen=True)
class Sample:
    """What one student hands in.

    Attributes:
        about: in words.
        text: of the notebook's file.
        file: its name.
        stamp: when it was handed in.
    """

    student: str
    kind: str
    about: str
    text: str
    file: str
    stamp: str


def make_course(course: Path, small: bool = False) -> None:
    """A course folder with the unit built and entered into the gradebook, due at `DUE`.

    Args:
        small: of the unit's functions only `TWO`, and no experiment.
    """
    if small:
        from tools.samples.small_course import make_course as make_small

        make_small(course, functions=TWO)
    else:
        (course / "solutions" / UNIT).mkdir(parents=True)
        shutil.copy(ROOT / "nbgrader_config.py", course)
        shutil.copy(ROOT / "solutions" / UNIT / f"{UNIT}.py", course / "solutions" / UNIT)
        for path, text, _ in built(course, UNIT):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    _register(course)


def _register(course: Path) -> None:
    """Enter unit and due date; nbgrader makes a gradebook by the program `alembic`, which lies beside this Python."""
    from nbgrader.api import Gradebook

    from autograder.book.gradebook import quiet
    from autograder.book.registration import register

    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    database = f"sqlite:///{course / 'gradebook.db'}"
    register(UNIT, course, database)
    with Gradebook(database) as gradebook:
        quiet(gradebook.update_or_create_assignment)(UNIT, duedate=DUE)


def samples(course: Path, readable: bool = False) -> Iterator[Sample]:
    """The thirty.

    Args:
        readable: without what stock nbgrader cannot grade; right answers stand in its place.
    """
    solution, exercise = (
        nbformat.read(course / folder / UNIT / f"{UNIT}.ipynb", as_version=4) for folder in ("solutions", "exercises")
    )
    kinds = ["right" if readable and kind in UNREADABLE else kind for kind in KINDS]
    for number, student in enumerate(STUDENTS):
        place = number * MIX % len(kinds)
        kind, turn = kinds[place], kinds[:place].count(kinds[place])
        about, text = handed_in(kind, turn, UNIT, solution, exercise)
        file = "rcnn final (2).ipynb" if kind == "renamed" else f"{UNIT}.ipynb"
        yield Sample(student, kind, about, text, file, LATE if kind == "late" else IN_TIME)


def make_class(course: Path, weights: bytes = b"", readable: bool = False) -> list[Sample]:
    """Put thirty submissions into a course folder.

    Args:
        weights: the file of a trained experiment, handed in by everyone; without it everyone hands in a lone zero.
    """
    made, weights = list(samples(course, readable)), weights or untrained()
    for sample in made:
        folder = course / "submitted" / sample.student / UNIT
        folder.mkdir(parents=True)
        (folder / sample.file).write_text(sample.text, encoding="utf-8")
        (folder / "timestamp.txt").write_text(sample.stamp, encoding="utf-8")
        (folder / f"{UNIT}.safetensors").write_bytes(weights)
    return made


def untrained() -> bytes:
    """A weights file from which no experiment works; with it nothing is trained either."""
    import torch
    from safetensors.torch import save

    return save({"untrained": torch.zeros(1)})


def trained() -> bytes:
    """The weights file of the solution's experiment, trained now: about a minute, without its progress bars."""
    from safetensors.torch import save

    from autograder import reference

    with contextlib.redirect_stdout(io.StringIO()):
        learned = reference.load(UNIT)["fit"]()
    return save({name: value.contiguous() for name, value in learned.items()})


def grade(course: Path) -> int:
    """Grade the class as an instructor would; returns the exit status of the first command that fails, or 0.

    That some hand-ins are doubtful is no failure: some of the samples are.
    """
    program = Path(sys.executable).with_name("autograder")
    for word in ("grade", "report"):
        status = subprocess.run([program, word, UNIT], cwd=course, check=False).returncode
        if status not in (0, DOUBTFUL):
            return status
    return 0
