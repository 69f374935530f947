"""What grading makes is for its owner only under any umask, and exported grades hold no formula."""

import csv
import os
import shutil
import stat

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps.exportapp import ExportApp
from nbgrader.coursedir import CourseDirectory

from autograder.book import exports, privacy
from autograder.book.gradebook import quiet
from autograder.commands.common import open_course
from tests.helpers.classes import canned, class_of_three, grade
from tests.helpers.people import Person
from tools.samples.small_course import UNIT


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The class of three, under the umask that most accounts have."""
    before = os.umask(0o022)
    yield class_of_three(tmp_path_factory.mktemp("made") / "course")
    os.umask(before)


@pytest.fixture
def course(made, tmp_path, monkeypatch):
    """A copy of it, graded, in which we stand."""
    shutil.copytree(made, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    canned(monkeypatch)
    grade()
    return tmp_path / "course"


def reachable(course):
    """What others can read: names at the top, where nothing above closes them."""
    names = ("gradebook.db", "gradebook.db-journal", "autograded", "feedback", ".grading", "releases", "grades.csv")
    found = [course / name for name in (*names, "autograder.key", "report.html")]
    return [path.name for path in found if path.exists() and path.stat().st_mode & 0o077]


def test_nobody_else_can_read_what_grading_makes(course, tmp_path):
    assert reachable(course) == []
    teacher = Person("teacher", tmp_path / "machine", course)
    teacher.run("autograder", "feedback", UNIT)
    teacher.run("nbgrader", "export")
    teacher.run("autograder", "report", UNIT, "--html", "report.html")
    assert {"feedback", "grades.csv", "report.html", "gradebook.db"} <= {path.name for path in course.iterdir()}
    assert reachable(course) == []


def test_a_release_that_the_first_grading_keeps_is_private_too(made, tmp_path, monkeypatch):
    course = shutil.copytree(made, tmp_path / "fresh")
    shutil.rmtree(course / "releases")
    (course / "gradebook.db").unlink()
    monkeypatch.chdir(course)
    canned(monkeypatch)
    grade()
    assert (course / "releases").exists()
    assert reachable(course) == []


def test_what_was_open_before_is_closed_by_the_next_command(course):
    for name in ("autograded", ".grading", "gradebook.db"):
        (course / name).chmod(0o755)
    grade()
    assert reachable(course) == []


def test_a_group_that_grades_together_keeps_its_rights(course):
    directory = CourseDirectory(config=open_course()[1], groupshared=True)
    (course / "autograded").chmod(0o2775)
    privacy.keep(directory)
    assert stat.S_IMODE((course / "autograded").stat().st_mode) == 0o2770
    assert privacy.exposed(directory) == []


@pytest.mark.parametrize("text", ["+1", "@x", "=cmd|' /C calc'!A0", "-2+3", "\t=1", "\r=1", "＝1"])
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert exports.inert(text) == f"'{text}"


def test_a_second_cell_where_commas_are_decimal_does_not_run_either():
    assert exports.inert("Eve;=1+1; @SUM(A1)") == "Eve;'=1+1; '@SUM(A1)"


@pytest.mark.parametrize("text", ["", "ada", "Zoë O'Neill", "a=b", "3", "a; b-c"])
def test_other_cells_stay_as_they_are(text):
    assert exports.inert(text) == text


def test_the_exported_table_is_nbgrader_s_without_formulas_and_without_scores_that_are_not_known(course):
    url = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(url, "vision_course") as book:
        quiet(book.update_or_create_student)("+1", last_name="=1+1", first_name='a,b "c"', email="@x")
    config = open_course()[1]
    app = ExportApp(config=config)
    app.coursedir = CourseDirectory(config=config)
    quiet(app.start)()
    assert app.plugin_class is exports.Grades
    rows = {row["student_id"]: row for row in csv.DictReader((course / "grades.csv").read_text().splitlines())}
    assert rows.keys() == {"ada", "bob", "cy", "'+1"}
    assert [rows["'+1"][name] for name in ("last_name", "first_name", "email")] == ["'=1+1", 'a,b "c"', "'@x"]
    assert (rows["ada"]["score"], rows["ada"]["max_score"], rows["'+1"]["score"]) == ("", "11.0", "")
