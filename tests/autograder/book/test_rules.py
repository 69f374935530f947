"""nbgrader's rules hold behind its own doors: late work, extensions, older releases, force, trouble with one folder.

The exam's result is canned here; test_examiner.py sits real ones.
"""

import errno
import shutil
from contextlib import chdir, nullcontext
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI
from nbgrader.utils import compute_checksum

from autograder.book import gradebook
from autograder.book.gradebook import quiet
from autograder.book.registration import register
from autograder.cohort import coordinator, crew
from autograder.commands.common import open_course
from autograder.exam import assess
from autograder.exam.results import Checked, Result
from autograder.intake import clean
from autograder.release import pristine
from autograder.release.roles import grade_id
from tools.samples.small_course import UNIT, make_course

DUE, IN_TIME, LATE = "2030-01-14 12:00:00 UTC", "2030-01-13 18:30:00 UTC", "2030-01-16 09:00:00 UTC"
WORTH = {"box_iou": 3.0, "nms": 4.0}


def result(unit, student, notebook, weights, seeds, kind):
    """Full marks for each check that is asked."""
    checks = tuple(Checked(name, WORTH.get(name, 1.0), WORTH.get(name, 1.0), html="<p>fine</p>") for name in seeds)
    notes = notebook.metadata.get("course", {}).get("notes", [])
    return Result(unit, student, kind, checks, tuple(notes))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A short course, due and entered into a gradebook: ada was in time, bob late."""
    course = make_course(tmp_path_factory.mktemp("made") / "course", written=True)
    solution = (course / "solutions" / UNIT / f"{UNIT}.ipynb").read_text()
    for student, stamp in (("ada", IN_TIME), ("bob", LATE)):
        folder = course / "submitted" / student / UNIT
        folder.mkdir(parents=True)
        (folder / f"{UNIT}.ipynb").write_text(solution)
        (folder / "timestamp.txt").write_text(stamp)
    with chdir(course):
        url = open_course()[1].CourseDirectory.db_url
        quiet(register)(UNIT, course, url)
        with gradebook.kept(url, "vision_course") as book:
            quiet(book.update_or_create_assignment)(UNIT, duedate=DUE)
    return course


@pytest.fixture
def course(made, tmp_path, monkeypatch):
    """A copy of it, in which we stand; exams give full marks."""
    shutil.copytree(made, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    monkeypatch.setattr(assess, "examine", result)
    return tmp_path / "course"


@pytest.fixture
def penalty(course):
    """Late work earns nothing."""
    with open(course / "nbgrader_config.py", "a") as file:
        file.write('\nc.LateSubmissionPlugin.penalty_method = "zero"\n')


def button(student, force=True):
    """Formgrader's autograde button. Returns what formgrader gets to know."""
    return quiet(NbGraderAPI(config=open_course()[1]).autograde)(UNIT, student, force=force)


def by_button(monkeypatch):
    for student in ("ada", "bob"):
        assert button(student)["success"]


def by_command(monkeypatch):
    """`autograder grade`, with this process in its workers' place."""

    def examined(client, tasks):
        for task in tasks:
            notebook = nbformat.reads(task.arguments["notebook"], as_version=4)
            found = result(UNIT, task.student, notebook, None, task.arguments["seeds"], "bubblewrap")
            yield task.student, {"result": found.to_json()}

    monkeypatch.setattr(crew, "hired", lambda *how: nullcontext())
    monkeypatch.setattr(crew, "examined", examined)
    assert (
        quiet(coordinator.grade)(coordinator.Plan(UNIT, force=True), open_course()[1], lambda event: None).failed == {}
    )


DOORS = pytest.mark.parametrize("door", [by_button, by_command])


def points():
    """Each student's points and what lateness costs."""
    with gradebook.kept(open_course()[1].CourseDirectory.db_url, "vision_course") as book:
        return {row["student"]: (row["points"], row["late"]) for row in quiet(gradebook.recorded)(book, UNIT)}


@DOORS
def test_late_work_costs_what_nbgrader_is_told(course, penalty, door, monkeypatch):
    door(monkeypatch)
    assert points() == {"ada": (7.0, 0.0), "bob": (7.0, 7.0)}


@DOORS
def test_nobody_pays_for_lateness_unless_the_course_says_so(course, door, monkeypatch):
    door(monkeypatch)
    assert points() == {"ada": (7.0, 0.0), "bob": (7.0, 0.0)}


