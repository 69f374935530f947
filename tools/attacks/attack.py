"""What an attack is, what an attacker has, and how all of them are found.

An attack is a function that fills a submitted folder. Its docstring is its line in docs/attacks.md:

    @attack(family="tags", deserved=0)
    def skip_execution(desk):
        '''The check cells are tagged skip-execution; the functions are wrong.'''
        notebook = desk.wrong()
        for name in FUNCTIONS:
            cell_of(notebook, f"check_{name}").metadata.tags = ["skip-execution"]
        desk.write(notebook)

Every module of cases/ is searched by glob for such functions; an `ATTACKS` list in a module holds further ones.
"""

import importlib
import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode, v4

CASES = Path(__file__).parent / "cases"
UNIT = "02_rcnn"
POINTS = {"box_iou": 3, "nms": 4}
FUNCTIONS = tuple(POINTS)
NEIGHBOUR = "zoe"  # another student of the class, who did all the work and is graded last
FULL = sum(POINTS.values())
SECRET = "canary-5f0c71d2-read"  # stands in the canary; nothing that a grader writes may hold it
HARM = "canary-b81e-ran"  # a script in a page must put it into the page's title; no page may hold it in active content
TRACE = "COURSE_ATTACK_TRACE"  # in the environment or arguments of what an attack leaves running
WRONG = {  # both are wrong in every case, so they deserve no point
    "box_iou": "def box_iou(boxes1, boxes2):\n    return torch.full((len(boxes1), len(boxes2)), 0.123)",
    "nms": "def nms(boxes, scores, threshold):\n    return torch.full((len(boxes) + 1,), -3)",
}


class Desk:
    """What an attacker has: a folder to hand in, the exercise, and (so that noise can be honest) the solution.

    Attributes:
        folder: submitted/STUDENT/UNIT, there and empty.
        canary: a file of the host; its content (`SECRET`) must reach no page, and nothing may change it.
        port: of a loopback server of the host that nobody may reach; 0 where there is none.
    """

    def __init__(self, folder: Path, course: Path, canary: Path, port: int = 0):
        self.folder, self.canary, self.port, self._course = folder, canary, port, course

    @property
    def notebook(self) -> Path:
        """Where the notebook belongs."""
        return self.folder / f"{UNIT}.ipynb"

    def exercise(self) -> NotebookNode:
        """The exercise as it was given out; all functions are still to write."""
        return nbformat.read(self._course / "exercises" / UNIT / f"{UNIT}.ipynb", as_version=4)

    def solution(self) -> NotebookNode:
        """The exercise with the right functions filled in."""
        solved = nbformat.read(self._course / "solutions" / UNIT / f"{UNIT}.ipynb", as_version=4)
        notebook = self.exercise()
        for name in FUNCTIONS:
            lines = cell_of(solved, name).source.split("\n")
            cell_of(notebook, name).source = "\n".join(line for line in lines if "### " not in line)
        return notebook

    def wrong(self) -> NotebookNode:
        """The exercise with functions that deserve no point."""
        notebook = self.exercise()
        for name in FUNCTIONS:
            cell_of(notebook, name).source = WRONG[name]
        return notebook

    def with_source(self, notebook: NotebookNode, grade_id: str, source: str) -> NotebookNode:
        """A copy of the notebook in which one released cell has another source."""
        copy = deepcopy(notebook)
        cell_of(copy, grade_id).source = source
        return copy

    def with_cell(self, notebook: NotebookNode, source: str, before: str = "", after: str = "") -> NotebookNode:
        """A copy with one more code cell, before or after a released one; at the very beginning without either."""
        copy = deepcopy(notebook)
        place = index_of(copy, before or after) + bool(after) if before or after else 0
        copy.cells.insert(place, v4.new_code_cell(source))
        return copy

    def write(self, notebook: NotebookNode | dict, name: str | None = None) -> Path:
        """Hand the notebook in, just as it is: nothing is validated or repaired."""
        path = self.folder / (name or self.notebook.name)
        path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
        return path


@dataclass(frozen=True)
class Attack:
    """One submission that a grader must survive, and what it earns.

    Attributes:
        name: unique, a valid student's name.
        family: the class of docs/attacks.md that it belongs to.
        deserved: the points that the honest part of the work is worth.
        make: fills the folder of a `Desk`.
        about: one line.
        boxed: it harms a machine without a sandbox, so it only runs inside one.
    """

    name: str
    family: str
    deserved: float
    make: Callable[[Desk], None]
    about: str
    boxed: bool = False


def attack(family: str, deserved: float, boxed: bool = False) -> Callable[[Callable[[Desk], None]], Attack]:
    """Turn a generator into an `Attack`, named as the function and described by its docstring."""

    def made(make: Callable[[Desk], None]) -> Attack:
        about = " ".join((make.__doc__ or "").split())
        return Attack(make.__name__.replace("_", "-"), family, float(deserved), make, about, boxed)

    return made


def collect() -> list[Attack]:
    """All attacks of the modules in cases/, by family and name.

    Raises:
        ValueError: two have the same name, or one has no description.
    """
    found = []
    for path in sorted(CASES.glob("[a-z]*.py")):
        module = importlib.import_module(f"{__package__}.{CASES.name}.{path.stem}")
        found += [value for value in vars(module).values() if isinstance(value, Attack)]
        found += getattr(module, "ATTACKS", [])
    names = [each.name for each in found]
    if doubtful := sorted({each.name for each in found if names.count(each.name) > 1 or not each.about}):
        raise ValueError(f"attacks need a name of their own and a description: {', '.join(doubtful)}")
    return sorted(found, key=lambda each: (each.family, each.name))


def cell_of(notebook: NotebookNode, grade_id: str) -> NotebookNode:
    """The released cell of that name."""
    return notebook.cells[index_of(notebook, grade_id)]


def index_of(notebook: NotebookNode, grade_id: str) -> int:
    """The place of the released cell of that name."""
    names = [cell.metadata.get("nbgrader", {}).get("grade_id", "") for cell in notebook.cells]
    return names.index(grade_id)
