"""Where each of a student's cells belongs in the release: which released cell it is, or behind which one it stands.

At home cells may run in any order. An answer in a cell of one's own counts as the solution where the released cell is
gone or untouched, and takes along, in front of it, the student's cells that it needs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.intake import written
from autograder.intake.reading import facts
from autograder.intake.written import Cell
from autograder.release.roles import grade_id, is_solution


@dataclass
class Places:
    """Where the cells belong.

    Attributes:
        owners: for each cell the id of the released cell that it is (a copy of), or "" for a student's own.
        before: own cells (their numbers) that are put in front of a released cell (its id).
        fills: sources of released cells whose answer stands in a cell that has another place.
    """

    owners: list[str]
    before: dict[int, str] = field(default_factory=dict)
    fills: dict[str, str] = field(default_factory=dict)

    def anchors(self) -> list[str]:
        """For each cell the id of the released cell that it is or stands behind; "" where it precedes all of them."""
        found, anchor, seen = [], "", set()
        for owner in self.owners:
            if owner:
                anchor = owner if owner not in seen or owner == anchor else anchor
                seen.add(owner)
            found.append(anchor)
        return found


def places(cells: Sequence[Cell], release: NotebookNode) -> Places:
    """Find the place of every cell."""
    released = {id_: cell for cell in release.cells if (id_ := grade_id(cell))}
    found = Places([_owner(cell, released, release) for cell in cells])
    tasks = {name: cell for name, cell in released.items() if is_solution(cell)}
    order = [cell.id for cell in release.cells]
    for cell in release.cells:
        if not grade_id(cell):
            _keep_copies(cell, cells, found)
    waiting = {name: task for name, task in tasks.items() if not _keep_parts(name, task, cells, found)}
    answers = {name: _answer(name, task, cells, found) for name, task in waiting.items()}
    for name, number in answers.items():
        if number is not None:
            _take_along(number, tasks[name], order, cells, found)
    return found


def _owner(cell: Cell, released: Mapping[str, NotebookNode], release: NotebookNode) -> str:
    """The released cell that has the same name, or the same kind and id or text."""
    if cell.grade_id in released:
        return released[cell.grade_id].id
    for candidate in release.cells:
        if candidate.cell_type == cell.kind and (cell.source == candidate.source or cell.id == candidate.id):
            return candidate.id
    return ""


def _keep_parts(name: str, task: NotebookNode, cells: Sequence[Cell], found: Places) -> bool:
    """Whether the task's cell answers it; the parts of one that was split stay, as cells of the student's own."""
    copies = [number for number, owner in enumerate(found.owners) if owner == task.id]
    changed = [number for number in copies if not written.same(cells[number].source, task.source)]
    whole = [number for number in changed if name in facts(cells[number].source).given]
    for number in changed if whole else ():
        if number not in whole:
            found.owners[number] = ""
    return bool(whole)


def _keep_copies(cell: NotebookNode, cells: Sequence[Cell], found: Places) -> None:
    """Of several copies of a free cell the last changed one has its place; the other changed ones stay beside it."""
    copies = [number for number, owner in enumerate(found.owners) if owner == cell.id]
    changed = [number for number in copies if cells[number].source.split() != cell.source.split()]
    for number in changed[:-1]:
        found.owners[number] = ""


def _answer(name: str, task: NotebookNode, cells: Sequence[Cell], found: Places) -> int | None:
    """Let the last cell that defines the task's function be its answer; its number, None where there is none.

    A released cell, and one in front of the task's that gives other names too, stay where they are and lend the
    definition.
    """
    makers = [
        number
        for number, cell in enumerate(cells)
        if cell.kind == "code" and found.owners[number] != task.id and written.defined(cell.source, [name])
    ]
    if not makers:
        return None
    maker, source = makers[-1], cells[makers[-1]].source
    in_front = task.id in found.owners[maker:]
    for number, cell in enumerate(cells):
        if found.owners[number] == task.id and not written.same(cell.source, task.source):
            found.owners[number] = ""  # written in, but with something else
    if found.owners[maker] or (in_front and facts(source).given != {name}):
        found.fills[task.id] = written.definition(source, name)
    else:
        found.owners[maker] = task.id
    return maker


def _take_along(number: int, task: NotebookNode, order: Sequence[str], cells: Sequence[Cell], found: Places) -> None:
    """Put those of the student's cells that an answer needs, and that would come after it, in front of it."""
    target, anchors = task.id, found.anchors()
    needed = {grade_id(task)} | facts(cells[number].source).used
    for earlier in range(number - 1, -1, -1):
        if found.owners[earlier] or cells[earlier].kind != "code" or earlier in found.before:
            continue
        after = anchors[earlier] and order.index(anchors[earlier]) >= order.index(target)
        if after and facts(cells[earlier].source).given & needed:
            found.before[earlier] = target
            needed |= facts(cells[earlier].source).used
