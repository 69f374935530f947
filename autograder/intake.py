"""A submitted folder becomes cells that match the release, before nbgrader copies or parses anything.

Locked cells come from the release, never from the student. Everything that a student may not set (tags, nbgrader's
metadata, kernel, cell types of released cells) is dropped, and what was repaired is noted.
"""

import ast
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.errors import BrokenSubmission

MAX_NOTEBOOK = 20 * 2**20
MAX_WEIGHTS = 64 * 2**20
MAX_CELLS = 2000
MAX_NESTING = 40
FREE = {"code": "code", "markdown": "markdown", "raw": "raw"}


@dataclass
class Submission:
    """What one student handed in for one unit.

    Attributes:
        notebook: the repaired notebook: the release's cells in the release's order, the student's own between them.
        weights: the trained experiment's file, where one was handed in.
        notes: what was repaired or missing, for the student and the instructor.
    """

    notebook: NotebookNode
    weights: Path | None = None
    notes: list[str] = field(default_factory=list)


def read(folder: Path, release: NotebookNode, unit: str) -> Submission:
    """Read a submitted folder. A folder that holds nothing usable gives the release itself, with the reason noted."""
    notes: list[str] = []
    try:
        path = _notebook_in(folder, unit, notes)
        cells = _cells(parse(path))
    except BrokenSubmission as error:
        notes.append(str(error))
        cells = []
    return Submission(match(cells, release, notes), _weights_in(folder, unit, notes), notes)


def _notebook_in(folder: Path, unit: str, notes: list[str]) -> Path:
    expected = folder / f"{unit}.ipynb"
    if _regular(expected):
        return expected
    others = [path for path in sorted(folder.glob("*.ipynb")) if _regular(path)] if _directory(folder) else []
    if len(others) != 1:
        raise BrokenSubmission(
            f"There is no notebook {unit}.ipynb in this submission.",
            expected="one notebook of that name, an ordinary file",
            got=", ".join(path.name for path in others) or "none",
        )
    notes.append(f"The notebook was handed in as {others[0].name}, expected {unit}.ipynb.")
    return others[0]


def _weights_in(folder: Path, unit: str, notes: list[str]) -> Path | None:
    path = folder / f"{unit}.safetensors"
    if not _directory(folder) or not os.path.lexists(path):
        notes.append(f"No {unit}.safetensors was handed in: the exam trains the experiment itself.")
        return None
    if not _regular(path) or path.stat().st_size > MAX_WEIGHTS:
        notes.append(f"{path.name} is not an ordinary file of at most {MAX_WEIGHTS // 2**20} MB and was not read.")
        return None
    return path


def _regular(path: Path) -> bool:
    """An ordinary file, not a link to one, a pipe or a device."""
    return os.path.lexists(path) and stat.S_ISREG(os.lstat(path).st_mode)


def _directory(path: Path) -> bool:
    return os.path.lexists(path) and stat.S_ISDIR(os.lstat(path).st_mode)


def parse(path: Path) -> NotebookNode:
    """The file as a notebook of format 4.

    Raises:
        BrokenSubmission: too large, no JSON, nested too deeply, or no notebook.
    """
    size = path.stat().st_size
    if size > MAX_NOTEBOOK:
        raise BrokenSubmission(
            "The notebook is too large.", expected=f"at most {MAX_NOTEBOOK // 2**20} MB", got=f"{size / 2**20:.0f} MB"
        )
    try:
        content = json.loads(path.read_bytes())
        if _depth(content) > MAX_NESTING:
            raise ValueError(f"it is nested more than {MAX_NESTING} levels deep")
        notebook = nbformat.from_dict(content)
        notebook = nbformat.convert(notebook, 4) if notebook.get("nbformat") != 4 else notebook
        if not isinstance(notebook.get("cells"), list):
            raise ValueError("it has no list of cells")
    except Exception as error:  # whatever a stranger's file does to a parser is that file's fault
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise BrokenSubmission("The file is not a Jupyter notebook.", expected="a notebook", got=reason) from error
    return notebook


def _depth(content: object) -> int:
    """Nesting of lists and dicts, without recursion."""
    deepest, waiting = 0, [(content, 1)]
    while waiting:
        value, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth <= MAX_NESTING and isinstance(value, dict | list):
            waiting.extend((item, depth + 1) for item in (value.values() if isinstance(value, dict) else value))
    return deepest


@dataclass(frozen=True)
class _Cell:
    """All that is taken over from a student's cell."""

    kind: str
    source: str
    grade_id: str
    id: str


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
        yield _Cell(kind, source, str(grading.get("grade_id", "")), str(cell.get("id", "")))


def match(cells: list[_Cell], release: NotebookNode, notes: list[str]) -> NotebookNode:
    """The release's notebook with the student's solutions and own cells put in.

    A student's own cell stays behind the released cell that it followed. Where a released cell comes twice, the last
    changed one counts.
    """
    released = {id_: cell for cell in release.cells if (id_ := grade_id(cell))}
    owners = [_owner(cell, released, release) for cell in cells]
    notebook = NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(release.metadata), cells=[])
    notebook.cells += _own_cells(cells, owners, before_first=True)
    for cell in release.cells:
        mine = [own.source for own, owner in zip(cells, owners, strict=True) if owner == cell.id]
        notebook.cells.append(_filled(cell, mine, bool(cells), notes))
        notebook.cells += _own_cells(cells, owners, behind=cell.id)
    return notebook


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's name of a cell, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _owner(cell: _Cell, released: dict[str, NotebookNode], release: NotebookNode) -> str:
    """The id of the released cell that this one is (a copy of), or "" for a student's own."""
    if cell.grade_id in released:
        return released[cell.grade_id].id
    for candidate in release.cells:
        same = cell.source == candidate.source or cell.id == candidate.id
        if (same and candidate.cell_type == cell.kind) or (
            is_solution(candidate) and cell.kind == "code" and _defines(cell.source, grade_id(candidate))
        ):
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


def _filled(cell: NotebookNode, mine: list[str], any_cells: bool, notes: list[str]) -> NotebookNode:
    """The released cell, with the student's source where students write."""
    filled, name = NotebookNode({**cell, "metadata": NotebookNode(cell.metadata)}), grade_id(cell)
    if cell.cell_type == "code":
        filled.outputs, filled.execution_count = [], None
    if name and any_cells and not mine:
        notes.append(f"The cell {name} was missing and was put back.")
    if name and len(mine) > 1:
        notes.append(f"The cell {name} came {len(mine)} times; the last changed one counts.")
    if is_solution(cell):
        filled.source = next((source for source in reversed(mine) if source != cell.source), cell.source)
    elif name and any(source != cell.source for source in mine):
        notes.append(f"The locked cell {name} was changed; the released one was used.")
    elif not name and mine:
        filled.source = mine[-1]
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
    made = NotebookNode(cell_type=cell.kind, id=f"own-{number}", metadata=NotebookNode(), source=cell.source)
    if cell.kind == "code":
        made.outputs, made.execution_count = [], None
    return made
