"""The public repository: what is in it, what is not, and that it works where nothing else is."""

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder import misconceptions, reference
from autograder.bundle.address import address
from autograder.bundle.write import bundle
from autograder.errors import ReleaseError
from autograder.release import setup
from course_lib.errors import DataMissing
from course_lib.units import UNITS, find
from tools.build.check_bundle import findings

WHERE = address("https://github.com/owner/name", "course-1a2b3c")
TWO = (find("rcnn"), find("faces"))


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    """A bundle of all units."""
    target = tmp_path_factory.mktemp("public") / "name"
    bundle(root, target, WHERE, UNITS)
    return target


@pytest.fixture
def copy(folder, tmp_path):
    """One that a test may spoil."""
    return Path(shutil.copytree(folder, tmp_path / "name"))


def run(folder, *words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout + done.stderr


def test_each_unit_is_there_as_it_was_built_and_nothing_is_found_that_should_not_be(root, folder):
    """But for the cell that installs this very version."""
    for unit in UNITS:
        for file in (unit.lecture, unit.exercise):
            notebook = nbformat.read(folder / file, as_version=4)
            (cell,) = [cell for cell in notebook.cells if cell.id == setup.ID]
            assert f'COURSE = "{WHERE.package}"' in cell.source.splitlines()
            notebook.cells.remove(cell)
            assert nbformat.writes(notebook) + "\n" == (root / file).read_text(encoding="utf-8")
    assert findings(folder) == []


def test_the_readme_opens_every_notebook(folder):
    text = (folder / "README.md").read_text()
    for unit in UNITS:
        for file in (unit.lecture.as_posix(), unit.exercise.as_posix()):
            assert f"]({file})" in text
            assert f"]({WHERE.binder(file)})" in text
            assert f"]({WHERE.colab(file)})" in text
    assert "@" not in text.replace(WHERE.package, "")


def test_only_the_units_that_are_given_out(root, tmp_path):
    bundle(root, tmp_path / "name", WHERE, TWO)
    for kind in ("lectures/*.ipynb", "exercises/*/*.ipynb"):
        assert [path.stem for path in sorted((tmp_path / "name").glob(kind))] == [unit.id for unit in TWO]
    for page in ("README.md", "lectures/index.md"):
        rows = [line for line in (tmp_path / "name" / page).read_text().splitlines() if ".ipynb)" in line]
        assert [line[2:4] for line in rows] == ["02", "07"]


def test_a_second_release_leaves_nothing_of_the_first_but_its_history(root, tmp_path):
    bundle(root, tmp_path, WHERE, UNITS)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    bundle(root, tmp_path, WHERE, TWO)
    assert sorted(path.name for path in tmp_path.glob("exercises/*")) == [unit.id for unit in TWO]
    assert (tmp_path / ".git" / "HEAD").exists()


def test_a_folder_with_something_else_in_it_stays_as_it_is(root, tmp_path):
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(ReleaseError, match="holds something else"):
        bundle(root, tmp_path, WHERE, TWO)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_course_s_folder_without_lectures_says_what_is_missing(tmp_path):
    with pytest.raises(DataMissing, match="lectures/index.md"):
        bundle(tmp_path / "course", tmp_path / "name", WHERE, TWO)


def test_an_exercise_that_was_changed_is_not_given_out(root, tmp_path):
    course = tmp_path / "course"
    shutil.copytree(root, course, ignore=shutil.ignore_patterns(".*", "tests", "tools", "solutions", "weights"))
    path = course / TWO[0].exercise
    notebook = nbformat.read(str(path), as_version=4)
    notebook.cells[-1].source += "\nMine."
    nbformat.write(notebook, str(path))
    with pytest.raises(ReleaseError, match="cannot be given out"):
        bundle(course, tmp_path / "name", WHERE, TWO)
    assert not (tmp_path / "name").exists()


def solution_of(unit):
    """A function of the solution as a module of its own, under another name."""
    source = reference.source_of(unit).read_text()
    name = find(unit).functions[0]
    cell = next(part for part in source.split("# %%") if f"def {name}(" in part)
    body = cell.partition("\n")[2].replace("    ### BEGIN SOLUTION\n", "").replace("    ### END SOLUTION\n", "")
    return body.replace(name, "helper")


PLANTED = {
    "a solution under another name": (
        "course_lib/helper.py",
        solution_of("02_rcnn"),
        "is the solution of 02_rcnn box_iou",
    ),
    "a marker": ("notes.txt", "def f():\n    ### BEGIN SOLUTION\n    return 1", "a marker of a solution"),
    "an import of the grader": ("course_lib/helper.py", "from autograder.exam import papers", "imports autograder"),
    "a key": ("exercises/hidden.key", "1234", "is private"),
}


@pytest.mark.parametrize(("file", "text", "said"), PLANTED.values(), ids=PLANTED)
def test_what_was_left_behind_is_found(copy, file, text, said):
    (copy / file).write_text(text)
    assert any(said in finding for finding in findings(copy)), findings(copy)


def test_a_wrong_version_is_found_in_a_wheel(copy):
    unit = find("faces")
    wrong = max((misconceptions.source(each) for each in misconceptions.of(unit.id)), key=len)
    (copy / "dist").mkdir()
    with zipfile.ZipFile(copy / "dist" / "course.whl", "w") as wheel:
        wheel.writestr("course_lib/wrong.py", wrong)
    assert any("dist/course.whl/course_lib/wrong.py: a wrong version of 07_faces" in each for each in findings(copy))


def test_a_marking_scheme_is_found_in_a_notebook(copy):
    path = copy / find("rcnn").lecture
    notebook = json.loads(path.read_text())
    scheme = reference.source_of("02_rcnn").read_text().partition("### BEGIN MARK SCHEME\n")[2]
    notebook["cells"][0]["source"] += ["\n", scheme.partition("\n")[0].lstrip("# ")]
    path.write_text(json.dumps(notebook))
    assert any("a marking scheme of 02_rcnn" in finding for finding in findings(copy))


def test_what_graders_need_is_found(copy):
    text = (copy / "pyproject.toml").read_text()
    (copy / "pyproject.toml").write_text(text.replace("dependencies = [", 'dependencies = [\n    "nbgrader>=0.9",', 1))
    assert findings(copy) == ["nbgrader is for graders and tests"]


def test_pins_are_the_course_s_own(root, folder):
    pins = (folder / "requirements.txt").read_text().splitlines()
    assert {*pins} < {*(root / "requirements.txt").read_text().splitlines()}
    named = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    wanted = [*named["dependencies"], *named["optional-dependencies"]["lab"]]
    names = {pin.partition("==")[0] for pin in pins}
    assert {line.partition(">")[0] for line in wanted} <= names | {"lightning-fabric"}


@pytest.mark.long
@pytest.mark.release
def test_it_installs_and_passes_its_own_test_where_nothing_else_is(copy):
    """The wheel too holds nothing that it should not."""
    uv = str(Path(sys.executable).with_name("uv"))
    run(copy, uv, "venv", "--quiet", "--python", sys.executable, ".venv")
    python = str(copy / ".venv" / "bin" / "python")
    run(
        copy,
        uv,
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--requirement",
        "requirements.txt",
        "--editable",
        ".[lab]",
    )
    run(copy, uv, "pip", "check", "--python", python)
    assert "OK" in run(copy, python, "-m", "unittest")
    run(copy, uv, "build", "--quiet", "--wheel", "--out-dir", "dist")
    shutil.rmtree(copy / ".venv")
    assert findings(copy) == []
