"""Grades and feedback go back to Moodle and Canvas as they take them."""

import csv
import re
import stat
import zipfile

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.exportapp import ExportApp
from nbgrader.coursedir import CourseDirectory
from typer.testing import CliRunner

from autograder.book.gradebook import quiet
from autograder.cli import app
from autograder.commands.common import open_course
from autograder.handin import memory
from autograder.handin.memory import Sender
from tests.helpers.classes import canned, grade
from tools.samples.small_course import UNIT

NAMES = {"ada": ("Ada", "Zimmer"), "bob": ("=HYPERLINK(1)", "+Bo"), "cy": ("小龙", "李"), "eve": ("Eve", "adams")}


@pytest.fixture
def desk(course, monkeypatch):
    """Runs `autograder …` where three are graded, cy's answer waits for a human, and eve handed in nothing."""
    canned(monkeypatch)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student, (first, last) in NAMES.items():
            quiet(book.update_or_create_student)(student, first_name=first, last_name=last, email=f"{student}@x.org")
    grade()
    mark(course, "ada", "bob")
    memory.remember(UNIT, course, "moodle", {"ada": Sender("Ada Zimmer_11_assignsubmission_file/", "11")})
    memory.remember(UNIT, course, "moodle", {"cy": Sender("X_12_assignsubmission_file_", "12", "Teilnehmer/in12")})
    memory.remember(UNIT, course, "canvas", {"ada": Sender("zimmerada_LATE_9001_71_", "9001")})
    return lambda *words: CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(word) for word in words])


