"""When and under which name work arrives: time stamps, extensions, students' names, folders in the wrong place."""

import shutil
import unicodedata

import pytest

from autograder.book import gradebook
from autograder.book.gradebook import quiet
from tests.helpers.classes import STUDENTS, canned, grade, points
from tools.samples.small_course import UNIT


@pytest.fixture
def course(course, monkeypatch):
    """The class of three, with canned results."""
    canned(monkeypatch)
    return course


def late(course, method="zero"):
    """Set a due date, and let lateness cost everything."""
    with gradebook.kept(f"sqlite:///{course / 'gradebook.db'}", "vision_course") as book:
        quiet(book.update_or_create_assignment)(UNIT, duedate="2030-01-14 12:00 UTC")
    config = course / "nbgrader_config.py"
    config.write_text(config.read_text() + f'c.LateSubmissionPlugin.penalty_method = "{method}"\n')


def stamp(course, student, text):
    (course / "submitted" / student / UNIT / "timestamp.txt").write_bytes(text.encode("utf-8-sig"))


def penalties(graded):
    return {row["student"]: row["late"] for row in graded.rows}


def test_a_corrected_time_stamp_counts_at_once(course):
    late(course)
    for student, text in zip(STUDENTS, ("15 Jan 2030 09:00", "2030-01-15 09:00:00 UTC", "12.01.2030"), strict=True):
        stamp(course, student, text)
    graded = grade()
    assert penalties(graded) == {"ada": 4.5, "bob": 4.5, "cy": 0.0}
    stamp(course, "ada", "2030-01-13 09:00:00 UTC")
    (course / "submitted" / "bob" / UNIT / "timestamp.txt").unlink()
    stamp(course, "cy", "16.01.2030")
    again = grade()
    assert penalties(again) == {"ada": 0.0, "bob": 0.0, "cy": 4.5}
    assert again.examined == ["cy"]  # whose notes have changed


def test_an_extension_and_another_rule_count_at_once(course):
    late(course)
    stamp(course, "ada", "2030-01-15 09:00:00 UTC")
    assert penalties(grade())["ada"] == 4.5
    with gradebook.kept(f"sqlite:///{course / 'gradebook.db'}", "vision_course") as book:
        quiet(book.grant_extension)(UNIT, "ada", days=3)
    assert penalties(grade())["ada"] == 0.0
    stamp(course, "ada", "2030-01-25 09:00:00 UTC")
    assert penalties(grade())["ada"] == 4.5
    late(course, "none")
    assert penalties(grade())["ada"] == 0.0
    assert grade().examined == []


def test_names_from_any_machine_are_the_same_students(course):
    nfd = unicodedata.normalize("NFD", "Zoë")
    for student in (nfd, "मीना", "தமிழ்", "O’Brien"):
        shutil.copytree(course / "submitted" / "ada", course / "submitted" / student)
    graded = grade()
    assert graded.failed == {}
    assert points(graded).keys() == {*STUDENTS, "Zoë", "मीना", "தமிழ்", "O’Brien"}
    assert grade().examined == []
    shutil.copytree(course / "submitted" / nfd, course / "submitted" / "Zoë")
    (course / "submitted" / "a\udcebb" / UNIT).mkdir(parents=True)
    again = grade()
    assert again.failed.keys() == {"Zoë", "a\\xebb"}
    assert "several folders" in again.failed["Zoë"]


@pytest.mark.parametrize(
    "name", [f"{UNIT.upper()}/{UNIT}.ipynb", f"{UNIT}.ipynb", f"{UNIT.replace('_', '-')} (1)/x.ipynb"]
)
def test_work_that_lies_in_the_wrong_place_is_named(course, name):
    path = course / "submitted" / "zoe" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    (course / "submitted" / "zoe" / "01_other").mkdir()
    graded = grade()
    assert graded.failed.keys() == {"zoe"}
    assert f"submitted/zoe/{UNIT} was expected" in graded.failed["zoe"]
    assert points(graded).keys() == {*STUDENTS}
