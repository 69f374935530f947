"""What a student wrote: the cells of a stranger's notebook, what they define, and what of the exercise they answer."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.intake.reading import bound, facts, facts_of_ours, statements, tree
from autograder.release.roles import checked, grade_id, is_solution

FREE = {"code": "code", "markdown": "markdown", "raw": "raw"}
PICTURES = ("image/png", "image/jpeg", "image/gif")
MAX_PICTURES = 5 * 2**20  # characters of all pictures in a Markdown cell
MAX_CODE = 1_000_000  # characters of all code cells together; each word and sign counts as `TOKEN_WEIGHT` at least
MAX_TEXT = 10_000_000  # of all others: some editors put pictures there
TOKEN_WEIGHT, TOKEN = 4, re.compile(r"\w+|[^\w\s]|\n")
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


def within(cells: Iterable[Cell], notes: list[str]) -> list[Cell]:
    """The cells; where they hold more than is read, without the largest ones, and a note says so."""
    kept = list(cells)
    for what, kinds, most in (("code", ("code",), MAX_CODE), ("text", ("markdown", "raw"), MAX_TEXT)):
        weights = {number: _weight(cell) for number, cell in enumerate(kept) if cell.kind in kinds}
        left, dropped = sum(weights.values()), set()
        for number in sorted(weights, key=lambda number: -weights[number]):
            if left <= most:
                break
            dropped.add(number)
            left -= weights[number]
        if dropped:
            first = min(dropped) + 1
            notes.append(
                f"{len(dropped)} cells were left out, the first is cell {first}: a notebook's {what} may be "
                f"{most / 1e6:g} MB in all. Data belong into a file, or are computed."
            )
            kept = [cell for number, cell in enumerate(kept) if number not in dropped]
    return kept


def _weight(cell: Cell) -> int:
    """Characters; of code that is nothing but words and signs more, because each of them is an object to the parser."""
    if cell.kind != "code":
        return len(cell.source)
    return max(len(cell.source), TOKEN_WEIGHT * sum(1 for _ in TOKEN.finditer(cell.source)))


def same(theirs: str, ours: str) -> bool:
    """Whether a cell and a released one hold the same text, or statements that differ in layout and comments alone."""
    return theirs.split() == ours.split() or facts(theirs).shape == facts_of_ours(ours).shape != ""


def defined(source: str, names: Collection[str]) -> list[str]:
    """Those of the names that a cell defines, in the given order."""
    if not any(name in source for name in names):
        return []
    return [name for name in names if name in facts(source).bound]


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
    ours = [cell for cell in released.cells if is_solution(cell) or checked(cell)]
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