def mark(course, *students):
    """Give the written answer of some students 2 points by hand, and leave cy's open."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student in ("ada", "bob", "cy"):
            row = book.find_grade("written_1", UNIT, UNIT, student)
            row.needs_manual_grade, row.auto_score = student not in students, None
            row.manual_score = 2.0 if student in students else None
        book.db.commit()


def table(path):
    return list(csv.reader(path.read_text(encoding="utf-8").splitlines()))


def test_moodle_s_worksheet(desk, course):
    done = desk("export", UNIT, "--for", "moodle")
    assert done.exit_code == 0, done.output
    assert "2 of 4 students have a grade" in done.stdout
    path = course / f"grades_{UNIT}_moodle.csv"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head, *rows = table(path)
    assert head == [
        *("Identifier", "Full name", "Student id", "Email address", "Grade"),
        *("Maximum grade", "Last modified (grade)"),
    ]
    assert rows == [
        ["", "'=HYPERLINK(1) +Bo", "bob", "bob@x.org", "6.5", "11", "-"],
        ["", "Eve adams", "eve", "eve@x.org", "", "11", "-"],
        ["Participant 11", "Ada Zimmer", "ada", "ada@x.org", "6.5", "11", "-"],
        ["Teilnehmer/in12", "小龙 李", "cy", "cy@x.org", "", "11", "-"],
    ]


def test_canvas_grade_book(desk, course):
    done = desk("export", UNIT, "--for", "canvas", "--heading", "Exercise 2 (4711)", "--to", course / "c.csv")
    assert done.exit_code == 0, done.output
    assert table(course / "c.csv") == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Exercise 2 (4711)"],
        ["    Points Possible", "", "", "", "", "11"],
        ["'+Bo, =HYPERLINK(1)", "", "", "bob", "", "6.5"],
        ["adams, Eve", "", "", "eve", "", ""],
        ["Zimmer, Ada", "9001", "", "ada", "", "6.5"],
        ["李, 小龙", "", "", "cy", "", ""],
    ]
    assert "--heading names it" in desk("export", UNIT, "--for", "canvas").stderr


@pytest.mark.parametrize(("kind", "rows"), [("Moodle", 4), ("Canvas", 5)])
def test_nbgrader_export_takes_them_as_exporters(desk, course, kind, rows):
    config = open_course()[1]
    export = ExportApp(config=config)
    export.initialize([f"--exporter=autograder.handin.exports.{kind}", "--to", str(course / "out.csv")])
    export.coursedir = CourseDirectory(config=config)
    quiet(export.start)()
    assert len(table(course / "out.csv")) == rows + 1


def test_a_unit_that_is_not_in_the_gradebook_is_named(desk):
    done = desk("export", "03_fast_rcnn", "--for", "moodle")
    assert (done.exit_code, "no such unit in the gradebook" in done.stderr) == (1, True)


def test_nbgrader_s_own_table_is_sorted_and_leaves_empty_what_is_not_known(desk, course):
    config = open_course()[1]
    export = ExportApp(config=config)
    export.coursedir = CourseDirectory(config=config)
    quiet(export.start)()
    rows = list(csv.DictReader((course / "grades.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["student_id"] for row in rows] == ["bob", "eve", "ada", "cy"]
    shown = {row["student_id"]: (row["raw_score"], row["score"], row["open"]) for row in rows}
    assert shown == {
        "ada": ("6.5", "6.5", "0.0"),
        "bob": ("6.5", "6.5", "0.0"),
        "cy": ("4.5", "", "4.0"),
        "eve": ("",) * 3,
    }


def test_lateness_is_taken_off(desk, course):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for student, penalty in (("ada", 2.0), ("bob", 99.0)):
            book.find_submission_notebook(UNIT, UNIT, student).late_submission_penalty = penalty
        book.db.commit()
    desk("export", UNIT, "--for", "moodle")
    grades = {row[2]: row[4] for row in table(course / f"grades_{UNIT}_moodle.csv")[1:]}
    assert grades == {"ada": "4.5", "bob": "0", "cy": "", "eve": ""}


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        (
            "moodle",
            [f"Ada Zimmer_11_assignsubmission_file/{UNIT}.html", f"X_12_assignsubmission_file_{UNIT}.html"],
        ),
        ("canvas", [f"zimmerada_LATE_9001_71_{UNIT}.html"]),
    ],
)
def test_feedback_goes_back_under_the_names_it_came_by(desk, course, platform, names):
    done = desk("feedback", UNIT, "--zip", platform)
    assert done.exit_code == 0, done.output
    path = course / f"feedback_{UNIT}_{platform}.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == names
        assert archive.read(names[0]) == (course / "feedback" / "ada" / UNIT / f"{UNIT}.html").read_bytes()
    assert f"{len(names)} pages in {path.name}" in done.stdout
    left = "bob" if platform == "moodle" else "bob, cy"
    assert f"not in it, because their work came another way: {left}" in done.stderr


def participant_of(path):
    """Whose file this is to Moodle, and under which name it is kept: its is_valid_filename_for_import, retold."""
    parts = path.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) >= 4 and info[1].isdigit() and info[2:4] == ["assignsubmission", "file"]:
            return info[1], "/".join([*info[4:], *parts])
    return None


def user_and_file_of(path):
    """Whose file this is to Canvas, and which of theirs it answers: its infer_comment_context_from_filename, retold."""
    return tuple([part for part in path.rpartition("/")[2].split("_") if re.fullmatch(r"\d+", part)][:2])


def test_the_platforms_find_whose_each_page_is(desk, course):
    for platform in ("moodle", "canvas"):
        desk("feedback", UNIT, "--zip", platform)
    with zipfile.ZipFile(course / f"feedback_{UNIT}_moodle.zip") as archive:
        found = [participant_of(name) for name in archive.namelist()]
    assert found == [("11", f"{UNIT}.html"), ("12", f"{UNIT}.html")]
    with zipfile.ZipFile(course / f"feedback_{UNIT}_canvas.zip") as archive:
        assert [user_and_file_of(name) for name in archive.namelist()] == [("9001", "71")]


def test_where_nothing_was_collected_there_is_no_zip_file(desk, course):
    memory.path_of(UNIT, course).unlink()
    done = desk("feedback", UNIT, "--zip", "canvas")
    assert done.exit_code == 1
    assert f"autograder collect {UNIT} ARCHIVE" in done.stderr


def test_a_page_that_could_not_be_written_anew_is_not_sent(desk, course):
    desk("feedback", UNIT)
    assert (course / "feedback" / "ada" / UNIT / f"{UNIT}.html").exists()
    (course / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb").write_text("{")
    done = desk("feedback", UNIT, "--zip", "moodle")
    assert done.exit_code == 1
    with zipfile.ZipFile(course / f"feedback_{UNIT}_moodle.zip") as archive:
        assert archive.namelist() == [f"X_12_assignsubmission_file_{UNIT}.html"]


def test_who_asks_for_one_page_gets_one(desk, course):
    desk("feedback", UNIT)
    assert "1 pages in" in desk("feedback", UNIT, "--student", "cy", "--zip", "moodle").stdout
    with zipfile.ZipFile(course / f"feedback_{UNIT}_moodle.zip") as archive:
        assert archive.namelist() == [f"X_12_assignsubmission_file_{UNIT}.html"]
