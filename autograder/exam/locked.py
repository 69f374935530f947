"""What a locked function stands on: the locked cells that define it and all that it uses, but nothing of a student's.

A later cell may have put something else in their place: a `predict` that looks its answers up, a helper that ends every
question. The exam runs these cells once more before it asks.
"""

import ast
from collections.abc import Sequence

from autograder.exam.cells import Cell
from autograder.intake import written


def needed(cells: Sequence[Cell], name: str) -> list[Cell]:
    """The locked cells that a function needs, in their order; none where no locked cell defines it.

    Args:
        cells: those before the question.
    """
    locked = [cell for cell in cells if cell.locked and cell.role in ("run", "fit")]
    theirs = {cell.name for cell in cells if cell.name and not cell.locked}  # released for a student to write
    makers = {each: number for number, cell in enumerate(locked) for each in made(cell)}
    waiting, found = {name} & makers.keys(), set()
    while waiting:
        number = makers[waiting.pop()]
        if number not in found:
            found.add(number)
            waiting |= _used(locked[number]) & makers.keys() - theirs
    return [locked[number] for number in sorted(found)]


def made(cell: Cell) -> set[str]:
    """The names that a cell binds, imports among them."""
    nodes = list(written.statements(tree.body)) if (tree := written.tree(cell.source)) else []
    imported = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    names = {(alias.asname or alias.name).split(".")[0] for alias in imported}
    return names.union(*(written.bound(node) for node in nodes))


def _used(cell: Cell) -> set[str]:
    """The names that stand in a cell."""
    tree = written.tree(cell.source)
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} if tree else set()
