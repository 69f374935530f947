"""Signatures are verified while tests run: `verify("course_lib")` before that package is imported.

jaxtyping's own hook binds the arguments of every call and reads a signature anew whenever its function is defined. Here
only signatures that name axes pay for that; beartype verifies all others, and what is defined again and again (a
function in a function) is read once.
"""

import ast
import marshal
import sys
from functools import update_wrapper
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import cache_from_source, source_hash
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, get_args

from beartype import BeartypeConf, beartype
from jaxtyping import AbstractArray, jaxtyped

CONF = BeartypeConf(is_pep484_tower=True)  # an int serves as a float
OWN = Path(__file__).read_bytes()  # kept code is good for this text only
MARK = "__typed__"  # what the decorator is called in a module
_known: dict[CodeType, tuple[FunctionType, FunctionType]] = {}


def verify(*packages: str) -> None:
    """Verify the signatures of all functions and dataclasses of these packages."""
    sys.meta_path.insert(0, _Finder(packages))


def typed(function: Any) -> Any:
    """The function, or the dataclass, which refuses what is not of its signature."""
    if isinstance(function, type) or _names_axes(list(function.__annotations__.values())):
        return jaxtyped(function, typechecker=beartype(conf=CONF))
    if not function.__annotations__:
        return function
    first, verified = _known.get(function.__code__, (function, None))
    again = verified and first.__annotations__ == function.__annotations__
    return _again(first, verified, function) if again else _verified(function)


def _names_axes(annotations: Any) -> bool:
    """Whether arrays with axes are among these annotations, or in them."""
    if isinstance(annotations, list | tuple):
        return any(map(_names_axes, annotations))
    array = isinstance(annotations, type) and issubclass(annotations, AbstractArray)
    return array or isinstance(annotations, str) or _names_axes(get_args(annotations))


def _verified(function: FunctionType) -> FunctionType:
    """Below beartype's wrapper, whose frames count as the function's own: who reads a traceback sees no stranger."""
    verified, own = beartype(function, conf=CONF), function.__code__
    if function in (verified.__kwdefaults__ or {}).values():  # there the wrapper keeps what it calls
        place = {"co_filename": own.co_filename, "co_firstlineno": own.co_firstlineno}
        verified.__code__ = verified.__code__.replace(**place)
        _known[own] = function, verified
    return verified


def _again(first: FunctionType, verified: FunctionType, function: FunctionType) -> FunctionType:
    """The wrapper of the `first` function around another that the same line has defined."""
    code, defaults = verified.__code__, verified.__kwdefaults__
    wrapper = FunctionType(code, verified.__globals__, function.__name__, verified.__defaults__, verified.__closure__)
    wrapper.__kwdefaults__ = {name: function if value is first else value for name, value in defaults.items()}
    return update_wrapper(wrapper, function)


class _Finder(MetaPathFinder):
    """Finds the modules of some packages, and has them loaded with their signatures verified."""

    def __init__(self, packages: tuple[str, ...]):
        self.packages = packages

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name.split(".")[0] in self.packages else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Compiles a module with the decorator below those of each function, and above those of each class.

    The code is kept beside what Python itself keeps of the module, for the next process with the same texts.
    """

    def get_code(self, name: str) -> CodeType:
        path = self.get_filename(name)
        source, place = self.get_data(path), cache_from_source(path, optimization="typed")
        key = source_hash(OWN + path.encode() + source)
        kept = self.get_data(place) if Path(place).exists() else b""
        if kept.startswith(key):
            return marshal.loads(kept[len(key) :])  # noqa: S302 - it lies where Python itself keeps what it runs
        code = _marked(source, path)
        if not sys.dont_write_bytecode:
            self.set_data(place, key + marshal.dumps(code))
        return code

    def exec_module(self, module: ModuleType) -> None:
        vars(module)[MARK] = typed
        super().exec_module(module)


def _marked(source: bytes, path: str) -> CodeType:
    tree = ast.parse(source, path)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            mark = ast.copy_location(ast.Name(MARK, ast.Load()), node)
            node.decorator_list.insert(0 if isinstance(node, ast.ClassDef) else len(node.decorator_list), mark)
    return compile(tree, path, "exec", dont_inherit=True)
