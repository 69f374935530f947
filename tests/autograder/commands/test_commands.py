"""What an instructor reads after grading: feedback, report, similar, doctor."""

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from autograder.cli import app
from autograder.commands import doctor
from tools.samples.small_course import UNIT, make_course

pytestmark = [pytest.mark.long, pytest.mark.sandbox]
NOTHING = "def nms(boxes, scores, threshold):\n    return scores.argsort(descending=True)"
BIN = Path(sys.executable).parent


def hand_in(course, student, notebook):
    folder = course / "submitted" / student / UNIT
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{UNIT}.ipynb")


def read(course, kind):
    return nbformat.read(course / kind / UNIT / f"{UNIT}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Four submissions, graded: ada's right, bob's as released, max's wrong and with prints, zoe's copied from ada."""
    course = make_course(tmp_path_factory.mktemp("commands") / "course", written=True)
    right = read(course, "solutions")
    right.cells = [cell for cell in right.cells if "MARK SCHEME" not in cell.source]
    wrong = copy.deepcopy(right)
    next(c for c in wrong.cells if c.source.startswith("def nms")).source = NOTHING
    wrong.cells.append(nbformat.v4.new_code_cell("print('my own words')"))
    for notebook in (right, wrong):
        next(cell for cell in notebook.cells if "Write your answer" in cell.source).source = "Because of the scale."
    for student, notebook in (("ada", right), ("bob", read(course, "exercises")), ("max", wrong), ("zoe", right)):
        hand_in(course, student, notebook)
    subprocess.run([BIN / "autograder", "grade", UNIT, "--workers", "1"], cwd=course, check=True, capture_output=True)
    return course


@pytest.fixture
def call(course, monkeypatch):
    """Runs `autograder …` in the course's folder: `call("report", UNIT)`."""

    def run(*words, folder=course):
        monkeypatch.chdir(folder)
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])

    return run


def page_of(course, student):
    return (course / "feedback" / student / UNIT / f"{UNIT}.html").read_text()


def test_feedback_writes_a_page_for_each_student(call, course):
    done = call("feedback", UNIT)
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [f"{s}: feedback/{s}/{UNIT}/{UNIT}.html" for s in ("ada", "bob", "max", "zoe")]
    assert "3 of the class wait for a human" in done.stderr
    page = page_of(course, "max")
    for words in ("Nothing is suppressed.", "my own words", "3 of 3 points", "two boxes on one object", ">nms</a>"):
        assert words in page
    assert 'http-equiv="Content-Security-Policy"' in page
    for hidden in ("MARK SCHEME", "Smallest counterexample", "other inputs of the same kinds"):
        assert hidden not in page


def test_a_page_that_cannot_be_written_is_one_line_and_the_others_are_written(call, course):
    graded = course / "autograded" / "bob" / UNIT / f"{UNIT}.ipynb"
    whole = graded.read_text()
    graded.chmod(0o644)
    graded.write_text(whole[:1000])
    done = call("feedback", UNIT)
    graded.write_text(whole)
    assert done.exit_code == 1
    assert len(done.stdout.splitlines()) == 3
    assert "bob: not written: " in done.stderr
    assert "No feedback page for bob." in done.stderr
    assert "Traceback" not in done.stderr
    assert call("feedback", UNIT, "--student", "bob").exit_code == 0
    assert "nms: still to write." in page_of(course, "bob")


def test_report_shows_the_class(call, tmp_path):
    done = call("report", UNIT, "--html", tmp_path / "report.html")
    assert done.exit_code == 0
    assert "4 submissions" in done.stdout
    assert "3 submissions with 12 points waiting for a human" in done.stdout
    assert "max" not in done.stdout.split("Checks")[0]
    assert "max" in call("report", UNIT, "--names").stdout.split("Checks")[0]
    for words in ("Nothing is suppressed.", "still to write 1", "written_1", "Slowest cells"):
        assert words in done.stdout
    assert "Nothing is suppressed." in (tmp_path / "report.html").read_text()


def test_report_as_json(call):
    found = json.loads(call("report", UNIT, "--json").stdout)
    assert [row["student"] for row in found["rows"]] == ["ada", "bob", "max", "zoe"]
    assert [row["points"] for row in found["rows"]][:2] == [7, 0]
    nms = next(check for check in found["checks"] if check["name"] == "nms")
    assert (nms["passed"], nms["partly"] + nms["none"], nms["of"]) == (2, 2, 4)
    assert found["examined"] == 4
    assert found["unboxed"] == []


def test_report_leaves_out_what_cannot_be_read(call, course, tmp_path):
    kept = course / ".grading" / UNIT / "ada.json"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:50])
    done = call("report", UNIT)
    kept.write_bytes(whole)
    assert done.exit_code == 0
    assert "ada.json is left out" in done.stderr
    assert "1 result not in the journal" in done.stdout
    assert call("report", UNIT, "--html", tmp_path / "none" / "x.html").exit_code == 1


