"""What the cells of a stranger's notebook say, in few words. Each is read once, and nothing of it is run."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from course_lib.checks import cells

MAX_NESTING = 80  # of expressions and statements: what walks through them has a limit, too
REMEMBERED, OURS = 4096, 256  # cells of a submission; of a release


@dataclass(frozen=True)
class Facts:
    """What one cell says.

    Attributes:
        readable: whether Python can read it.
        bound: the names that its statements define or assign; what is imported is nobody's own answer.
        given: these, and what is imported.
        used: all names in it.
        shape: a digest of its statements, the same where only layout and comments differ; "" where there are none.
    """

    readable: bool = False
    bound: frozenset[str] = frozenset()
    given: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    shape: str = ""


@lru_cache(maxsize=REMEMBERED)
def facts(source: str) -> Facts:
    """What a cell says."""
    return summary(cells.tree(source))


@lru_cache(maxsize=OURS)
def facts_of_ours(source: str) -> Facts:
    """What a released cell says. It is remembered from one submission to the next."""
    return summary(cells.tree(source))


def tree(source: str) -> ast.Module | None:
    """The statements of a cell without its magics; None where it cannot be read."""
    return cells.tree(source) if facts(source).readable else None


def forget() -> None:
    """Make room for the next submission."""
    facts.cache_clear()


def summary(tree: ast.Module | None) -> Facts:
    """The same of a syntax tree."""
    if tree is None or _depth(tree) > MAX_NESTING:
        return Facts()
    found: set[str] = set()
    imported: set[str] = set()
    for node in statements(tree.body):
        found |= bound(node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    used = frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    shape = hashlib.sha256(ast.dump(tree).encode(errors="replace")).hexdigest() if tree.body else ""
    return Facts(True, frozenset(found), frozenset(found | imported), used, shape)


def _depth(tree: ast.AST) -> int:
    """Nesting, without recursion; it stops counting where it is too deep."""
    depth, level = 0, [tree]
    while level and depth <= MAX_NESTING:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def statements(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a cell runs: those in `if`, `try`, `for` too, but in no function or class."""
    waiting = list(body)[::-1]
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner: list[ast.stmt] = []
            for child in ast.iter_child_nodes(node):
                held = [child] if isinstance(child, ast.stmt) else getattr(child, "body", [])
                inner += held if isinstance(held, list) else []
            waiting += inner[::-1]


def bound(node: ast.stmt) -> set[str]:
    """The names that a statement defines or assigns; what is imported is nobody's own answer and does not count."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    parts = [part for target in targets if target is not None for part in ast.walk(target)]
    return {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
