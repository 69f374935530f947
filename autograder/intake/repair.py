"""A submitted notebook becomes cells that match the release, before nbgrader copies or parses anything.

Locked cells come from the release, never from the student. Everything that a student may not set (tags, nbgrader's
metadata, kernel, cell types of released cells) is dropped, and what was repaired is noted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import BrokenSubmission
from autograder.intake import additions, answers, written
from autograder.intake.handed_in import HandedIn, look
from autograder.intake.places import Places, places
from autograder.intake.weights import Weights
from autograder.intake.written import Cell
from autograder.release.roles import grade_id, is_solution, role

MAX_CELLS = 2000
TEX_LINK = re.compile(r"\\(?=href\b)")
UNSEEN = "\u2060"  # joins words, has no width


@dataclass
class Submission:
    """What one student handed in for one unit, repaired.

    Attributes:
        notebook: the release's cells in the release's order, the student's own between them.
        weights: the trained experiment's file, where one was handed in.
        notes: what was repaired or missing, for the student and the instructor.
        doubts: those of the notes after which somebody should look.
    """

    notebook: NotebookNode
    weights: Weights | None = None
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def read(folder: Path, release: NotebookNode, unit: str) -> Submission:
    """Read a submitted folder. A folder that holds nothing usable gives the release itself, with the reason noted."""
    return repair(look(folder, unit, released=release), release)


def repair(handed_in: HandedIn, release: NotebookNode) -> Submission:
    """Match what was handed in with its release. Where nothing can be read, the release itself is the notebook."""
    notes, doubts = list(handed_in.notes), list(handed_in.doubts)
    try:
        cells = _cells(handed_in) if handed_in.notebook else []
    except BrokenSubmission as error:
        notes.insert(0, str(error))
        handed_in.notebook, cells = None, []
    if cells and not handed_in.weights and any(role(cell) == "fit" for cell in release.cells):
        notes.append("No weights file was handed in: the exam trains the experiment itself.")
    return Submission(match(cells, release, notes), handed_in.weights, notes, doubts)


def _cells(handed_in: HandedIn) -> Sequence[Cell]:
    found = handed_in.notebook.cells
    if len(found) > MAX_CELLS:
        raise BrokenSubmission("The notebook has too many cells.", expected=f"at most {MAX_CELLS}", got=str(len(found)))
    return handed_in.cells or written.within(written.each_cell(found), handed_in.notes)


def match(cells: Sequence[Cell], release: NotebookNode, notes: list[str]) -> NotebookNode:
    """The release's notebook with the student's solutions and own cells put in.

    A student's own cell stays behind the released cell that it followed. Where a released cell comes twice, the last
    changed one counts. What was added to a locked cell stands in a cell of its own behind it.
    """
    found = places(cells, release)
    anchors = found.anchors()
    own = [number for number, owner in enumerate(found.owners) if not owner and number not in found.before]
    notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(release.metadata), cells=[])
    notebook.cells += [_own_cell(cells[number], str(number)) for number in own if not anchors[number]]
    for cell in release.cells:
        in_front = sorted(number for number, target in found.before.items() if target == cell.id)
        behind = [number for number in own if anchors[number] == cell.id]
        notebook.cells += [_own_cell(cells[number], str(number)) for number in in_front]
        notebook.cells += _filled(cell, cells, found, notes)
        notebook.cells += [_own_cell(cells[number], str(number)) for number in behind]
    course = NotebookNode(release.metadata.get("course", {}))
    notebook.metadata.course = NotebookNode({**course, "work": answers.work(notebook, release)})
    return notebook


def _filled(cell: NotebookNode, cells: Sequence[Cell], found: Places, notes: list[str]) -> list[NotebookNode]:
    """The released cell, with the student's source where students write, and what was added to a locked one."""
    filled, name = NotebookNode({**cell, "metadata": NotebookNode(cell.metadata)}), grade_id(cell)
    numbers = [number for number, owner in enumerate(found.owners) if owner == cell.id]
    mine = [cells[number] for number in numbers]
    if cell.cell_type == "code":
        filled.outputs, filled.execution_count = [], None
    if name and cells and not mine and cell.id not in found.fills:
        notes.append(f"The cell {name} was missing and was put back.")
    if name and len(mine) > 1:
        notes.append(f"The cell {name} came {len(mine)} times; the last changed one counts.")
    if is_solution(cell):
        changed = [own.source for own in mine if not written.same(own.source, cell.source)]
        filled.source = changed[-1] if changed else found.fills.get(cell.id, cell.source)
    elif name:
        added = _added(cell, mine, notes)
        return [filled, *([_own_cell(added, f"{numbers[0]}-added")] if added else [])]
    elif mine:
        last = ([own for own in mine if own.source.split() != cell.source.split()] or mine)[-1]
        filled.source = _shown(last)
        if last.attachments:
            filled.attachments = NotebookNode(last.attachments)
    return [filled]


def _added(cell: NotebookNode, mine: Sequence[Cell], notes: list[str]) -> Cell | None:
    """What the student added to a locked cell, as a cell of the student's own; a note says what was done."""
    name = grade_id(cell)
    copies = [own.source for own in mine if own.kind == cell.cell_type and own.source != cell.source]
    if cell.cell_type == "code":
        text, missing = additions.code(cell.source, copies, defining=role(cell) == "skip")
        missing |= any(own.kind != "code" and own.source != cell.source for own in mine)
    else:
        text, missing = additions.text(cell.source, copies), bool(copies)
    if missing:
        behind = "; what was added to it stands in a cell of its own behind it" if text else ""
        notes.append(f"The locked cell {name} was changed; the released one was used{behind}.")
    elif text:
        notes.append(f"Lines were added to the locked cell {name}; they stand in a cell of their own behind it.")
    return Cell(cell.cell_type, text) if text else None


def _own_cell(cell: Cell, id_: str) -> NotebookNode:
    kind = "markdown" if cell.kind == "raw" else cell.kind  # converters hand raw cells through to the page
    made = NotebookNode(cell_type=kind, id=f"{answers.OWN}{id_}", metadata=NotebookNode(), source=_shown(cell))
    if cell.kind == "code":
        made.outputs, made.execution_count = [], None
    elif cell.attachments:
        made.attachments = NotebookNode(cell.attachments)
    return made


def _shown(cell: Cell) -> str:
    """The source as it may stand on a page: no link in a formula, and what is raw as plain text."""
    if cell.kind == "raw":
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", cell.source)), 3)
        return f"{fence}\n{cell.source}\n{fence}"
    return TEX_LINK.sub(lambda found: found[0] + UNSEEN, cell.source) if cell.kind == "markdown" else cell.source
