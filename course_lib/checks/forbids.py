"""Which library functions a student's function uses, by its syntax tree: resolved through imports, aliases and helpers.

It can be evaded (`getattr`, `exec`); it tells the honest that a ready-made answer does not count.
"""

import ast
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from course_lib.checks.cells import without_magics
from course_lib.checks.spec import Check

MENDED = 200  # lines of one cell that Python cannot read and that are passed over
NESTING = (ast.stmt, ast.ExceptHandler, ast.match_case)
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
Binding = tuple[int, bool, ast.stmt]


def used(function: str, sources: Sequence[str]) -> set[str]:
    """Dotted names that the function uses, itself or through other definitions in these cells.

    A definition that a later one replaces does not count, unless something kept it in between.

    Args:
        function: the name of a function or class.
        sources: the cells in the order in which they run; lines that only IPython can read are left out.
    """
    statements = [found for source in sources for found in _outside(_tree(source).body)]
    aliases, bindings = _aliases(node for node, _ in statements), _bindings(statements)
    found, seen, waiting = set(), set(), [(function, len(statements))]
    while waiting:
        name, moment = asked = waiting.pop()
        if asked in seen:
            continue
        seen.add(asked)
        if name not in bindings:
            found.add(name)
        for at, node in _live(bindings.get(name, ()), moment):
            if isinstance(node, IMPORTS):
                found.add(aliases[name])
                continue
            later, now = _needs(node, aliases)
            found |= later | now
            waiting += [(other, len(statements)) for other in later & bindings.keys()]
            waiting += [(other, at) for other in now & bindings.keys()]
    stars = _stars(node for node, _ in statements)
    return found | {f"{star}.{name}" for star in stars for name in found if name.split(".")[0] not in bindings}


def refusal(check: Check, sources: Sequence[str]) -> str:
    """The sentence for a function that uses what its check forbids, or ""."""
    found = hits(check.forbids, used(check.function, sources)) if check.forbids and sources else []
    return f"`{check.function}` uses `{'`, `'.join(found)}`. This check asks you to write it yourself." if found else ""


def cells_of(function: Any) -> list[str]:
    """The cells of the notebook in which a function lives, as they were run; elsewhere the text of its file.

    Empty where neither is to be had.
    """
    code = function if hasattr(function, "__globals__") else getattr(function, "__init__", None)
    names = getattr(code, "__globals__", {})
    if isinstance(history := names.get("In"), list):  # IPython keeps the cells there
        return [cell for cell in history if isinstance(cell, str)]
    return cells_of_file(names.get("__file__", ""))


def cells_of_file(path: str | Path) -> list[str]:
    """The text of a Python file as one cell; none where there is no such text."""
    try:
        with tokenize.open(path) as file:
            return [file.read()]
    except (OSError, SyntaxError, UnicodeDecodeError):  # typed in, or built by a program
        return []


def hits(forbidden: Iterable[str], names: Iterable[str]) -> list[str]:
    """Those forbidden names that are among the used ones, or that hold one of them."""
    names = set(names)
    return sorted(bad for bad in forbidden if any(name == bad or name.startswith(bad + ".") for name in names))


def _tree(source: str) -> ast.Module:
    """The syntax tree of a cell. What follows a magic counts; lines that Python cannot read are passed over."""
    lines = without_magics(source).split("\n")
    for _ in range(MENDED):
        try:
            return ast.parse("\n".join(lines))
        except SyntaxError as error:
            at = min(max(error.lineno or 1, 1), len(lines)) - 1
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            lines[at] = "" if lines[at].strip() == "pass" else f"{indent}pass"
        except (ValueError, RecursionError, MemoryError):
            break
    return ast.Module([], [])


def _outside(statements: Iterable[ast.stmt], top: bool = True) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements that run when a cell runs, and whether each surely does: in no function or class, but in `if`."""
    for node in statements:
        yield node, top
        if not isinstance(node, DEFINES):
            for child in ast.iter_child_nodes(node):
                body = getattr(child, "body", [])  # of `except` and `case` a list, of a lambda an expression
                inner = [child] if isinstance(child, ast.stmt) else body if isinstance(body, list) else []
                yield from _outside(inner, top=False)


def _bindings(statements: Iterable[tuple[ast.stmt, bool]]) -> dict[str, list[Binding]]:
    """For each name the statements that bind it: position, whether it surely runs, the statement."""
    bindings: dict[str, list[Binding]] = {}
    for at, (node, top) in enumerate(statements):
        for name in _bound(node):
            bindings.setdefault(name, []).append((at, top, node))
    return bindings


def _live(bindings: Sequence[Binding], moment: int) -> list[tuple[int, ast.stmt]]:
    """What a name may stand for at a moment: the last statement before it that surely binds it, and those after."""
    before = [binding for binding in bindings if binding[0] < moment] or list(bindings)
    sure = max((i for i, (_, top, node) in enumerate(before) if top and not _adds(node)), default=0)
    return [(at, node) for at, _, node in before[sure:]]


def _adds(node: ast.stmt) -> bool:
    """Whether a statement changes a name without forgetting what it was: `x += 1`, a loop's variable."""
    return not isinstance(node, (*DEFINES, *IMPORTS, ast.Assign, ast.AnnAssign))


def _needs(node: ast.stmt, aliases: Mapping[str, str]) -> tuple[set[str], set[str]]:
    """The dotted names that a definition needs when it is called, and those that a statement needs when it runs."""
    if not isinstance(node, DEFINES):
        return set(), {name for own in _own(node) for name in _dotted(own, {**aliases, **_aliases(ast.walk(own))})}
    heads = [*node.decorator_list, *getattr(node, "bases", [])]
    heads += [*node.args.defaults, *filter(None, node.args.kw_defaults)] if hasattr(node, "args") else []
    inside = set(_dotted(node, {**aliases, **_aliases(ast.walk(node))}))
    return inside, {name for head in heads for name in _dotted(head, aliases)}


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement binds itself, not through the statements in it."""
    if isinstance(node, DEFINES):
        return [node.name]
    if isinstance(node, IMPORTS):
        return list(_aliases([node]))
    parts = [part for own in _own(node) for part in ast.walk(own)]
    return [part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _own(node: ast.stmt) -> list[ast.AST]:
    """The parts of a statement that are no statements."""
    return [child for child in ast.iter_child_nodes(node) if not isinstance(child, NESTING)]


def _aliases(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Local name to dotted name, from import statements and from plain assignments (`tools = torchvision.ops`)."""
    aliases = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                aliases[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                aliases[name.asname or name.name] = f"{node.module}.{name.name}"
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    aliases[target.id] = next(_dotted(node.value, aliases), target.id)
    return aliases


def _stars(statements: Iterable[ast.AST]) -> list[str]:
    """The modules from which everything is imported."""
    imports = [node for node in statements if isinstance(node, ast.ImportFrom)]
    return [node.module or "" for node in imports if any(name.name == "*" for name in node.names)]


def _dotted(root: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """Every name and attribute chain below a node, its first part replaced by what it was imported as."""
    for node in ast.walk(root):
        parts, inner = [], node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield ".".join([aliases.get(inner.id, inner.id), *reversed(parts)])
