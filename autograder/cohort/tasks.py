"""One submission as a task for a worker, and short names (digests) by which its exam is known again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder import reference
from autograder.errors import GradingError
from autograder.exam import secret
from autograder.exam.results import Checked, Result
from autograder.exam.secret import digest
from autograder.intake.clean import clean_copy, clean_files
from autograder.release.roles import checked
from course_lib import units

DECIDING = (  # what the exam asks, runs, expects and forgives; see the test, which follows the imports
    "solutions/{unit}/{unit}.py",
    "course_lib/*.py",
    "course_lib/data/**/*.py",
    "course_lib/models/*.py",
    "course_lib/plots/*.py",
    "course_lib/checks/**/*.py",
    "course_lib/checks/expected/{unit}.npz",
    "autograder/reference.py",
    "autograder/misconceptions/**/*.py",
    "autograder/release/*.py",
    "autograder/intake/*.py",
    "autograder/box/*.py",
    "autograder/exam/*.py",
)


@dataclass(frozen=True)
class Task:
    """One submission for a worker.

    Attributes:
        arguments: of `worker.examine`.
        submission: digest of what was handed in.
        exam: digest of that together with everything else on which the result depends.
        doubts: after what in the hand-in somebody should look.
    """

    student: str
    arguments: dict[str, Any]
    submission: str
    exam: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tasks:
    """Makes the tasks of one run, one at a time: a class's files would not fit into memory."""

    unit: str
    clean: Path
    kind: str
    key: bytes
    version: str

    def make(self, student: str) -> Task:
        """The task of one student's clean copy."""
        text, weights = clean_files(self.clean, student, self.unit)
        notebook, content = nbformat.reads(text, as_version=4), weights.read_bytes() if weights else None
        seeds = secret.seeds_of(self.unit, student, notebook, content, self.key)
        submission = digest(text, content)
        exam = digest(submission, json.dumps(seeds), self.kind, self.version)
        arguments = {"unit": self.unit, "student": student, "notebook": text, "weights": content, "seeds": seeds}
        doubts = tuple(notebook.metadata.get("course", {}).get("doubts", ()))
        return Task(student, arguments | {"kind": self.kind}, submission, exam, doubts)

    def nothing(self, student: str, reason: str) -> Result:
        """Zero for each check of a submission, with the reason."""
        notebook, _ = clean_copy(self.clean, student, self.unit)
        worth = {name: float(cell.metadata.nbgrader.points) for cell in notebook.cells if (name := checked(cell))}
        checks = tuple(Checked(name, 0.0, points, "runs", comment=reason) for name, points in worth.items())
        return Result(self.unit, student, self.kind, checks, (reason,))


def version_of(unit: str) -> str:
    """Changes with all of ours that decides a result: what was examined before is examined again."""
    parts = [(str(path.relative_to(reference.ROOT)), path.read_bytes()) for path in deciding(unit)]
    return digest(*(part for named in parts for part in named))


def deciding(unit: str) -> list[Path]:
    """The files of ours that decide what a submission of this unit earns, in order; no other unit's are among them.

    Raises:
        GradingError: one of `DECIDING` names no file.
    """
    others = {other.name for other in units.UNITS} - {units.find(unit).name}
    found: set[Path] = set()
    for pattern in DECIDING:
        named = {path for path in reference.ROOT.glob(pattern.format(unit=unit)) if path.is_file()}
        if not named:
            raise GradingError("What decides a result is not all there.", expected=pattern, got="no such file")
        found |= {path for path in named if not others & {*path.relative_to(reference.ROOT).parts}}
    return sorted(found)
