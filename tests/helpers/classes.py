"""Small classes that several tests grade."""

import zlib
from contextlib import chdir, contextmanager
from pathlib import Path

from nbformat import NotebookNode, v4

from autograder.book.gradebook import quiet
from autograder.book.registration import register
from autograder.cohort import coordinator, crew
from autograder.commands.common import open_course
from autograder.exam.results import Checked, Result
from tools.samples.small_course import UNIT, make_course

STUDENTS = ("ada", "bob", "cy")
WEIGHTS = (2).to_bytes(8, "little") + b"{}"  # the smallest file of weights: it holds none


def class_of_three(course: Path, work: str = "solutions") -> Path:
    """A short course, entered into a gradebook, in which three students have handed in the solution ("exercises": the
    exercise as it was released).
    """
    make_course(course, written=True)
    with chdir(course):
        quiet(register)(UNIT, course, open_course()[1].CourseDirectory.db_url)
    text = (course / work / UNIT / f"{UNIT}.ipynb").read_text()
    for student in STUDENTS:
        folder = course / "submitted" / student / UNIT
        folder.mkdir(parents=True)
        (folder / f"{UNIT}.ipynb").write_text(text)
    return course


def released_cell(source: str, kind: str = "code", **grading) -> NotebookNode:
    """A cell as the builder makes it."""
    metadata = {"nbgrader": {"schema_version": 3, "points": 1, **grading}} if grading else {}
    cell = (v4.new_code_cell if kind == "code" else v4.new_markdown_cell)(source, metadata=metadata)
    cell.id = grading.get("grade_id", f"free-{zlib.crc32(source.encode())}")
    return cell


def two_functions() -> NotebookNode:
    """A release of two functions, `f` and `g`, with their checks and a text."""
    cells = [
        released_cell("# Title", "markdown"),
        released_cell("import torch", grade_id="given_1", locked=True, solution=False, grade=False),
        released_cell(
            "def f(x):\n    raise NotImplementedError", grade_id="f", locked=False, solution=True, grade=False
        ),
        released_cell('check("f", f)', grade_id="check_f", locked=True, solution=False, grade=True),
        released_cell(
            "def g(x):\n    raise NotImplementedError", grade_id="g", locked=False, solution=True, grade=False
        ),
        released_cell('check("g", g)', grade_id="check_g", locked=True, solution=False, grade=True),
    ]
    return v4.new_notebook(cells=cells, metadata={"course": {"unit": UNIT, "release": "r1"}})


class Workers:
    """Stand in the place of the real ones: `replies` says what comes back for a student, by default full marks."""

    def __init__(self):
        self.asked, self.replies = [], {}

    def examined(self, client, tasks):
        for task in tasks:
            self.asked.append(task.student)
            reply = self.replies.get(task.student) or {"result": result(task.student).to_json()}
            if isinstance(reply, BaseException):
                raise reply
            yield task.student, reply


def result(student: str, points: float = 3.0) -> Result:
    """A result that no exam gave."""
    checks = (
        Checked("box_iou", points, 3.0, "", "", ""),
        Checked("nms", 1.5, 4.0, "edge", "", "5 of 6: two ties", "<p/>"),
    )
    return Result(UNIT, student, "bubblewrap", checks, ("a note",), seconds=0.1)


def canned(monkeypatch) -> Workers:
    """Workers that give canned results, in the place of the real ones."""
    found = Workers()

    @contextmanager
    def hired(count, scheduler, anyone):
        yield None

    monkeypatch.setattr(crew, "hired", hired)
    monkeypatch.setattr(crew, "examined", found.examined)
    return found


def grade(**options) -> coordinator.Graded:
    """Grade the course in which we stand."""
    course, config = open_course(options.pop("database", ""))
    return quiet(coordinator.grade)(coordinator.Plan(UNIT, **options), config, lambda event: None)


def points(graded: coordinator.Graded) -> dict[str, float]:
    """Each student's points."""
    return {row["student"]: row["points"] for row in graded.rows}
