"""nbgrader's Validate, as its button runs it, on an exercise with right functions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.release.roles import is_solution
from tools import ROOT
from tools.build.notebooks import as_text, build_exercise


def perfect(unit: str, folder: Path) -> Path:
    """The exercise of a unit with right functions, in a folder with the course's configuration."""
    solution, exercise = build_exercise(ROOT / "solutions" / unit / f"{unit}.py")
    for cell, right in zip(exercise.cells, solution.cells, strict=True):
        if is_solution(cell):
            cell.source = right.source
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    path = folder / f"{unit}.ipynb"
    path.write_text(as_text(exercise), encoding="utf-8")
    return path


def validate(path: Path) -> tuple[str, float]:
    """What `nbgrader validate` says about a notebook, and the processor seconds that it took."""
    before = worked()
    words = [sys.executable, "-m", "nbgrader", "validate", path.name]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}
    done = subprocess.run(words, cwd=path.parent, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr, worked() - before


def worked() -> float:
    """Processor seconds of the processes that this one has started and that have ended."""
    used = os.times()
    return used.children_user + used.children_system
