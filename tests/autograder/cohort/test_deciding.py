"""Whether an old result still holds: the digest holds all that decides a result, and nothing of another unit."""

import shutil

import grimp
import pytest

from autograder import reference
from autograder.cohort import tasks
from autograder.errors import GradingError
from course_lib import units

UNIT = "02_rcnn"
SHOWN = ("course_lib.explorers",)  # what a lecture shows decides nothing


@pytest.fixture
def course(tmp_path, root, monkeypatch):
    """A copy of what is ours, in which files can be changed."""
    for folder in ("course_lib", "autograder", "solutions"):
        shutil.copytree(root / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.ipynb"))
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "path",
    [
        "solutions/02_rcnn/02_rcnn.py",
        "autograder/exam/judge.py",
        "autograder/box/limits.py",
        "autograder/misconceptions/rcnn/__init__.py",
        "course_lib/checks/forbids.py",
        "course_lib/checks/expected/02_rcnn.npz",
        "course_lib/checks/rcnn/__init__.py",
        "course_lib/metrics.py",
        "course_lib/data/proposals.py",
    ],
)
def test_what_decides_a_result_changes_the_digest(course, path):
    before = tasks.version_of(UNIT)
    assert tasks.version_of(UNIT) == before
    with open(course / path, "ab") as file:
        file.write(b"\n")
    assert tasks.version_of(UNIT) != before


@pytest.mark.parametrize(
    "path",
    [
        "solutions/04_faster_rcnn/04_faster_rcnn.py",
        "course_lib/checks/faster_rcnn/__init__.py",
        "course_lib/checks/expected/04_faster_rcnn.npz",
        "course_lib/explorers/rcnn.py",
        "autograder/misconceptions/faster_rcnn/__init__.py",
        "autograder/report/page.py",
        "autograder/book/markup.py",
    ],
)
def test_what_decides_nothing_of_it_does_not(course, path):
    before = tasks.version_of(UNIT)
    with open(course / path, "ab") as file:
        file.write(b"\n")
    assert tasks.version_of(UNIT) == before


def test_a_pattern_that_matches_nothing_is_an_error(course, monkeypatch):
    monkeypatch.setattr(tasks, "DECIDING", (*tasks.DECIDING, "course_lib/judge/*.py"))
    with pytest.raises(GradingError, match=r"course_lib/judge/\*\.py"):
        tasks.version_of(UNIT)


@pytest.mark.parametrize("unit", [unit.id for unit in units.UNITS])
def test_all_that_the_exam_imports_is_in_the_digest(root, unit):
    """Only other units' modules are left out, and what lectures show."""
    graph = grimp.build_graph("course_lib", "autograder", cache_dir=None)
    name = unit.split("_", 1)[1]
    begun = {"autograder.exam.assess", "autograder.box.inside", "autograder.box.warm", f"course_lib.checks.{name}"}
    begun |= {module for module in graph.modules if module.startswith(f"autograder.misconceptions.{name}")}
    needed = begun.union(*map(graph.find_upstream_modules, begun)) - {"autograder", "autograder.errors"}
    others = {other.name for other in units.UNITS} - {name}
    needed = {each for each in needed if not others & {*each.split(".")} and not each.startswith(SHOWN)}
    files = {".".join(path.relative_to(root).with_suffix("").parts) for path in tasks.deciding(unit)}
    assert len(needed) > 40
    assert needed - {file.removesuffix(".__init__") for file in files} == set()
