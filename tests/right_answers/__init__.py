"""Right answers that somebody else might write: units/UNIT/STYLE.py holds a unit's graded functions in one style."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from autograder import papers
from course_lib.checks.spec import Check

STYLES = ("arrays", "loops")
RIGHT = sorted(path for style in STYLES for path in (Path(__file__).parents[1] / "units").glob(f"*/{style}.py"))


def functions_of(path: Path) -> dict[str, Callable]:
    """What such a file defines, by name."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def graded(unit: str) -> list[Check]:
    """The checks that need no trained experiment."""
    return [check for check in papers.checks_of(unit) if check.name != "experiment"]
