"""The cut-down course on which graders are tried."""

import nbformat
import pytest

from autograder.release.roles import grade_id
from tools import ROOT
from tools.build.cells import BuildError
from tools.samples.small_course import UNIT, make_course, shortened

SOURCE = ROOT / "solutions" / UNIT / f"{UNIT}.py"


def names(notebook):
    return [name for cell in notebook.cells if (name := grade_id(cell))]


@pytest.mark.parametrize(("written", "more"), [(False, []), (True, ["written_1"])])
def test_the_exercise_holds_the_functions_and_nothing_of_the_experiment(tmp_path, written, more):
    course = make_course(tmp_path / "course", written=written)
    exercise, solution = (
        nbformat.read(course / kind / UNIT / f"{UNIT}.ipynb", as_version=4) for kind in ("exercises", "solutions")
    )
    assert names(exercise) == ["given_1", "box_iou", "check_box_iou", "nms", "check_nms", *more]
    assert names(solution) == names(exercise)
    assert exercise.metadata.course == solution.metadata.course
    assert "NotImplementedError" in next(c.source for c in exercise.cells if grade_id(c) == "nms")
    assert (course / "nbgrader_config.py").read_text() == (ROOT / "nbgrader_config.py").read_text()


def test_an_unknown_function_is_named():
    with pytest.raises(BuildError, match="got: nonsense"):
        shortened(SOURCE, ("box_iou", "nonsense"))