@DOORS
def test_an_extension_counts(course, penalty, door, monkeypatch):
    door(monkeypatch)
    with gradebook.kept(open_course()[1].CourseDirectory.db_url, "vision_course") as book:
        quiet(book.grant_extension)(UNIT, "bob", days=7)
    door(monkeypatch)
    assert points() == {"ada": (7.0, 0.0), "bob": (7.0, 0.0)}


@DOORS
def test_an_older_release_is_graded_by_its_own_cells(course, door, monkeypatch):
    """A new release has renamed a check; ada worked on the old one."""
    path = course / "exercises" / UNIT / f"{UNIT}.ipynb"
    newer = nbformat.read(path, as_version=4)
    cell = next(cell for cell in newer.cells if grade_id(cell) == "check_nms")
    cell.metadata.nbgrader["grade_id"], cell.source = "check_renamed", 'check("renamed", nms)'
    cell.metadata.nbgrader["checksum"] = compute_checksum(cell)
    newer.metadata.course["release"] = pristine.identity(newer)
    nbformat.write(newer, path)
    shutil.copy(path, course / "solutions" / UNIT / f"{UNIT}.ipynb")
    shutil.copy(path, course / "submitted" / "bob" / UNIT / f"{UNIT}.ipynb")
    quiet(register)(UNIT, course, open_course()[1].CourseDirectory.db_url)
    door(monkeypatch)
    pages = {
        student: nbformat.read(course / "autograded" / student / UNIT / f"{UNIT}.ipynb", as_version=4)
        for student in ("ada", "bob")
    }
    shown = {student: {cell.source for cell in page.cells if cell.get("outputs")} for student, page in pages.items()}
    assert 'check("renamed", nms)' in shown["bob"]
    assert 'check("renamed", nms)' not in shown["ada"]
    assert points()["ada"][0] == 3.0
    with gradebook.kept(open_course()[1].CourseDirectory.db_url, "vision_course") as book:
        assert quiet(book.find_grade)("check_renamed", UNIT, UNIT, "ada").needs_manual_grade  # a person decides


def test_the_button_grades_again_only_when_told_or_when_there_is_something_newer(course, monkeypatch):
    asked = []
    monkeypatch.setattr(assess, "examine", lambda *who: asked.append(who[1]) or result(*who))
    for force in (False, False, True):
        assert button("ada", force)["success"]
    (course / "submitted" / "ada" / UNIT / "timestamp.txt").write_text(LATE)
    assert button("ada", force=False)["success"]
    assert asked == ["ada"] * 3


def test_what_was_half_recorded_is_recorded_again(course):
    """kill -9 left the folder and the mark behind; nbgrader alone would call it graded."""
    half = course / "autograded" / "ada" / UNIT
    half.mkdir(parents=True)
    mark = course / ".grading" / UNIT / "ada.unfinished"
    mark.parent.mkdir(parents=True)
    mark.touch()
    assert button("ada", force=False)["success"]
    assert points()["ada"] == (7.0, 0.0)
    assert not mark.exists()


def test_trouble_with_one_folder_is_its_owner_s(course, monkeypatch):
    def look(source, unit, course, real=clean.look):
        if source.parent.name == "ada":
            raise OSError(errno.EIO, "Input/output error")
        return real(source, unit, course)

    monkeypatch.setattr(clean, "look", look)
    found = button("*")
    assert not found["success"]
    assert "Input/output error" in found["log"]
    assert set(points()) == {"ada", "bob"}
    page = (course / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb").read_text()
    assert "cannot be read" in page
    assert list(course.glob(".intake-*")) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ('c.CourseDirectory.db_url = "postgresql+psycopg://127.0.0.1:9/book"', "cannot be used"),
        ('c.CourseDirectory.db_url = "sqlite:////nowhere/gradebook.db"', "unable to open"),
        ('c.Examine.sandbox = "glass"', "no sandbox 'glass'"),
    ],
)
def test_what_stops_everyone_is_said_in_formgrader_s_log(course, change, told):
    with open(course / "nbgrader_config.py", "a") as file:
        file.write(f"\n{change}\n")
    found = button("ada")
    assert not found["success"]
    assert told in found["log"]
    assert not Path("/nowhere").exists()


def test_a_course_without_a_sandbox_says_so_in_every_report(course, monkeypatch):
    """With a real exam."""
    monkeypatch.undo()
    with chdir(course):
        with open("nbgrader_config.py", "a") as file:
            file.write('\nc.Examine.sandbox = "none"\n')
        assert button("ada")["success"]
        page = (course / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb").read_text()
        assert "Graded without a sandbox" in page
        assert points()["ada"] == (7.0, 0.0)
