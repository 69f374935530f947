"""Which library functions a student's function uses, by its syntax tree: resolved through imports, aliases and helpers.

It can be evaded (`getattr`, `exec`); it tells the honest that a ready-made answer does not count.
"""

import ast
from collections.abc import Iterable, Sequence


def used(function: str, sources: Sequence[str]) -> set[str]:
    """Dotted names that the function uses, itself or through other definitions in the student's cells.

    Args:
        function: the name of a function or class.
        sources: the student's cells; those that do not parse are left out.
    """
    statements = [node for tree in map(_tree, sources) for node in tree.body]
    aliases, definitions = _aliases(statements), _definitions(statements)
    found, seen, waiting = set(), set(), [function]
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in seen:
            seen.add(name)
            for node in definitions[name]:
                names = set(_dotted(node, {**aliases, **_aliases(ast.walk(node))}))
                found |= names
                waiting.extend(names & set(definitions))
        elif name in aliases:
            found.add(aliases[name])
    return found


def hits(forbidden: Iterable[str], names: Iterable[str]) -> list[str]:
    """Those forbidden names that are among the used ones, or that hold one of them."""
    names = set(names)
    return sorted(bad for bad in forbidden if any(name == bad or name.startswith(bad + ".") for name in names))


def _tree(source: str) -> ast.Module:
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.Module([], [])


def _aliases(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Local name to dotted name, from import statements."""
    aliases = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                aliases[name.asname or name.name.split(".")[0]] = name.name if name.asname else name.name.split(".")[0]
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                aliases[name.asname or name.name] = f"{node.module}.{name.name}"
    return aliases


def _definitions(statements: Iterable[ast.stmt]) -> dict[str, list[ast.AST]]:
    """Top-level functions, classes and assigned names, with the nodes that define them."""
    definitions: dict[str, list[ast.AST]] = {}
    for node in statements:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            definitions.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    definitions.setdefault(target.id, []).append(node.value)
    return definitions


def _dotted(root: ast.AST, aliases: dict[str, str]) -> Iterable[str]:
    """Every name and attribute chain below a node, its first part replaced by what it was imported as."""
    for node in ast.walk(root):
        parts, inner = [], node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            yield ".".join([aliases.get(inner.id, inner.id), *reversed(parts)])
