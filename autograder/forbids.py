"""Which library functions a student's function uses, by its syntax tree: resolved through imports, aliases and helpers.

It can be evaded (`getattr`, `exec`); it tells the honest that a ready-made answer does not count.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence

MENDED = 200  # lines of one cell that Python cannot read and that are passed over
MAGIC = re.compile(r"^(\s*)%{1,2}\w+[ \t]*(.*)$")
NESTING = (ast.stmt, ast.ExceptHandler, ast.match_case)


def used(function: str, sources: Sequence[str]) -> set[str]:
    """Dotted names that the function uses, itself or through other definitions in the student's cells.

    Args:
        function: the name of a function or class.
        sources: the student's cells; lines that only IPython can read are left out.
    """
    statements = [node for source in sources for node in _outside(_tree(source).body)]
    aliases, definitions, stars = _aliases(statements), _definitions(statements), _stars(statements)
    last_bound = {name: node for node in statements for name in _bound(node)}
    found, seen, waiting = set(), set(), [function]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if isinstance(last_bound.get(name), ast.Import | ast.ImportFrom):
            found.add(aliases[name])
        for node in definitions.get(name, []):
            names = set(_dotted(node, {**aliases, **_aliases(ast.walk(node))}))
            found |= names
            waiting.extend(names & set(definitions))
        if name not in last_bound:
            found.add(name)
    return found | {f"{star}.{name}" for star in stars for name in found if name.split(".")[0] not in last_bound}


def hits(forbidden: Iterable[str], names: Iterable[str]) -> list[str]:
    """Those forbidden names that are among the used ones, or that hold one of them."""
    names = set(names)
    return sorted(bad for bad in forbidden if any(name == bad or name.startswith(bad + ".") for name in names))


def _tree(source: str) -> ast.Module:
    """The syntax tree of a cell. What follows a magic counts; lines that Python cannot read are passed over."""
    lines = [_without_magic(line) for line in source.splitlines()]
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


def _without_magic(line: str) -> str:
    """`%time f()` runs `f()`; of `!ls` and `%matplotlib inline` nothing is Python."""
    if line.lstrip().startswith("!"):
        return ""
    found = MAGIC.match(line)
    if not found:
        return line
    try:
        ast.parse(found[2])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return found[1] + found[2]


def _outside(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a cell runs: those in `if`, `try`, `for` too, but in no function or class."""
    for node in statements:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for child in ast.iter_child_nodes(node):
                body = getattr(child, "body", [])  # of `except` and `case` a list, of a lambda an expression
                yield from _outside([child] if isinstance(child, ast.stmt) else body if isinstance(body, list) else [])


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement binds itself, not through the statements in it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
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


def _stars(statements: Iterable[ast.stmt]) -> list[str]:
    """The modules from which everything is imported."""
    imports = [node for node in statements if isinstance(node, ast.ImportFrom)]
    return [node.module or "" for node in imports if any(name.name == "*" for name in node.names)]


def _definitions(statements: Iterable[ast.stmt]) -> dict[str, list[ast.AST]]:
    """Functions, classes and assigned names, with the nodes that define them."""
    definitions: dict[str, list[ast.AST]] = {}
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions.setdefault(node.name, []).append(node)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            for name in _bound(node):
                definitions.setdefault(name, []).extend(_own(node))
    return definitions


def _dotted(root: ast.AST, aliases: dict[str, str]) -> Iterator[str]:
    """Every name and attribute chain below a node, its first part replaced by what it was imported as."""
    for node in ast.walk(root):
        parts, inner = [], node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield ".".join([aliases.get(inner.id, inner.id), *reversed(parts)])
