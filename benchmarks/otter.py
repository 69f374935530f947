"""The same class by otter-grader, one `otter run` after the other: that is how it grades where there is no Docker.

Its assignment has the released exercise's checks and no others, each as one test of as many points: the same calls that
stock nbgrader makes.
"""

import ast
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

import nbformat
from nbformat import NotebookNode

from benchmarks.grading import BenchmarkError, timed
from tools.samples.sample_class import UNIT

OTTER = "otter run"
IGNORED = "otter_ignore"  # the tag of cells that otter-grader leaves out
TEST = """from otter.test_files import test_case

OK_FORMAT = False
name = "{name}"
points = {points}


@test_case()
def test_released({names}):
{call}
"""


@dataclass(frozen=True)
class Graded:
    """One submission.

    Attributes:
        points: None where it gave no results.
        seconds: of the whole command.
        memory: bytes of all processes together, at the peak.
        said: the end of what it printed.
    """

    points: float | None
    seconds: float
    memory: int
    said: str = ""


def assignment(course: Path, folder: Path) -> Path:
    """The configuration that `otter generate` makes of the released exercise's checks, in an empty folder.

    Raises:
        BenchmarkError: it made none.
    """
    tests, made = folder / "tests", folder / "autograder.zip"
    tests.mkdir()
    for name, text in test_files(_notebook(course / "exercises" / UNIT)).items():
        (tests / f"{name}.py").write_text(text, encoding="utf-8")
    words = [Path(sys.executable).with_name("otter"), "generate", "-t", tests, "-o", made]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if not made.is_file():
        raise BenchmarkError("`otter generate` made no autograder.zip.", got=(done.stdout + done.stderr)[-1000:])
    return made


def test_files(exercise: NotebookNode) -> dict[str, str]:
    """A test file for each check of a released exercise, by its name: the cell's own call, in the student's names."""
    found = {}
    for cell in exercise.cells:
        if _graded(cell):
            grade = cell.metadata.nbgrader
            names = {node.id: None for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Name)}
            call = indent(cell.source, "    ")
            found[grade.grade_id] = TEST.format(
                name=grade.grade_id, points=grade.points, names=", ".join(names), call=call
            )
    return found


def converted(submission: NotebookNode) -> NotebookNode:
    """A submission for otter-grader: the cells of the checks are left out, since its tests make their calls.

    Otherwise every check would run twice. All else stays as handed in.
    """
    for cell in submission.cells:
        if _graded(cell):
            cell.metadata.tags = [*cell.metadata.get("tags", ()), IGNORED]
    return submission


def _graded(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade", False)


def _notebook(folder: Path) -> NotebookNode:
    return nbformat.read(folder / f"{UNIT}.ipynb", as_version=4)


def students_of(course: Path) -> list[str]:
    """Who handed in."""
    return sorted(path.name for path in (course / "submitted").iterdir())


def run(course: Path, students: Iterable[str]) -> dict[str, Graded]:
    """Grade these students' submissions, one command after the other. The assignment is made before, and not timed."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        configuration = assignment(course, Path(folder))
        return {student: graded(course / "submitted" / student / UNIT, configuration) for student in students}


def graded(submitted: Path, configuration: Path) -> Graded:
    """Grade what lies in one student's folder."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        place = Path(folder)
        nbformat.write(converted(_notebook(submitted)), place / f"{UNIT}.ipynb")
        words = ["otter", "run", "-a", os.fspath(configuration), "-o", folder, f"{UNIT}.ipynb"]
        seconds, said, memory = timed(words, place)
        return Graded(points_in(place / "results.json"), seconds, memory.peak, said[-1000:])


def points_in(results: Path) -> float | None:
    """The sum of a submission's points; None where there are no results of any check."""
    if not results.is_file():
        return None
    tests = json.loads(results.read_text(encoding="utf-8"))["tests"]
    scores = [test["score"] for test in tests if test["name"].startswith("check_")]
    return round(sum(scores), 2) if scores else None