def test_similar_names_the_copied_cells(call, course):
    (pair,) = [json.loads(line) for line in call("similar", UNIT, "--threshold", 0.95, "--json").stdout.splitlines()]
    assert pair["students"] == ["ada", "zoe"]
    assert pair["shares"] == [1.0, 1.0]
    assert pair["cells"] == [["box_iou", "nms"]] * 2
    done = call("similar", UNIT, "--threshold", 0.95, "--html", course / "similar.html")
    assert "box_iou, nms" in done.stdout
    assert "1 pair shares at least 95 % of one's code, in 1 group" in done.stdout
    assert "Group 1: ada, zoe" in (course / "similar.html").read_text()
    odd = course / "submitted" / "<b>" / UNIT
    shutil.copytree(course / "submitted" / "max" / UNIT, odd)
    done = call("similar", UNIT)
    shutil.rmtree(odd.parent)
    assert done.exit_code == 1
    assert "'<b>'" in done.stderr


def test_doctor_finds_everything_in_order(call):
    done = call("doctor")
    assert done.exit_code == 0, done.stdout
    assert "NOT OK" not in done.stdout
    for what in (
        "bubblewrap: ",
        "first cell in a box: ",
        "gradebook: answers",
        "key: autograder.key has mode 600",
        "GB",
    ):
        assert what in done.stdout


@pytest.fixture
def quick(monkeypatch):
    """A sandbox that is in order without being tried."""
    monkeypatch.setattr("autograder.box.sandbox.diagnose", lambda: [("sandbox", True, "there")])


def test_doctor_says_what_to_do(call, course, quick, monkeypatch):
    (course / "autograder.key").chmod(0o644)
    monkeypatch.setattr(doctor, "ROOM", 2**80)
    found = shutil.which
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None if name == "bwrap" else found(name))
    done = call("doctor")
    (course / "autograder.key").chmod(0o600)
    assert done.exit_code == 1
    lines = [line for line in done.stdout.splitlines() if line.startswith("NOT OK")]
    assert [line.split(": ")[0].removeprefix("NOT OK  ") for line in lines] == ["bubblewrap", "disk", "key"]
    assert "try: sudo apt-get install bubblewrap" in lines[0]
    assert f"try: chmod 600 {course / 'autograder.key'}" in lines[2]


def test_doctor_knows_that_the_key_is_gone(call, course, quick):
    kept = (course / "autograder.key").rename(course / "kept")
    done = call("doctor")
    kept.rename(course / "autograder.key")
    assert f"NOT OK  key: The key {course / 'autograder.key'} is gone, and work was graded with it." in done.stdout
    assert "--new-key" in done.stdout


def test_doctor_names_what_others_can_read(call, course, quick):
    (course / "autograded").chmod(0o755)
    (course / "gradebook.db").chmod(0o644)
    done = call("doctor")
    (course / "autograded").chmod(0o700)
    (course / "gradebook.db").chmod(0o600)
    assert "NOT OK  privacy: others can read autograded, gradebook.db; try: chmod -R go-rwx " in done.stdout
    assert "ok      privacy: nobody else" in call("doctor").stdout


def test_doctor_names_another_checkout(call, course, quick, tmp_path, monkeypatch):
    other = tmp_path / "other"
    (other / "course_lib").mkdir(parents=True)
    (other / "course_lib" / "__init__.py").touch()
    shutil.copy(course / "nbgrader_config.py", other)
    done = call("doctor", folder=other)
    line = next(line for line in done.stdout.splitlines() if "checkout: " in line)
    assert line.startswith("NOT OK")
    assert f"this folder: {other}" in line
    assert f"try: `python -m pip install --no-deps --editable {other}`" in line


def test_doctor_says_when_student_code_finds_no_course_lib(call, course, quick, tmp_path, monkeypatch):
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # no packages, as an environment without us
    bare.chmod(0o755)
    monkeypatch.setattr(doctor.sys, "executable", str(bare))
    line = next(line for line in call("doctor").stdout.splitlines() if "checkout: " in line)
    assert line.startswith("NOT OK")
    assert "student code's course_lib: ModuleNotFoundError: No module named 'course_lib'" in line


def test_doctor_names_a_gradebook_that_is_none(call, quick, tmp_path):
    (tmp_path / "other.db").write_text("this is no database, but a text that is long enough to be read as one")
    done = call("doctor", "--database", f"sqlite:///{tmp_path / 'other.db'}")
    assert done.exit_code == 1
    assert "NOT OK  gradebook: " in done.stdout
    assert "will be made" in call("doctor", "--database", f"sqlite:///{tmp_path / 'new.db'}").stdout
    assert not (tmp_path / "new.db").exists()


