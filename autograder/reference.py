"""The solution notebooks' functions, as the oracle: their definitions only, never their experiments."""

from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

import jupytext

from course_lib.checks import units
from course_lib.errors import DataMissing

ROOT = Path(__file__).parents[1]
SOLUTIONS = ROOT / "solutions"
DEFINING = {"given", "solution"}


def unit_named(given: str, solutions: Path = SOLUTIONS) -> str:
    """The unit that is meant: 02_rcnn, rcnn, 2, or a path to its folder or notebook.

    Raises:
        DataMissing: there is no such unit.
    """
    return units.named(given, known(solutions))


def known(solutions: Path = SOLUTIONS) -> list[str]:
    """The names of all units."""
    return sorted(folder.name for folder in solutions.glob("*/") if (folder / f"{folder.name}.py").exists())


def source_of(unit: str, solutions: Path = SOLUTIONS) -> Path:
    """The text from which a unit's notebooks are built.

    Args:
        unit: its name in full; `unit_named` finds that.

    Raises:
        DataMissing: there is no such unit.
    """
    path = solutions / unit / f"{unit}.py"
    if unit != Path(unit).name or not path.exists():
        known = unit_named(unit, solutions)
        raise DataMissing(f"There is no unit {unit!r}.", expected=known, got=unit)
    return path


def definitions(unit: str, solutions: Path = SOLUTIONS) -> dict[str, str]:
    """The source of each defining cell, by its first line."""
    notebook = jupytext.read(source_of(unit, solutions))
    cells = [cell for cell in notebook.cells if DEFINING & set(cell.metadata.get("tags", ()))]
    return {f"cell {number}": cell.source for number, cell in enumerate(cells)}


def load(unit: str, solutions: Path = SOLUTIONS) -> dict[str, Any]:
    """Everything that the solution of a unit defines, by name."""
    find(unit, None, solutions)
    return _begun(unit, solutions)[0]


def find(unit: str, name: str | None, solutions: Path = SOLUTIONS) -> Any:
    """What the solution of a unit defines under a name, or None. Only the cells up to there are run, each once.

    Args:
        name: None runs all cells.
    """
    namespace, waiting = _begun(unit, solutions)
    while waiting and name not in namespace:
        cell, source = waiting.popleft()
        exec(compile(source, f"<{unit} {cell}>", "exec"), namespace)
    return namespace.get(name)


@cache
def _begun(unit: str, solutions: Path) -> tuple[dict[str, Any], deque[tuple[str, str]]]:
    """A unit's namespace so far, and the cells that have not run yet."""
    return {"__name__": f"solution_of_{unit}"}, deque(definitions(unit, solutions).items())
