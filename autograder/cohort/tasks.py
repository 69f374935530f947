"""One submission as a task for a worker, and short names (digests) by which its exam is known again."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder import reference
from autograder.exam import secret
from autograder.exam.results import Checked, Result
from autograder.exam.secret import digest
from autograder.intake.clean import clean_copy
from autograder.release.roles import checked
from course_lib import units


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
        notebook, weights = clean_copy(self.clean, student, self.unit)
        text, content = nbformat.writes(notebook), weights.read_bytes() if weights else None
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
    """Changes with the solution, the checks and the misconceptions: a result from before is examined again."""
    name, root = units.find(unit).name, reference.ROOT
    files = [*root.glob("course_lib/checks/**/*.py"), *root.glob(f"autograder/misconceptions/**/{name}*")]
    files += root.glob(f"autograder/misconceptions/{name}/*.py")
    sources = [path.read_bytes() for path in sorted(set(files)) if path.is_file()]
    return digest(*sources, reference.source_of(unit).read_bytes())
