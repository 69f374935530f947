"""A class is graded once: who is examined, what is written, and what is refused before anybody is examined.

Canned results stand in the workers' place here; test_grade_command.py lets the command run as an instructor does.
"""

import os
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.book import gradebook, keyring
from autograder.book.gradebook import quiet
from autograder.cohort import cluster, coordinator
from autograder.commands.common import open_course
from autograder.errors import GradingError
from autograder.exam import secret
from autograder.release.roles import grade_id
from course_lib.errors import CourseError
from tests.helpers.classes import STUDENTS, grade, points
from tools.samples.small_course import UNIT


def test_everyone_is_examined_and_recorded_once(course, workers):
    graded = grade()
    assert (points(graded), graded.failed) == (dict.fromkeys(STUDENTS, 4.5), {})
    assert grade().examined == []
    assert workers.asked == list(STUDENTS)
    assert len((course / ".grading" / UNIT / "exams.log").read_text().splitlines()) == 3
    assert list(course.glob(".intake-*")) == []


def test_grades_comments_and_pages_are_written(course, workers):
    graded = grade()
    assert graded.rows[0]["checks"] == {"check_box_iou": 3.0, "check_nms": 1.5, "written_1": None}
    with gradebook.kept(f"sqlite:///{course / 'gradebook.db'}", "vision_course") as book:
        submission = book.find_submission_notebook(UNIT, UNIT, "ada")
        comments = {comment.name: comment.auto_comment for comment in submission.comments}
        waiting = {grade.name: grade.needs_manual_grade for grade in submission.grades}
    assert comments["nms"] == "5 of 6: two ties"
    assert comments["box_iou"] is None
    assert waiting == {"check_box_iou": False, "check_nms": False, "written_1": True}
    page = nbformat.read(course / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb", as_version=4)
    shown = {grade_id(cell): cell.get("outputs", []) for cell in page.cells}
    assert page.metadata.course.notes == ["a note"]
    assert shown["check_nms"][1].data["text/plain"] == "1.5"


def test_only_what_is_new_or_changed_is_examined_again(course, workers):
    grade()
    path = course / "submitted" / "bob" / UNIT / f"{UNIT}.ipynb"
    path.write_text(path.read_text().replace("def nms", "def  nms"))
    shutil.copytree(course / "submitted" / "ada", course / "submitted" / "zoe")
    assert grade().examined == ["bob", "zoe"]
    shutil.rmtree(course / "autograded" / "cy")
    assert grade().examined == []
    assert (course / "autograded" / "cy" / UNIT / f"{UNIT}.ipynb").exists()


def test_force_examines_everyone_even_when_stopped_between(course, workers):
    grade()
    workers.replies["bob"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        grade(force=True)
    del workers.replies["bob"]
    assert grade().examined == ["bob", "cy"]


def test_a_manual_score_survives_and_is_not_asked_for_again(course, workers):
    grade()
    url = f"sqlite:///{course / 'gradebook.db'}"
    with gradebook.kept(url, "vision_course") as book:
        for name, score in (("check_nms", 4), ("written_1", 2)):
            quiet(book.find_grade)(name, UNIT, UNIT, "ada").manual_score = score
        book.db.commit()
    assert points(grade(force=True))["ada"] == 9.0
    with gradebook.kept(url, "vision_course") as book:
        again = quiet(book.find_grade)("check_nms", UNIT, UNIT, "ada")
        assert (again.manual_score, again.auto_score, again.needs_manual_grade) == (4, 1.5, False)


def test_only_the_named_students_are_looked_at(course, workers):
    graded = grade(students=("cy", "ada"))
    assert (workers.asked, points(graded)) == (["cy", "ada"], {"ada": 4.5, "cy": 4.5})
    assert grade(students=("ada",), force=True).examined == ["ada"]
    with pytest.raises(GradingError, match="nothing of 'eve' to grade"):
        grade(students=("ada", "eve"))
    assert grade().examined == ["bob"]


def test_lateness_stands_in_the_rows_and_a_stamp_from_the_future_is_named(course, workers):
    url = f"sqlite:///{course / 'gradebook.db'}"
    with Gradebook(url, "vision_course") as book:
        quiet(book.update_or_create_assignment)(UNIT, duedate="2026-01-14 12:00:00")
    for student, stamp in (("ada", "2026-01-13 12:00"), ("bob", "2026-01-15 13:30"), ("cy", "2099-01-01 00:00")):
        (course / "submitted" / student / UNIT / "timestamp.txt").write_text(f"{stamp} UTC")
    graded = grade()
    late = {row["student"]: row["late_by"] for row in graded.rows}
    assert (late["ada"], late["bob"]) == ("", "1 day 1 h")
    assert graded.doubtful.keys() == {"cy"}
    assert "2099-01-01 00:00:00 UTC, which is still to come" in graded.doubtful["cy"]
    assert graded.failed == {}


@pytest.mark.parametrize("loss", ["gone", "another", "gone with the journal"])
def test_without_the_key_nothing_is_graded_that_would_be_asked_something_else(course, workers, loss):
    grade()
    key = (course / secret.NAME).read_bytes()
    (course / secret.NAME).unlink()
    if loss == "another":
        secret.key(course)
    if loss == "gone with the journal":
        shutil.rmtree(course / ".grading")
    for options in ({}, {"force": True}, {"students": ("ada",)}):
        with pytest.raises(GradingError, match=r"The key .*autograder.key is (gone|another one)") as stopped:
            grade(**options)
        assert "--new-key" in str(stopped.value)
    assert (course / secret.NAME).exists() == (loss == "another")
    (course / secret.NAME).write_bytes(key)
    assert points(grade()) == dict.fromkeys(STUDENTS, 4.5)
    assert sorted(workers.asked) == sorted(STUDENTS)


def test_a_new_key_is_made_where_it_is_wanted_and_grades_stand(course, workers):
    grade()
    before = (course / secret.NAME).read_bytes()
    (course / secret.NAME).unlink()
    assert grade(new_key=True).examined == []
    assert (course / secret.NAME).read_bytes() != before
    assert grade(force=True).examined == list(STUDENTS)


def test_a_key_that_graded_nothing_may_be_made_anew(course, workers):
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "vision_course") as book:
        first = keyring.key(course, book, UNIT)
        (course / secret.NAME).unlink()
        assert keyring.key(course, book, UNIT) != first


def test_a_clock_that_went_back_leaves_no_folder_behind(course, workers):
    left = course / ".intake-1-1"
    left.mkdir()
    os.utime(left, (4e9, 4e9))
    grade()
    assert not left.exists()
    for path in (course / ".grading" / UNIT).iterdir():
        os.utime(path, (4e9, 4e9))
    assert grade().examined == []


def test_a_unit_or_a_class_that_does_not_exist_is_named(course, workers):
    for plan, told in (
        (coordinator.Plan("77_none"), "There is no unit '77_none'"),
        (coordinator.Plan(UNIT, submissions="empty"), "nothing to grade"),
        (coordinator.Plan(UNIT, sandbox="x"), "no sandbox 'x'"),
    ):
        with pytest.raises(CourseError, match=told):
            coordinator.grade(plan, open_course()[1], lambda event: None)


def test_a_scheduler_that_does_not_answer_is_one_line(course, monkeypatch):
    monkeypatch.setattr(cluster, "ANSWER", "1s")
    with pytest.raises(GradingError, match="does not answer"):
        grade(scheduler="tcp://127.0.0.1:9", anyone=True)


@pytest.mark.parametrize(
    ("scheduler", "told"),
    [
        ("tcp://127.0.0.1:9", "Whoever reaches this scheduler can run code as you"),
        ("127.0.0.1:9", "Whoever reaches this scheduler can run code as you"),
        ("tls://127.0.0.1:9", "A tls:// address needs certificates"),
    ],
)
def test_a_scheduler_that_anyone_may_use_is_refused(course, scheduler, told):
    with pytest.raises(GradingError, match=told) as refused:
        grade(scheduler=scheduler)
    assert "docs/clusters.md" in str(refused.value)


def test_a_folder_elsewhere_is_graded_too(course, workers, tmp_path):
    (course / "submitted").rename(tmp_path / "handed in")
    assert points(grade(submissions=str(tmp_path / "handed in"))) == dict.fromkeys(STUDENTS, 4.5)
