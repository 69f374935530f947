"""A wrong version as the cell that a student would have written: for sample submissions and for teaching."""

import ast
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import ModuleType

from course_lib.checks.spec import Misconception

PACKAGE = __package__
DEFINES = ast.FunctionDef | ast.ClassDef
Definition = tuple[str, ast.stmt]  # the module that it stands in, and the statement


def source(wrong: Misconception) -> str:
    """One notebook cell: imports, the helpers it needs, and the version under the name that its check asks for.

    A version is a function, or a class that defines `forward` itself.

    Helpers are renamed after the check (`_iou` of nms becomes `_nms_iou`), so that cells of one notebook do not
    overwrite each other's.
    """
    module, version = wrong.version.__module__, deepcopy(_statement(wrong.version))
    version.name, version.decorator_list = wrong.check, []
    needed: dict[str, Definition] = {}
    _collect(module, version, needed)
    helpers = {name: found for name, found in needed.items() if not isinstance(found[1], ast.Import | ast.ImportFrom)}
    rename = _Renamed({name: f"_{wrong.check}_{name.strip('_').lower()}" for name in helpers})
    imports = sorted({ast.unparse(found) for name, (_, found) in needed.items() if name not in helpers})
    definitions = [ast.unparse(rename.visit(deepcopy(found))) for _, found in helpers.values()]
    return "\n\n\n".join(["\n".join(imports), *definitions, ast.unparse(rename.visit(version))]).strip() + "\n"


def _statement(version: Callable) -> ast.FunctionDef | ast.ClassDef:
    """The definition of a function or class."""
    return _defined(sys.modules[version.__module__], version.__name__)[1]


def _collect(module: str, statement: ast.stmt, needed: dict[str, Definition]) -> None:
    """Add what a statement needs of its module, what that needs first."""
    read = [node for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    for name in sorted({node.id for node in read}, key=lambda name: name.strip("_")):
        found = None if name in needed else _defined(sys.modules[module], name)
        if found:
            _collect(*found, needed)
            needed[name] = found


def _defined(module: ModuleType, name: str) -> Definition | None:
    """Where a name is defined or imported; None for builtins and a function's own names."""
    found = _first(module.__name__).get(name)
    if isinstance(found, ast.Import | ast.ImportFrom):
        return _imported(module, found, next(alias for alias in found.names if _bound(alias) == name))
    return found and (module.__name__, found)


@cache
def _first(module: str) -> dict[str, ast.stmt]:
    """The statement that first gives each of a module's names a meaning; who changes one copies it before."""
    tree = ast.parse(Path(sys.modules[module].__file__).read_text(encoding="utf-8"))
    found: dict[str, ast.stmt] = {}
    for node in tree.body:
        for name in _names(node):
            found.setdefault(name, node)
    return found


def _names(node: ast.stmt) -> Iterator[str]:
    """The names that a statement defines or imports."""
    if isinstance(node, DEFINES):
        yield node.name
    if isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets)
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from map(_bound, node.names)


def _bound(alias: ast.alias) -> str:
    """The name that an import gives."""
    return alias.asname or alias.name


def _imported(module: ModuleType, node: ast.Import | ast.ImportFrom, alias: ast.alias) -> Definition | None:
    """An import of this one name, or what it stands for where it comes from another module of wrong versions."""
    if isinstance(node, ast.ImportFrom) and str(node.module).startswith(PACKAGE):
        return _defined(sys.modules[str(node.module)], alias.name)
    one = ast.ImportFrom(node.module, [alias], node.level) if isinstance(node, ast.ImportFrom) else ast.Import([alias])
    return module.__name__, one


class _Renamed(ast.NodeTransformer):
    """Gives names, functions and classes others."""

    def __init__(self, names: dict[str, str]):
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.ClassDef) -> ast.FunctionDef | ast.ClassDef:
        node.name = self._names.get(node.name, node.name)
        self.generic_visit(node)
        return node

    visit_ClassDef = visit_FunctionDef
