"""A submitted notebook becomes cells that match the release, before nbgrader copies or parses anything.

Locked cells come from the release, never from the student. Everything that a student may not set (tags, nbgrader's
metadata, kernel, cell types of released cells) is dropped, and what was repaired is noted.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import BrokenSubmission
from autograder.handed_in import HandedIn, look

MAX_CELLS = 2000
MAX_PICTURES = 5 * 2**20  # characters of all pictures in a Markdown cell
FREE = {"code": "code", "markdown": "markdown", "raw": "raw"}
PICTURES = ("image/png", "image/jpeg", "image/gif")
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
TEX_LINK = re.compile(r"\\(?=href\b)")
UNSEEN = "\u2060"  # joins words, has no width


@dataclass
class Submission:
    """What one student handed in for one unit, repaired.

    Attributes:
        notebook: the release's cells in the release's order, the student's own between them.
        weights: the trained experiment's file, where one was handed in.
        notes: what was repaired or missing, for the student and the instructor.
    """

    notebook: NotebookNode
    weights: Path | None = None
    notes: list[str] = field(default_factory=list)


def read(folder: Path, release: NotebookNode, unit: str) -> Submission:
    """Read a submitted folder. A folder that holds nothing usable gives the release itself, with the reason noted."""
    return repair(look(folder, unit), release)


def repair(handed_in: HandedIn, release: NotebookNode) -> Submission:
    """Match what was handed in with its release. Where nothing can be read, the release itself is the notebook."""
    notes = list(handed_in.notes)
    try:
        cells = _cells(handed_in.notebook) if handed_in.notebook else []
    except BrokenSubmission as error:
        notes.insert(0, str(error))
        cells = []
    if not handed_in.weights and any(grade_id(cell) == "fit" for cell in release.cells):
        notes.append("No weights file was handed in: the exam trains the experiment itself.")
    return Submission(match(cells, release, notes), handed_in.weights, notes)


@dataclass(frozen=True)
class _Cell:
    """All that is taken over from a student's cell."""

    kind: str
    source: str
    grade_id: str
    id: str
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


def _cells(notebook: NotebookNode) -> list[_Cell]:
    if len(notebook.cells) > MAX_CELLS:
        raise BrokenSubmission(
            "The notebook has too many cells.", expected=f"at most {MAX_CELLS}", got=str(len(notebook.cells))
        )
    return list(_each(notebook.cells))


def _each(cells: list) -> Iterator[_Cell]:
    for cell in cells:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        source = "".join(str(line) for line in source) if isinstance(source, list) else str(source)
        source = source.encode(errors="replace").decode()  # lone surrogates cannot be written again
        metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
        grading = metadata.get("nbgrader") if isinstance(metadata.get("nbgrader"), dict) else {}
        kind = FREE.get(str(cell.get("cell_type")), "raw")
        pictures = _pictures(cell.get("attachments")) if kind == "markdown" else {}
        yield _Cell(kind, source, str(grading.get("grade_id", "")), str(cell.get("id", "")), pictures)


def _pictures(attachments: object) -> dict[str, dict[str, str]]:
    """The pictures pasted into a Markdown cell, of kinds that only draw."""
    kept, room = {}, MAX_PICTURES
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if kind in PICTURES and isinstance(data, str) and len(data) <= room and BASE64.fullmatch(data):
                kept[str(name)], room = {kind: data}, room - len(data)
    return kept


