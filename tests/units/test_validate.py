"""nbgrader's Validate on whole exercises: a perfect one passes, an untrained one hears the truth and is not trained."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import reference
from autograder.release.roles import is_solution
from course_lib import units
from course_lib.checks import run
from course_lib.errors import CheckFailed
from tools import ROOT
from tools.build.notebooks import as_text, build_exercise

UNITS = [unit.id for unit in units.UNITS]
QUICK = 120.0  # processor seconds: imports, the checks, and what of the experiment needs no weights


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
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.notebook
@pytest.mark.parametrize("unit", UNITS)
def test_without_weights_a_perfect_notebook_hears_what_is_missing(unit, tmp_path):
    said, seconds = validate(perfect(unit, tmp_path))
    assert "VALIDATION FAILED ON 1 CELL(S)" in said
    assert "experiment: nothing is trained yet." in said
    assert "run the cell above that calls trained()" in said
    assert seconds < QUICK
    assert list(tmp_path.glob("*.safetensors")) == []


@pytest.mark.notebook
def test_with_weights_a_perfect_notebook_passes(tmp_path, monkeypatch):
    from safetensors.torch import save_file

    unit = "02_rcnn"
    monkeypatch.chdir(tmp_path)  # where the training keeps how far it has come
    path = perfect(unit, tmp_path)
    learned = reference.load(unit)["fit"]()
    save_file({name: value.contiguous() for name, value in learned.items()}, tmp_path / f"{unit}.safetensors")
    assert "Success! Your notebook passes all the tests." in validate(path)[0]


def notebook_of(source: str) -> dict:
    """The names of a notebook in which one cell has run."""
    names = {}
    exec(source, names)
    return names


def test_the_check_of_the_experiment_says_that_nothing_is_trained():
    check = run.public("02_rcnn", (reference_check(),))
    names = notebook_of("def fit():\n    pass\n\n\ndef predict(images):\n    return weights")
    with pytest.raises(CheckFailed, match=r"experiment: nothing is trained yet\.\n  try: run the cell above"):
        check("experiment", names["predict"])
    names["weights"] = []
    with pytest.raises(CheckFailed, match="cases pass"):
        check("experiment", names["predict"])


def reference_check():
    """The experiment's check of unit 02."""
    from autograder.exam.papers import checks_of

    return next(check for check in checks_of("02_rcnn") if check.name == "experiment")
