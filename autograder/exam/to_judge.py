"""A file before the judge: a Python file with its neighbours, or a notebook, as cells for the exam."""

import ast
import re
import tokenize
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import BrokenSubmission
from autograder.exam import assess
from autograder.exam.cells import Cell
from autograder.intake import opening, unreadable
from autograder.intake.files import MAX_NOTEBOOK, parse
from course_lib.errors import CourseError

EXPECTED = "a Python file (.py) or a notebook (.ipynb)"
NEIGHBOURS = 50  # of a file, that come along


def cells_in(path: Path, checks: Iterable[str]) -> list[Cell]:
    """The cells of a file, and the checks: where the notebook has them, otherwise at the end.

    Raises:
        CourseError: it is neither a Python file nor a notebook, or cannot be read.
    """
    cells = _notebook(path) if _is_notebook(path) else [Cell("run", _python(path), path.name)]
    known = {cell.name for cell in cells if cell.role == "check"}
    return [*cells, *(Cell("check", "", name) for name in checks if name not in known)]


def weights_of(path: Path, unit: str) -> Path | None:
    """The trained weights beside a notebook."""
    beside = (path.with_suffix(".safetensors"), path.with_name(f"{unit}.safetensors"))
    return next((found for found in beside if _ordinary(found)), None) if _is_notebook(path) else None


def neighbours(path: Path) -> dict[str, bytes]:
    """The Python files in the same folder that a Python file imports, itself or through others of them."""
    found: dict[str, bytes] = {}
    waiting = [] if _is_notebook(path) else [path]
    while waiting and len(found) < NEIGHBOURS:
        for name in _imported(waiting.pop()):
            beside = path.with_name(f"{name}.py")
            if beside.name not in found and beside != path and _ordinary(beside):
                found[beside.name] = _content(beside)
                waiting.append(beside)
    return found


def _is_notebook(path: Path) -> bool:
    """By its name, or by what it holds where a notebook was saved as Python."""
    if not path.is_file():
        raise CourseError(f"There is no file {path}.", expected=EXPECTED)
    if path.suffix == ".py":
        return re.match(rb'\s*\{\s*"(cells|metadata|nbformat)', _content(path)[:200]) is not None
    if path.suffix != ".ipynb":
        raise CourseError(f"{path} cannot be judged.", expected=EXPECTED, got=unreadable.kind(path))
    return True


def _content(path: Path) -> bytes:
    try:
        return opening.content(path, path.parent, MAX_NOTEBOOK)
    except OSError as error:
        raise CourseError(f"{path} cannot be read.", expected=EXPECTED, got=error.strerror) from error


def _ordinary(path: Path) -> bool:
    """Whether there is such a file, and no link in its place."""
    try:
        with opening.opened(path, path.parent, MAX_NOTEBOOK):
            return True
    except (OSError, BrokenSubmission):
        return False


def _notebook(path: Path) -> list[Cell]:
    notebook = parse(_content(path))
    for cell in notebook.cells:
        cell.source = "".join(cell.source) if isinstance(cell.get("source"), list) else str(cell.get("source", ""))
    return assess.cells_of(notebook)


def _python(path: Path) -> str:
    """The text as Python reads it: byte order mark, declared encoding. Magics may stand in it."""
    try:
        with tokenize.open(path) as file:
            source = file.read()
        if not re.search(r"^\s*[%!]", source, re.MULTILINE):
            ast.parse(source)
    except (OSError, UnicodeDecodeError, SyntaxError, ValueError) as error:
        line = f" (line {error.lineno})" if isinstance(error, SyntaxError) and error.lineno else ""
        raise CourseError(f"{path} cannot be read.", expected=EXPECTED, got=f"{error}{line}") from error
    return source


def _imported(path: Path) -> list[str]:
    """The first parts of what a file imports."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):
        return []
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return [name.split(".")[0] for name in names]
