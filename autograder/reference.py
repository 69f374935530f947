"""The solution notebooks' functions, as the oracle: their definitions only, never their experiments."""

from functools import cache
from pathlib import Path
from typing import Any

import jupytext

from course_lib.errors import DataMissing

ROOT = Path(__file__).parents[1]
SOLUTIONS = ROOT / "solutions"
DEFINING = {"given", "solution"}


def source_of(unit: str, solutions: Path = SOLUTIONS) -> Path:
    """The text from which a unit's notebooks are built.

    Raises:
        DataMissing: there is no such unit.
    """
    path = solutions / unit / f"{unit}.py"
    if not path.exists():
        units = sorted(folder.name for folder in solutions.glob("*/") if (folder / f"{folder.name}.py").exists())
        raise DataMissing(f"There is no unit {unit!r}.", expected=str(path), advice=f"one of {', '.join(units)}")
    return path


def definitions(unit: str, solutions: Path = SOLUTIONS) -> dict[str, str]:
    """The source of each defining cell, by its first line."""
    notebook = jupytext.read(source_of(unit, solutions))
    cells = [cell for cell in notebook.cells if DEFINING & set(cell.metadata.get("tags", ()))]
    return {f"cell {number}": cell.source for number, cell in enumerate(cells)}


@cache
def load(unit: str, solutions: Path = SOLUTIONS) -> dict[str, Any]:
    """Everything that the solution of a unit defines, by name."""
    namespace: dict[str, Any] = {"__name__": f"solution_of_{unit}"}
    for name, source in definitions(unit, solutions).items():
        exec(compile(source, f"<{unit} {name}>", "exec"), namespace)
    return namespace
