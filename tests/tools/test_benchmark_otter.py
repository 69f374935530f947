"""otter-grader as a peer: the same checks as stock nbgrader's, and the points that it gives for them."""

import json
import shutil
import zipfile

import nbformat
import pytest

from benchmarks import grading, otter
from benchmarks.grading import BenchmarkError
from benchmarks.otter import UNIT
from tools.samples import sample_class


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return grading.class_of(tmp_path_factory.mktemp("class"), 3, small=True)


def released(course):
    return nbformat.read(course / "exercises" / UNIT / f"{UNIT}.ipynb", as_version=4)


def test_each_released_check_is_a_test_with_its_own_call_and_points(course):
    found = otter.test_files(released(course))
    assert list(found) == ["check_box_iou", "check_nms"]
    assert "\npoints = 3\n" in found["check_box_iou"]
    assert 'def test_released(check, box_iou):\n    check("box_iou", box_iou)\n' in found["check_box_iou"]
    for text in found.values():
        compile(text, "test", "exec")


def test_of_a_submission_only_the_check_cells_are_marked(course):
    student = otter.students_of(course)[0]
    text = (course / "submitted" / student / UNIT / f"{UNIT}.ipynb").read_text()
    before, after = nbformat.reads(text, 4), otter.converted(nbformat.reads(text, 4))
    assert [cell.source for cell in after.cells] == [cell.source for cell in before.cells]
    marked = [cell.source for cell in after.cells if "otter_ignore" in cell.metadata.get("tags", ())]
    assert marked == ['check("box_iou", box_iou)', 'check("nms", nms)']


def test_the_configuration_is_made_by_otter_s_own_command(course, tmp_path):
    made = otter.assignment(course, tmp_path)
    with zipfile.ZipFile(made) as archive:
        assert {"tests/check_box_iou.py", "tests/check_nms.py"} <= {*archive.namelist()}


def test_without_a_configuration_it_says_what_otter_said(course, tmp_path, monkeypatch):
    monkeypatch.setattr(otter.sys, "executable", str(tmp_path / "python"))
    program = tmp_path / "otter"
    program.write_text("#!/bin/sh\necho no such test\n")
    program.chmod(0o755)
    with pytest.raises(BenchmarkError, match="no such test"):
        otter.assignment(course, tmp_path)


def test_points_are_those_of_the_checks(tmp_path):
    results = tmp_path / "results.json"
    assert otter.points_in(results) is None
    tests = [{"name": "Public Tests"}, {"name": "check_nms", "score": 4.0}, {"name": "check_box_iou", "score": 0.0}]
    results.write_text(json.dumps({"tests": tests}))
    assert otter.points_in(results) == 4
    results.write_text(json.dumps({"tests": [{"name": "Autograder Failed"}]}))
    assert otter.points_in(results) is None


@pytest.mark.long
@pytest.mark.release
def test_it_grades_as_the_public_checks_do(course):
    found = otter.run(course, ["abena", "beatriz"])
    assert {student: one.points for student, one in found.items()} == {"abena": 7, "beatriz": 3}
    assert all(one.seconds > 1 and one.memory > 1e8 for one in found.values())


@pytest.mark.long
@pytest.mark.release
def test_each_check_runs_once(course, tmp_path):
    submitted = tmp_path / UNIT
    shutil.copytree(course / "submitted" / "abena" / UNIT, submitted)
    path, calls = submitted / f"{UNIT}.ipynb", tmp_path / "calls"
    notebook = nbformat.read(path, as_version=4)
    imports = next(cell for cell in notebook.cells if cell.cell_type == "code")
    imports.source += f"""
def counted(name, function, check=check):
    with open({str(calls)!r}, "a") as file:
        file.write(name + "\\n")
    check(name, function)


check = counted"""
    nbformat.write(notebook, path)
    assert otter.graded(submitted, otter.assignment(course, tmp_path)).points == 7
    assert calls.read_text().split() == ["box_iou", "nms"]


def test_the_class_is_the_one_that_stock_nbgrader_grades(course):
    kinds = {
        sample.kind
        for sample in sample_class.samples(course, readable=True)
        if sample.student in otter.students_of(course)
    }
    assert len(kinds) == 3
