"""Wrong versions that real students write, unit by unit, each with the sentence that its author should read.

Every module holds `MISCONCEPTIONS`, a tuple; `of(unit)` finds it. No two of one check may agree everywhere.
`source(misconception)` is one as the cell that a student would have written.
"""

import importlib
from collections.abc import Callable

from autograder.misconceptions.text import source
from course_lib import units
from course_lib.checks.spec import Misconception

__all__ = ["collector", "of", "source"]


def of(unit: str) -> tuple[Misconception, ...]:
    """The misconceptions of a unit, e.g. "02_rcnn"."""
    return importlib.import_module(f"autograder.misconceptions.{units.find(unit).name}").MISCONCEPTIONS


def collector(check: str, into: list[Misconception]) -> Callable:
    """A decorator `wrong(name, sentence)` that collects versions of one function or class in the order of the text."""

    def wrong(name: str, sentence: str, convention: bool = False, slip: bool = False) -> Callable:
        def keep(version: Callable) -> Callable:
            into.append(Misconception(check, name, sentence, version, convention, slip))
            return version

        return keep

    return wrong