def match(cells: list[_Cell], release: NotebookNode, notes: list[str]) -> NotebookNode:
    """The release's notebook with the student's solutions and own cells put in.

    A student's own cell stays behind the released cell that it followed. Where a released cell comes twice, the last
    changed one counts.
    """
    released = {id_: cell for cell in release.cells if (id_ := grade_id(cell))}
    owners = _owners(cells, released, release)
    notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(release.metadata), cells=[])
    notebook.cells += _own_cells(cells, owners, before_first=True)
    for cell in release.cells:
        mine = [own for own, owner in zip(cells, owners, strict=True) if owner == cell.id]
        notebook.cells.append(_filled(cell, mine, bool(cells), notes))
        notebook.cells += _own_cells(cells, owners, behind=cell.id)
    return notebook


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _owners(cells: list[_Cell], released: dict[str, NotebookNode], release: NotebookNode) -> list[str]:
    """For each cell the id of the released cell that it is (a copy of), or "" for a student's own.

    A cell that merely defines a function of a task counts as its solution where the released cell is gone or untouched.
    """
    owners = [_owner(cell, released, release) for cell in cells]
    written = {c.id: c.source for c in release.cells if is_solution(c)}
    done = {o for cell, o in zip(cells, owners, strict=True) if o in written and cell.source != written[o]}
    tasks = {grade_id(cell): cell.id for cell in release.cells if is_solution(cell)}
    for number, cell in enumerate(cells):
        if not owners[number] and cell.kind == "code":
            mine = [task for name, task in tasks.items() if task not in done and _defines(cell.source, name)]
            owners[number] = mine[0] if mine else ""
    return owners


def _owner(cell: _Cell, released: dict[str, NotebookNode], release: NotebookNode) -> str:
    """The released cell that has the same name, or the same kind and id or text."""
    if cell.grade_id in released:
        return released[cell.grade_id].id
    for candidate in release.cells:
        if candidate.cell_type == cell.kind and (cell.source == candidate.source or cell.id == candidate.id):
            return candidate.id
    return ""


def is_solution(cell: NotebookNode) -> bool:
    """Whether students write in this cell."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _defines(source: str, name: str) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name for node in tree.body)


def _filled(cell: NotebookNode, mine: list[_Cell], any_cells: bool, notes: list[str]) -> NotebookNode:
    """The released cell, with the student's source where students write."""
    filled, name = NotebookNode({**cell, "metadata": NotebookNode(cell.metadata)}), grade_id(cell)
    if cell.cell_type == "code":
        filled.outputs, filled.execution_count = [], None
    if name and any_cells and not mine:
        notes.append(f"The cell {name} was missing and was put back.")
    if name and len(mine) > 1:
        notes.append(f"The cell {name} came {len(mine)} times; the last changed one counts.")
    if is_solution(cell):
        filled.source = next((own.source for own in reversed(mine) if own.source != cell.source), cell.source)
    elif name and any(own.source != cell.source for own in mine):
        notes.append(f"The locked cell {name} was changed; the released one was used.")
    elif not name and mine:
        filled.source = _shown(mine[-1])
        if mine[-1].attachments:
            filled.attachments = NotebookNode(mine[-1].attachments)
    return filled


def _own_cells(
    cells: list[_Cell], owners: list[str], behind: str = "", before_first: bool = False
) -> list[NotebookNode]:
    """The student's own cells that follow the (first) occurrence of a released one, or precede all."""
    own, anchor, seen = [], "", set()
    for number, (cell, owner) in enumerate(zip(cells, owners, strict=True)):
        if owner:
            anchor = owner if owner not in seen or owner == anchor else anchor
            seen.add(owner)
        elif anchor == behind and bool(anchor) != before_first:
            own.append(_own_cell(cell, number))
    return own


def _own_cell(cell: _Cell, number: int) -> NotebookNode:
    kind = "markdown" if cell.kind == "raw" else cell.kind  # converters hand raw cells through to the page
    made = NotebookNode(cell_type=kind, id=f"own-{number}", metadata=NotebookNode(), source=_shown(cell))
    if cell.kind == "code":
        made.outputs, made.execution_count = [], None
    elif cell.attachments:
        made.attachments = NotebookNode(cell.attachments)
    return made


def _shown(cell: _Cell) -> str:
    """The source as it may stand on a page: no link in a formula, and what is raw as plain text."""
    if cell.kind == "raw":
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", cell.source)), 3)
        return f"{fence}\n{cell.source}\n{fence}"
    return TEX_LINK.sub(lambda found: found[0] + UNSEEN, cell.source) if cell.kind == "markdown" else cell.source
