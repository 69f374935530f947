"""Right answers that somebody else might write: UNIT/STYLE.py holds every graded function of a unit in one style."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from autograder.exam import papers
from course_lib.checks.spec import Check

RIGHT = sorted(Path(__file__).parent.glob("*/*.py"))


def functions_of(path: Path) -> dict[str, Callable]:
    """What such a file defines, by name."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return vars(module)


def graded(unit: str) -> list[Check]:
    """The checks that need no trained experiment."""
    return [check for check in papers.checks_of(unit) if check.name != "experiment"]
