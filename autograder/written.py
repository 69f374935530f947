"""What a student wrote: the cells of a stranger's notebook, what they define, and what of the exercise they answer."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.release import grade_id, is_solution
from course_lib.checks.cells import without_magics

FREE = {"code": "code", "markdown": "markdown", "raw": "raw"}
PICTURES = ("image/png", "image/jpeg", "image/gif")
MAX_PICTURES = 5 * 2**20  # characters of all pictures in a Markdown cell
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")


@dataclass(frozen=True)
class Cell:
    """All that is taken over from a student's cell."""

    kind: str
    source: str
    grade_id: str = ""
    id: str = ""
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)


def each_cell(cells: Iterable[object]) -> Iterator[Cell]:
    """The cells of a notebook, whatever else stands among them."""
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
        yield Cell(kind, source, str(grading.get("grade_id", "")), str(cell.get("id", "")), pictures)


def _pictures(attachments: object) -> dict[str, dict[str, str]]:
    """The pictures pasted into a Markdown cell, of kinds that only draw."""
    kept, room = {}, MAX_PICTURES
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind, data in kinds.items() if isinstance(kinds, dict) else ():
            if kind in PICTURES and isinstance(data, str) and len(data) <= room and BASE64.fullmatch(data):
                kept[str(name)], room = {kind: data}, room - len(data)
    return kept


def tree(source: str) -> ast.Module | None:
    """The statements of a cell without its magics; None where Python cannot read them."""
    try:
        return ast.parse(without_magics(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def same(one: str, other: str) -> bool:
    """Whether two cells hold the same text, or statements that differ in layout and comments alone."""
    if one.split() == other.split():
        return True
    mine, theirs = tree(one), tree(other)
    return bool(mine and theirs and mine.body) and ast.dump(mine) == ast.dump(theirs)


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a cell runs: those in `if`, `try`, `for` too, but in no function or class."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for child in ast.iter_child_nodes(node):
                inner = [child] if isinstance(child, ast.stmt) else getattr(child, "body", [])
                yield from statements(inner if isinstance(inner, list) else [])


def bound(node: ast.stmt) -> set[str]:
    """The names that a statement defines or assigns; what is imported is nobody's own answer and does not count."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    parts = [part for target in targets if target is not None for part in ast.walk(target)]
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def defined(source: str, names: Collection[str]) -> list[str]:
    """Those of the names that a cell defines, in the given order."""
    if not any(name in source for name in names) or (found := tree(source)) is None:
        return []
    own = {name for node in statements(found.body) for name in bound(node)}
    return [name for name in names if name in own]


def definition(source: str, name: str) -> str:
    """The last statement of a cell that defines a name, as it is written there."""
    found, lines = tree(source), source.replace("\r\n", "\n").split("\n")
    node = [node for node in found.body if name in {n for part in statements([node]) for n in bound(part)}][-1]
    return written_at(node, lines)


def written_at(node: ast.stmt, lines: Sequence[str]) -> str:
    """A statement as its cell has it, with comments in it; where others share its lines, as Python would write it."""
    first = min([node.lineno, *(part.lineno for part in getattr(node, "decorator_list", []))])
    text = "\n".join(lines[first - 1 : node.end_lineno])
    alone = tree(text)
    whole = alone is not None and len(alone.body) == 1 and ast.dump(alone.body[0]) == ast.dump(node)
    return text if whole else ast.unparse(node)


def shared(cells: Sequence[Cell], released: NotebookNode) -> int:
    """How many of the exercise's own cells (functions to write and their checks) a notebook holds."""
    names, texts = {cell.grade_id for cell in cells}, {cell.source.strip() for cell in cells}
    ours = [cell for cell in released.cells if is_solution(cell) or grade_id(cell).startswith("check_")]
    generic = "check_experiment"  # every unit has one
    return sum((grade_id(cell) in names and grade_id(cell) != generic) or cell.source.strip() in texts for cell in ours)


def answered(cells: Sequence[Cell], released: NotebookNode) -> set[str]:
    """The functions of the exercise that are written somewhere in a notebook."""
    stubs = {grade_id(cell): cell.source for cell in released.cells if is_solution(cell)}
    found: set[str] = set()
    for cell in cells:
        for name, stub in stubs.items() if cell.kind == "code" else ():
            mine = cell.grade_id == name or (name in cell.source and defined(cell.source, [name]))
            if name not in found and mine and not same(cell.source, stub):
                found.add(name)
    return found
