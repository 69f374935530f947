"""Wrong versions that real students write, unit by unit, each with the sentence that its author should read.

A unit's package holds a module for each function, whose wrong versions are functions marked by `wrong`; `of(unit)` is
all of them. No two of one check may agree everywhere. `source(misconception)` is one as the cell that a student would
have written.
"""

import importlib
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from autograder.misconceptions.text import source
from course_lib import units
from course_lib.checks.spec import Misconception

__all__ = ["gathered", "of", "source", "wrong"]


def of(unit: str) -> tuple[Misconception, ...]:
    """The misconceptions of a unit, e.g. "02_rcnn"."""
    return importlib.import_module(f"autograder.misconceptions.{units.find(unit).name}").MISCONCEPTIONS


def wrong(check: str, name: str, sentence: str, slip: bool = False) -> Callable:
    """Mark a function or class as a wrong version of what a check asks for; `sentence` is for whoever wrote it."""

    def mark(version: Callable) -> Callable:
        version.misconception = Misconception(check, name, sentence, version, slip)
        return version

    return mark


def gathered(*modules: ModuleType) -> tuple[Misconception, ...]:
    """The wrong versions of these modules, in the order of the text."""
    defined = [value for module in modules for value in vars(module).values() if _stands_in(module, value)]
    return tuple(vars(value)["misconception"] for value in defined if "misconception" in vars(value))


def _stands_in(module: ModuleType, value: Any) -> bool:
    return isinstance(value, FunctionType | type) and value.__module__ == module.__name__
