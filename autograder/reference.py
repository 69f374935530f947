"""The solution notebooks' functions, as the oracle: their definitions only, never their experiments."""

from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

import jupytext

from course_lib import units
from course_lib.errors import DataMissing

ROOT = Path(__file__).parents[1]
DEFINING = {"given", "solution"}


def source_of(unit: str) -> Path:
    """The text from which a unit's notebooks are built.

    Raises:
        DataMissing: there is no such unit, or its solution does not lie here.
    """
    path = ROOT / units.find(unit).solution.with_suffix(".py")
    if not path.is_file():
        raise DataMissing(f"The solution of unit {unit!r} is not there.", expected=str(path))
    return path


def definitions(unit: str) -> dict[str, str]:
    """The source of each defining cell, by its first line."""
    notebook = jupytext.read(source_of(unit))
    cells = [cell for cell in notebook.cells if DEFINING & set(cell.metadata.get("tags", ()))]
    return {f"cell {number}": cell.source for number, cell in enumerate(cells)}


def load(unit: str) -> dict[str, Any]:
    """Everything that the solution of a unit defines, by name."""
    find(unit, None)
    return _begun(unit)[0]


def find(unit: str, name: str | None) -> Any:
    """What the solution of a unit defines under a name, or None. Only the cells up to there are run, each once.

    Args:
        name: None runs all cells.
    """
    namespace, waiting = _begun(unit)
    while waiting and name not in namespace:
        cell, source = waiting.popleft()
        exec(compile(source, f"<{unit} {cell}>", "exec"), namespace)
    return namespace.get(name)


@cache
def _begun(unit: str) -> tuple[dict[str, Any], deque[tuple[str, str]]]:
    """A unit's namespace so far, and the cells that have not run yet."""
    return {"__name__": f"solution_of_{unit}"}, deque(definitions(unit).items())
