"""What a student added to a cell that was locked: editors that know nothing of locks allow it, and it runs at home.

Locked statements always come from the release. What was added is the student's own and becomes a cell of its own.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Sequence

from autograder.intake import written
from autograder.intake.reading import bound, tree

DEFINING = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def code(released: str, mine: Sequence[str], defining: bool = False) -> tuple[str, bool]:
    """The statements that copies of a locked cell have beside the released ones, and whether any released is missing.

    A statement that stands in the place of a released one (it binds the same name, or neither binds any) is a change,
    not an addition.

    Args:
        defining: only imports and definitions are taken, because the released cell itself does not run in the exam.
    """
    found, missing = {}, False
    original = tree(released)
    for source in mine:
        copy = tree(source)
        if copy is None or original is None:
            missing = True
            continue
        lines = source.replace("\r\n", "\n").split("\n")
        left = Counter(ast.dump(part) for part in _parts(original))
        extra = [part for part in _parts(copy) if not _taken(left, ast.dump(part))]
        gone = [part for part in _parts(original) if _taken(left, ast.dump(part))]
        missing |= bool(gone)
        others = [bound(part) for part in gone if not isinstance(part, DEFINING[:2])]
        seen: Counter = Counter()
        for part in extra:
            if not _replaces(part, others) and (isinstance(part, DEFINING) or not defining):
                text = ast.unparse(part) if isinstance(part, DEFINING[:2]) else written.written_at(part, lines)
                seen[text] += 1
                found[text, seen[text]] = text  # what two copies have both counts once
    return "\n".join(found.values()), missing


def _parts(module: ast.Module) -> Iterator[ast.stmt]:
    """The statements, each import by itself."""
    for node in module.body:
        if isinstance(node, ast.Import):
            yield from (ast.Import([name]) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (ast.ImportFrom(node.module, [name], node.level) for name in node.names)
        else:
            yield node


def _taken(left: Counter, key: str) -> bool:
    """Whether one of this kind was left; it is taken away."""
    there = left[key] > 0
    left[key] -= there
    return there


def _replaces(part: ast.stmt, others: Sequence[set[str]]) -> bool:
    """Whether a statement stands in the place of one of those that are gone, of which these are the names."""
    if isinstance(part, DEFINING[:2]):
        return False
    names = bound(part)
    return any(names & other for other in others) if names else set() in others


def text(released: str, mine: Sequence[str]) -> str:
    """The lines that copies of a locked Markdown cell have beside the released ones: an answer below its question."""
    given = {line.strip() for line in released.split("\n")}
    copies = ["\n".join(line for line in copy.split("\n") if line.strip() not in given).strip() for copy in mine]
    return "\n\n".join(dict.fromkeys(filter(None, copies)))