def test_doctor_outside_a_course(call, quick, tmp_path):
    done = call("doctor", folder=tmp_path)
    assert done.exit_code == 1
    assert "NOT OK  course: No course here." in done.stdout


@pytest.mark.parametrize("command", ["feedback", "report", "similar"])
def test_what_is_not_there_is_one_readable_message(call, command, tmp_path_factory):
    done = call(command, "77_none")
    assert done.exit_code == 1
    assert done.stderr.startswith("There is no unit '77_none'.")
    empty = make_course(tmp_path_factory.mktemp("empty") / "course")
    done = call(command, UNIT, folder=empty)
    assert done.exit_code == 1
    assert done.stderr.startswith("Nothing ")
    assert "Traceback" not in done.stderr
    assert not (empty / "gradebook.db").exists()


@pytest.mark.parametrize("command", ["build", "grade", "feedback", "report", "similar", "judge"])
@pytest.mark.parametrize("given", ["./02_rcn", "exercises", "submitted/ada", "77_rcnn", "*"])
def test_a_unit_that_is_none_is_refused_before_anything_is_written(call, command, given, tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    shutil.copy(Path(__file__).parents[3] / "nbgrader_config.py", course)
    done = call(command, given, *["answers.py"] * (command == "judge"), folder=course)
    assert done.exit_code == 1
    assert done.stderr.lstrip().startswith(f"There is no unit {given!r}.\n  expected: one of 00_cnn_recap, ")
    assert [path.name for path in course.iterdir()] == ["nbgrader_config.py"]


@pytest.mark.parametrize("given", [f"./{UNIT}", f"exercises/{UNIT}/", f"{UNIT}.ipynb", "2", "RCNN"])
def test_a_unit_may_be_written_as_a_path_or_a_number(call, course, given):
    assert call("feedback", UNIT).exit_code == 0  # its pages are there, whichever test ran before
    before = sorted(course.rglob("*"))
    for command in ("report", "similar", "feedback", "grade"):
        done = call(command, given)
        assert done.exit_code == 0, done.stderr
    assert "0 to grade" in done.stderr
    assert sorted(course.rglob("*")) == before


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "utf-8"])
def test_a_file_is_judged_as_python_reads_it(call, course, tmp_path, encoding):
    right = next(cell.source for cell in read(course, "solutions").cells if cell.source.startswith("def box_iou"))
    cookie = "# -*- coding: latin-1 -*-" if encoding == "latin-1" else "# für alle"
    text = f"{cookie}\nimport torch\nfrom jaxtyping import Float\nfrom torch import Tensor\n\nNAME = 'Zoë'\n{right}"
    (tmp_path / "answers.py").write_bytes(text.encode(encoding))
    done = call("judge", UNIT, tmp_path / "answers.py", "--json")
    assert done.exit_code == 0, done.stderr
    judged = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert judged["box_iou"]["points"] == judged["box_iou"]["max"]


NOSY = """
import os, torch
from jaxtyping import Float
from torch import Tensor

def box_iou(boxes1, boxes2):
    found = os.path.exists({secret!r})
    try:
        open({written!r}, "w").write("here")
    except OSError:
        pass
    areas = (boxes1[:, 2:] - boxes1[:, :2]).prod(1)[:, None], (boxes2[:, 2:] - boxes2[:, :2]).prod(1)[None]
    corner1 = torch.maximum(boxes1[:, None, :2], boxes2[None, :, :2])
    corner2 = torch.minimum(boxes1[:, None, 2:], boxes2[None, :, 2:])
    shared = (corner2 - corner1).clamp(min=0).prod(2)
    iou = shared / (areas[0] + areas[1] - shared).clamp(min=1e-9)
    return iou if found is {found} else iou + 1
"""


@pytest.mark.parametrize(("words", "found", "told"), [((), False, ""), (("--sandbox", "none"), True, "your rights")])
def test_a_file_is_judged_in_the_sandbox_unless_told_otherwise(call, course, tmp_path, words, found, told):
    secret, written = str(course / "autograder.key"), str(tmp_path / "written")
    (tmp_path / "answers.py").write_text(NOSY.format(secret=secret, written=written, found=found))
    done = call("judge", UNIT, tmp_path / "answers.py", "--json", *words)
    judged = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert judged["box_iou"]["points"] == judged["box_iou"]["max"], "the file sees what was expected"
    assert Path(written).exists() is found
    assert told in done.stderr
    assert bool(done.stderr) is bool(told)


def test_a_file_that_python_cannot_read_is_refused(call, tmp_path):
    (tmp_path / "answers.py").write_bytes("x = 'ä'".encode("utf-16"))
    done = call("judge", UNIT, tmp_path / "answers.py")
    assert done.exit_code == 1
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr
