"""nbgrader's Validate on whole exercises that are not trained: they hear the truth and are not trained.

That a trained one passes stands in tests/notebooks/test_running.py, where there are weights.
"""

import pytest

from course_lib import units
from course_lib.checks import run
from course_lib.errors import CheckFailed
from tests.helpers.budget import in_time
from tests.helpers.validation import perfect, validate

UNITS = [unit.id for unit in units.UNITS if unit.graded != unit.checks]  # where something is trained and asked
QUICK = 120.0  # processor seconds: imports, the checks, and what of the experiment needs no weights


@pytest.mark.notebook
@pytest.mark.parametrize("unit", UNITS)
def test_without_weights_a_perfect_notebook_hears_what_is_missing(unit, tmp_path):
    said, seconds = validate(perfect(unit, tmp_path))
    assert "VALIDATION FAILED ON 1 CELL(S)" in said
    assert "experiment: nothing is trained yet." in said
    assert "run the cell above that calls trained()" in said
    in_time(QUICK, seconds)
    assert list(tmp_path.glob("*.safetensors")) == []


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
