"""Every solution runs from top to bottom within the budget that students were promised; lectures run in the browser."""

import shutil
from functools import cache

import pytest

from course_lib.figures import read_figures
from tests.helpers.budget import within
from tests.helpers.validation import perfect, validate
from tools import ROOT
from tools.budgets import SOLUTION_SECONDS
from tools.build.notebooks import build_exercise
from tools.figures.run_notebooks import run_notebook

RCNN = [ROOT / "solutions" / "02_rcnn" / "02_rcnn.py"]

pytestmark = pytest.mark.notebook


def first_run(folder):
    """The variables of a first run: mini profile, empty cache."""
    return {"COURSE_PROFILE": "mini", "COURSE_CACHE": str(folder / "cache")}


@pytest.fixture
def mini(tmp_path):
    """The same in the test's own folder."""
    return first_run(tmp_path)


@pytest.fixture(scope="session")
def solved(tmp_path_factory):
    """Runs a unit's solution, once for all tests: its run, and the folder that holds its figures and weights."""

    @cache
    def run(unit):
        folder = tmp_path_factory.mktemp(unit)
        solution, _ = build_exercise(ROOT / "solutions" / unit / f"{unit}.py")
        variables = first_run(folder) | {"COURSE_FIGURES": str(folder / "figures.jsonl")}
        return run_notebook(solution, folder, variables), folder

    return run


def test_solution_runs_within_its_budget_and_measures_what_the_docs_say(unit, solved, record_property):
    run, folder = solved(unit.source.stem)
    assert run.failure is None, str(run.failure)
    within(SOLUTION_SECONDS, run.worked, run.peak, record_property)
    figures = read_figures(folder / "figures.jsonl")
    documented = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert [figure.name for figure in figures if figure.name not in documented] == []
    missed = [f"| {figure.name} | {figure.wanted} |" for figure in figures if figure.met is False]
    admitted = [line for line in documented.splitlines() if "**not met**" in line]
    assert [figure for figure in missed if not any(figure in line for line in admitted)] == []


@pytest.mark.parametrize("unit", RCNN, indirect=True, ids=lambda path: path.stem)  # beside the test that trains it
def test_with_what_the_solution_has_learned_a_perfect_notebook_is_valid(unit, solved, tmp_path):
    name = unit.source.stem
    _, folder = solved(name)
    shutil.copy(folder / f"{name}.safetensors", tmp_path)
    assert "Success! Your notebook passes all the tests." in validate(perfect(name, tmp_path))[0]


def test_the_exercise_as_released_stops_at_its_first_check_and_says_why(unit, mini, tmp_path):
    run = run_notebook(unit.exercise, tmp_path, mini)
    stopped = unit.exercise.cells[run.failure.index]
    first = next(cell for cell in unit.exercise.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    assert stopped.metadata.nbgrader.grade_id == first.metadata.nbgrader.grade_id
    assert run.failure.name in ("CheckFailed", "NotImplementedError")
    assert "still to write" in run.failure.message or "your code here" in run.failure.message
    assert any(output.output_type != "error" for output in run.notebook.cells[run.failure.index].outputs)
