"""What `autograder judge` takes: a Python file with its neighbours, or a notebook; and what it refuses."""

import json

import nbformat
import pytest
from nbformat import v4
from typer.testing import CliRunner

from autograder.cli import app
from autograder.exam import to_judge
from course_lib.errors import CourseError
from tests.course_lib.test_cli import BOX_IOU

UNIT = "02_rcnn"


def cell(source, name=""):
    made = v4.new_code_cell(source)
    check = name.startswith("check")  # of the names in this file
    grading = {"grade_id": name, "grade": check, "locked": check, "solution": not check}
    made.metadata = {"nbgrader": grading} if name else {}
    return made


@pytest.fixture
def notebook(tmp_path):
    """A notebook with an own cell, a function and its check; a wrong version follows the check."""
    cells = [v4.new_markdown_cell("# Text"), cell("%matplotlib inline\nimport torch"), cell(BOX_IOU, "box_iou")]
    cells += [cell("check('box_iou', box_iou)", "check_box_iou"), cell("def box_iou(a, b):\n    return None")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "work.ipynb")
    return tmp_path / "work.ipynb"


def test_a_notebook_is_asked_at_its_checks(notebook):
    cells = to_judge.cells_in(notebook, ["box_iou", "nms"])
    assert [(each.role, each.name) for each in cells] == [
        ("run", ""),
        ("run", "box_iou"),
        ("check", "box_iou"),
        ("run", ""),
        ("check", "nms"),
    ]


def test_a_notebook_that_was_saved_as_python_is_one(notebook):
    renamed = notebook.rename(notebook.with_suffix(".py"))
    assert to_judge.cells_in(renamed, [])[2].role == "check"


def test_a_python_file_is_one_cell_and_brings_the_neighbours_that_it_imports(tmp_path):
    for name, text in {"answers": "import helper\n%time 1", "helper": "from other import x", "other": "x = 1"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    (tmp_path / "stranger.py").write_text("")
    assert [each.role for each in to_judge.cells_in(tmp_path / "helper.py", ["nms"])] == ["run", "check"]
    assert to_judge.neighbours(tmp_path / "helper.py") == {"other.py": b"x = 1"}
    (tmp_path / "answers.py").write_text("import helper, torch, answers")
    assert set(to_judge.neighbours(tmp_path / "answers.py")) == {"helper.py", "other.py"}


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.txt", "hello", "got: a text"),
        ("a.zip", b"PK\x03\x04", "got: a zip archive"),
        ("a", "x = 1", "got: a file"),
        ("a.py", "def f(:", r"invalid syntax.*\(line 1\)"),
        ("a.py", b"\xff\xfe\xff", "cannot be read"),
        ("a.ipynb", "{}", "not a Jupyter notebook"),
        ("a.ipynb", "no JSON", "not a Jupyter notebook"),
        ("missing.py", None, "There is no file"),
    ],
)
def test_what_is_neither_is_refused(tmp_path, name, content, told):
    if content is not None:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CourseError, match=told):
        to_judge.cells_in(tmp_path / name, [])
    done = CliRunner().invoke(app, ["judge", UNIT, str(tmp_path / name)])
    assert (done.exit_code, done.stdout) == (1, "")


def test_weights_beside_a_notebook_come_along(notebook):
    assert to_judge.weights_of(notebook, UNIT) is None
    weights = notebook.with_name(f"{UNIT}.safetensors")
    weights.touch()
    assert to_judge.weights_of(notebook, UNIT) == weights


@pytest.mark.sandbox
@pytest.mark.parametrize("kind", ["notebook", "file"])
def test_the_command_judges_both(notebook, kind):
    folder = notebook.parent
    (folder / "areas.py").write_text("def area(boxes):\n    return (boxes[:, 2:] - boxes[:, :2]).prod(-1)")
    answers = folder / "answers.py"
    answers.write_text("from areas import area\n" + BOX_IOU.replace("    area = lambda", "    unused = lambda"))
    done = CliRunner().invoke(app, ["judge", UNIT, str(notebook if kind == "notebook" else answers), "--json"])
    points = {found["name"]: found["points"] for found in map(json.loads, done.stdout.splitlines())}
    assert (done.exit_code, points["box_iou"], points["nms"]) == (0, 3.0, 0.0)
