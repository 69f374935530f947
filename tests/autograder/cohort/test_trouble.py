"""Grading goes on where it was stopped, and one student's trouble is nobody else's; nobody grades beside another.

Canned results stand in the workers' place here; test_faults.py kills real ones.
"""

import errno
import os
import shutil
import signal
from dataclasses import replace

import nbformat
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from autograder.book import journal
from autograder.commands.common import open_course
from autograder.errors import GradingError
from tests.helpers.classes import STUDENTS, grade, points, result
from tools.samples.small_course import UNIT


@pytest.mark.parametrize("moment", ["init_assignment", "convert_single_notebook", "set_permissions"])
def test_what_is_killed_while_it_is_recorded_is_recorded_again(course, workers, monkeypatch, moment):
    """As after kill -9: no clean-up runs, the half of it stays."""
    from nbgrader.converters import Autograde

    def stop(self, *_):
        os._exit(9)

    child = os.fork()
    if child == 0:
        monkeypatch.setattr(Autograde, moment, stop)
        grade()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert len(list(course.glob(".intake-*"))) == 1
    graded = grade()
    assert points(graded) == dict.fromkeys(STUDENTS, 4.5)
    assert graded.examined == ["bob", "cy"]
    assert list(course.glob(".intake-*")) == []


def test_a_submission_that_cannot_be_graded_costs_nobody_else(course, workers):
    workers.replies = {"ada": {"failed": "OSError: odd"}, "bob": {"killed": "The grader's process ended."}}
    graded = grade()
    assert points(graded) == {"bob": 0.0, "cy": 4.5}
    assert graded.failed == {"ada": "OSError: odd", "bob": "The grader's process ended."}
    workers.replies = {}
    assert grade().examined == ["ada"]


def test_a_folder_that_cannot_be_read_costs_its_owner_only(course, workers, monkeypatch):
    from autograder.intake import clean

    def look(source, unit, course, real=clean.look):
        if source.parent.name == "bob":
            raise OSError(errno.EIO, "Input/output error")
        return real(source, unit, course)

    monkeypatch.setattr(clean, "look", look)
    graded = grade()
    assert "Input/output error" in graded.failed["bob"]
    assert set(points(graded)) == set(STUDENTS)


def test_whose_hand_in_is_doubtful_is_named_until_it_is_mended(course, workers):
    folder = course / "submitted" / "bob" / UNIT
    shutil.copy(folder / f"{UNIT}.ipynb", folder / "again.ipynb")
    workers.replies["cy"] = {"result": replace(result("cy"), doubts=("Look at nms.",)).to_json()}
    for _ in range(2):
        graded = grade()
        assert (points(graded), graded.failed) == (dict.fromkeys(STUDENTS, 4.5), {})
        assert graded.doubtful.keys() == {"bob", "cy"}
        assert "again.ipynb" in graded.doubtful["bob"]
        assert f"{UNIT}.ipynb" in graded.doubtful["bob"]
    assert graded.examined == []
    (folder / "again.ipynb").unlink()
    assert grade().doubtful == {"cy": "Look at nms."}


def test_a_release_that_is_gone_is_its_students_own_trouble(course, workers):
    path = course / "submitted" / "bob" / UNIT / f"{UNIT}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.course["release"] = "0123456789abcdef"
    nbformat.write(notebook, path)
    shutil.rmtree(course / "releases")
    graded = grade()
    assert points(graded) == dict.fromkeys(STUDENTS, 4.5)
    assert graded.failed.keys() == {"bob"}
    assert f"restore releases/{UNIT}/0123456789abcdef.ipynb" in graded.failed["bob"]


@pytest.mark.parametrize("statement", ["INSERT INTO submitted_assignment", "UPDATE grade"])
def test_a_database_that_fails_at_any_moment_is_one_line_and_nothing_beside_it(course, workers, caplog, statement):
    def fail(connection, cursor, words, parameters, context, executemany):
        if words.startswith(statement):
            raise OperationalError(words, parameters, ConnectionError("terminating connection"))

    event.listen(Engine, "before_cursor_execute", fail)
    try:
        with pytest.raises(GradingError, match="terminating connection"):
            grade()
    finally:
        event.remove(Engine, "before_cursor_execute", fail)
    assert caplog.messages == []
    assert points(grade()) == dict.fromkeys(STUDENTS, 4.5)


@pytest.mark.parametrize("place", ["autograder.intake.clean.write_clean", "autograder.book.journal._write"])
def test_a_full_disk_is_one_line_and_loses_nothing(course, workers, monkeypatch, place):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        with pytest.raises(GradingError, match="No space left on device"):
            grade()
    graded = grade()
    assert (points(graded), graded.failed) == (dict.fromkeys(STUDENTS, 4.5), {})


def test_nbgrader_s_stumble_over_one_submission_is_its_own(course, workers, monkeypatch):
    from nbgrader.converters import Autograde

    def stumble(self, assignment, student, real=Autograde.init_assignment):
        if student == "ada":
            raise RuntimeError("stumbled")
        return real(self, assignment, student)

    with monkeypatch.context() as patch:
        patch.setattr(Autograde, "init_assignment", stumble)
        assert grade().failed == {"ada": "RuntimeError: stumbled"}
    graded = grade()
    assert points(graded) == dict.fromkeys(STUDENTS, 4.5)
    assert workers.asked == list(STUDENTS)


def test_another_run_on_the_same_unit_is_refused_and_says_by_whom(course):
    with journal.Journal(course, UNIT).alone(), pytest.raises(GradingError, match="being graded already") as refused:
        grade()
    assert f"got: by process {os.getpid()} on " in str(refused.value)


def test_both_doors_share_the_lock(course, workers):
    from nbgrader.converters import Autograde
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory

    config = open_course()[1]
    desk = Autograde(coursedir=CourseDirectory(config=config, assignment_id=UNIT), config=config)
    with journal.Journal(course, UNIT).alone(), pytest.raises(NbGraderException, match="being graded already"):
        desk.start()
    desk.init_notebooks()
    try:
        with pytest.raises(GradingError, match="being graded already"):
            grade()
    finally:
        desk._course.close()
    assert points(grade()) == dict.fromkeys(STUDENTS, 4.5)


def test_a_killed_run_locks_nobody_out(course, workers):
    ready, started = os.pipe()
    child = os.fork()
    if child == 0:
        with journal.Journal(course, UNIT).alone():
            os.write(started, b"x")
            signal.pause()
    os.read(ready, 1)
    with pytest.raises(GradingError, match=f"by process {child} on "):
        grade()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert points(grade()) == dict.fromkeys(STUDENTS, 4.5)


def test_a_cut_journal_entry_is_no_entry(tmp_path):
    diary = journal.Journal(tmp_path, UNIT)
    diary.keep("ada", "digest", result("ada"))
    assert diary.result("ada", "digest") == result("ada")
    assert diary.result("ada", "other") is None
    path = tmp_path / ".grading" / UNIT / "ada.json"
    path.write_text(path.read_text()[:-20])
    assert diary.result("ada", "digest") is None
    assert (tmp_path / ".grading").stat().st_mode & 0o77 == 0
