"""The course's notebooks, found by glob and built once for all tests."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from nbformat import NotebookNode

from tools import ROOT
from tools.build.notebooks import build_exercise, unit_sources

SOLUTIONS = [path for path in unit_sources() if path.parent.name != "lectures"]


@dataclass(frozen=True)
class Unit:
    """The notebooks of one unit's exercise."""

    source: Path
    solution: NotebookNode
    exercise: NotebookNode

    @property
    def released(self) -> Path:
        """The folder that students get."""
        return ROOT / "exercises" / self.source.stem


@pytest.fixture(scope="session", params=SOLUTIONS, ids=lambda path: path.stem)
def unit(request) -> Unit:
    """Each unit's exercise in turn."""
    return Unit(request.param, *build_exercise(request.param))
