"""Which names a definition looks up outside of itself, by Python's rules of scope; without recursion."""

import ast
from collections.abc import Iterator

COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar
SCOPES = FUNCTIONS | ast.ClassDef | COMPREHENSIONS


def outside(definition: ast.AST) -> set[str]:
    """The names that a function or class reads and that are neither its parameters nor variables of its own."""
    found: set[str] = set()
    waiting: list[tuple[ast.AST, frozenset[str]]] = [(definition, frozenset())]
    while waiting:
        scope, around = waiting.pop()
        parts = [*_parts(scope)]
        shared = {name for part in parts if isinstance(part, ast.Global | ast.Nonlocal) for name in part.names}
        declared = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
        own = {name for part in [scope, *parts] for name in _bound(part, part is scope)} - shared
        read = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        found |= declared | (read - own - around)
        seen = around if isinstance(scope, ast.ClassDef) else around | own
        waiting += [(part, seen) for part in parts if isinstance(part, SCOPES)]
    return found


def _parts(scope: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a scope; of a scope within it the node itself, and what is computed where it is defined."""
    waiting = [*ast.iter_child_nodes(scope)]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += _heads(node) if isinstance(node, SCOPES) else ast.iter_child_nodes(node)


def _heads(scope: ast.AST) -> list[ast.AST]:
    """Decorators, defaults and bases; what a comprehension goes through first."""
    found = [*getattr(scope, "decorator_list", []), *getattr(scope, "bases", []), *getattr(scope, "keywords", [])]
    if isinstance(scope, FUNCTIONS):
        found += [*scope.args.defaults, *filter(None, scope.args.kw_defaults)]
    return found + ([scope.generators[0].iter] if isinstance(scope, COMPREHENSIONS) else [])


def _bound(node: ast.AST, whole: bool) -> set[str]:
    """The names that a node binds in its scope; of the scope itself (`whole`) its parameters."""
    if whole:
        parameters = ast.walk(node.args) if isinstance(node, FUNCTIONS) else ()
        return {part.arg for part in parameters if isinstance(part, ast.arg)}
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Load) else {node.id}
    if isinstance(node, ast.alias):
        return {(node.asname or node.name).split(".")[0]}
    if isinstance(node, NAMED):
        return {node.name} if node.name else set()
    return {node.rest} if isinstance(node, ast.MatchMapping) and node.rest else set()
