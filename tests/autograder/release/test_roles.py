"""What a cell is there for is said by the release's metadata; the name of a graded function says nothing."""

import nbformat
import pytest
from nbformat import v4

from autograder.book import marking
from autograder.cohort.tasks import Tasks
from autograder.exam import assess, secret
from autograder.exam.results import Checked, Result
from autograder.release import roles

NAMES = ("experiment_mean", "experiment_1", "check_cycle", "check", "fit")
KEY = b"k" * 32


def cell(name, source="", **flags):
    return v4.new_code_cell(source, metadata={"nbgrader": {"grade_id": name, "schema_version": 3, **flags}})


def written(name):
    return cell(name, f"def {name}():\n    return 1", solution=True, locked=False, grade=False)


def check_of(name, points=2):
    return cell(f"check_{name}", f"check({name!r}, {name})", grade=True, locked=True, solution=False, points=points)


@pytest.mark.parametrize("name", NAMES)
def test_a_graded_function_is_run_and_asked_whatever_it_is_called(name):
    notebook = v4.new_notebook(cells=[written(name), check_of(name)])
    function, check = assess.cells_of(notebook)
    assert (function.role, function.name) == ("run", name)
    assert (check.role, check.name) == ("check", name)
    assert assess.cells_before(notebook) == {name: [function.source]}
    assert {*secret.seeds_of("00_u", "ada", notebook, None, KEY)} == {name}


@pytest.mark.parametrize("name", NAMES)
def test_its_check_alone_has_points(tmp_path, name):
    notebook = v4.new_notebook(cells=[written(name), check_of(name)])
    folder = tmp_path / "ada" / "00_u"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "00_u.ipynb")
    result = Tasks("00_u", tmp_path, "none", KEY, "").nothing("ada", "its worker died")
    assert [(checked.name, checked.of) for checked in result.checks] == [(name, 2.0)]
    said = marking.write_result(notebook, Result("00_u", "ada", "none", (Checked(name, 1.0, 2.0, comment="half"),)))
    assert said == {name: "half"}
    assert [bool(cell.outputs) for cell in notebook.cells] == [False, True]


def test_what_is_given_says_its_role_by_the_name_that_the_build_gave_it():
    locked = [cell(name, locked=True) for name in ("given_1", "fit", "experiment_1", "experiment_12")]
    assert [roles.role(each) for each in locked] == ["run", "fit", "skip", "skip"]
    own = v4.new_code_cell("x = 1")
    assert (roles.role(own), roles.checked(own)) == ("run", "")


def test_a_written_question_is_no_check():
    question = v4.new_markdown_cell("Why?", metadata={"nbgrader": {"grade_id": "written_1", "task": True, "points": 4}})
    assert roles.checked(question) == ""
