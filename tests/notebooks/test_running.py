"""Every notebook runs from top to bottom within the budget that its readers were promised, in processor seconds."""

import pytest

from course_lib.figures import read_figures
from tools import ROOT
from tools.figures.run_notebooks import run_notebook

LECTURE_SECONDS = 45
SOLUTION_SECONDS = 120
PEAK_BYTES = 1.5e9

pytestmark = pytest.mark.notebook


@pytest.fixture
def mini(tmp_path):
    """The variables of a first run: mini profile, empty cache."""
    return {"COURSE_PROFILE": "mini", "COURSE_CACHE": str(tmp_path / "cache")}


def within(run, seconds, record_property):
    """The run went through within its budget; what it took is kept in the test's report."""
    record_property("seconds", round(run.seconds, 1))
    record_property("processor_seconds", round(run.worked, 1))
    record_property("peak_mb", round(run.peak / 1e6))
    print(f"{run.seconds:.1f} s, {run.worked:.1f} s of a processor, {run.peak / 1e9:.2f} GB")
    assert run.failure is None, str(run.failure)
    assert run.worked <= seconds
    assert run.peak <= PEAK_BYTES


def test_lecture_runs_within_its_budget(lecture, mini, tmp_path, record_property):
    within(run_notebook(lecture, tmp_path, mini), LECTURE_SECONDS, record_property)


def test_solution_runs_within_its_budget_and_measures_what_the_docs_say(unit, mini, tmp_path, record_property):
    lines = tmp_path / "figures.jsonl"
    within(
        run_notebook(unit.solution, tmp_path, mini | {"COURSE_FIGURES": str(lines)}), SOLUTION_SECONDS, record_property
    )
    figures = read_figures(lines)
    documented = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    assert [figure.name for figure in figures if figure.name not in documented] == []
    assert [str(figure) for figure in figures if figure.met is False] == []


def test_the_exercise_as_released_stops_at_its_first_check_and_says_why(unit, mini, tmp_path):
    run = run_notebook(unit.exercise, tmp_path, mini)
    stopped = unit.exercise.cells[run.failure.index]
    first = next(cell for cell in unit.exercise.cells if cell.metadata.get("nbgrader", {}).get("grade"))
    assert stopped.metadata.nbgrader.grade_id == first.metadata.nbgrader.grade_id
    assert run.failure.name in ("CheckFailed", "NotImplementedError")
    assert "still to write" in run.failure.message or "your code here" in run.failure.message
    assert any(output.output_type != "error" for output in run.notebook.cells[run.failure.index].outputs)
