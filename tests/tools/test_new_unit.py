"""`make unit`: a throw-away unit, from no file at all to a graded notebook, in a copy of the project."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from course_lib import units
from course_lib.errors import CourseError
from tools.unit.lay import lay_down, new

pytestmark = pytest.mark.long
LAST = units.UNITS[-1]
UNIT = f"{LAST.number + 1:02d}_throw_away"


@pytest.fixture(scope="module")
def course(root, tmp_path_factory):
    """A copy of the project with its own Python, whose course is the copy, and the new unit."""
    folder = tmp_path_factory.mktemp("project")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, folder / name)
    venv.create(folder / ".venv", symlinks=True)
    [packages] = folder.glob(".venv/lib/python*/site-packages")
    (packages / "course.pth").write_text(f"{folder}\n{sysconfig.get_paths()['purelib']}\n")
    run(folder, "make", "unit", "NAME=throw_away", "TITLE=Thrown away", "READY=")
    return folder


def run(folder, *words) -> str:
    """What a command prints in the copy."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def judged(folder, notebook) -> list[dict]:
    """The judge's word on a notebook of the copy. No box: it would hold the installed course."""
    code = "from autograder.cli import main; main()"
    words = [".venv/bin/python", "-c", code, "judge", UNIT, notebook, "--sandbox", "none", "--json"]
    return [json.loads(line) for line in run(folder, *words).splitlines()]


def test_its_solution_earns_all_points_and_the_exercise_none(course):
    [right], [empty] = (judged(course, f"{kind}/{UNIT}/{UNIT}.ipynb") for kind in ("solutions", "exercises"))
    assert (right["name"], right["points"], right["max"]) == ("standardize", 3, 3)
    assert (empty["points"], empty["max"]) == (0, 3)


@pytest.mark.release
def test_its_own_tests_are_green_and_so_are_those_of_all_units(course):
    listed = "tests/course_lib/checks/test_units.py"
    files = [f"tests/units/{UNIT}", listed, "tests/units/test_answers.py", "tests/units/test_relatives.py"]
    chosen = "throw_away or list or contract or table or words"
    run(course, ".venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *files, "-k", chosen)


def test_its_files_keep_the_style_and_the_contracts(course):
    here = Path(sys.executable).parent
    run(course, here / "ruff", "check", ".")
    run(course, here / "ruff", "format", "--check", ".")
    contracts = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(cache_dir=None))"
    assert "0 broken" in run(course, ".venv/bin/python", "-c", contracts)


@pytest.mark.parametrize("name", ["", "Rcnn", "5th", "a-b", "a_", "../x", LAST.name])
def test_a_name_that_cannot_be_used_leaves_everything_as_it_was(name, tmp_path):
    with pytest.raises(CourseError):
        list(lay_down(name, root=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_unit_comes_after_the_last_one_and_is_called_by_its_name():
    assert (new("mask_rcnn").number, new("mask_rcnn").title) == (LAST.number + 1, "Mask rcnn")
    assert new("mask_rcnn", "Mask R-CNN").title == "Mask R-CNN"
