"""nbgrader's own commands lose nothing of a student's work, and give out nothing of ours."""

import os
import unicodedata

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import zipcollectapp
from nbgrader.apps.dbapp import DbStudentImportApp
from nbgrader.auth import Authenticator
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import ExchangeError
from nbgrader.exchange.default import (
    Exchange,
    ExchangeCollect,
    ExchangeFetchAssignment,
    ExchangeReleaseAssignment,
    ExchangeReleaseFeedback,
    ExchangeSubmit,
)

from autograder.book import doors
from autograder.book.gradebook import quiet
from autograder.commands.common import open_course
from autograder.intake import clean, names, ticket
from tools.samples.small_course import UNIT, make_course

ZOE = unicodedata.normalize("NFD", "Zoë")


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course in which the instructor has run both notebooks, so that weights lie beside them; and an exchange."""
    course = make_course(tmp_path / "course")
    for kind in ("solutions", "exercises"):
        (course / kind / UNIT / f"{UNIT}.safetensors").write_bytes(b"ours")
    (course / "exercises" / UNIT / "notes.py").write_text("# ours")
    (tmp_path / "exchange").mkdir(mode=0o777)
    (tmp_path / "exchange").chmod(0o777)
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(course)
    return course


@pytest.fixture
def door(course, tmp_path):
    """Does one step of nbgrader's: `door(ExchangeSubmit, "ada")`."""
    config = open_course()[1]
    config.Exchange.root, config.Exchange.cache = str(tmp_path / "exchange"), str(tmp_path / "cache")
    config.Exchange.assignment_dir = str(tmp_path / "home")

    def step(kind, student="*", **options):
        directory = CourseDirectory(config=config, assignment_id=UNIT, student_id=student)
        if issubclass(kind, Exchange):
            options["authenticator"] = Authenticator(config=config)
        quiet(kind(coursedir=directory, config=config, **options).start)()

    return step


def names_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_weights_and_helpers_arrive_and_none_of_ours_is_given_out(door, course, tmp_path):
    door(ExchangeReleaseAssignment)
    assert names_in(tmp_path / "exchange" / "vision_course" / "outbound") == [f"{UNIT}.ipynb"]
    door(ExchangeFetchAssignment)
    home = tmp_path / "home" / UNIT
    assert names_in(home) == [f"{UNIT}.ipynb"]
    (home / f"{UNIT}.safetensors").write_bytes(b"mine")
    (home / "helpers.py").write_text("x = 1")
    (home / ".ipynb_checkpoints").mkdir()
    (home / ".ipynb_checkpoints" / "old.ipynb").write_text("{}")
    door(ExchangeSubmit, "ada")
    door(ExchangeCollect, check_owner=False)
    arrived = course / "submitted" / "ada" / UNIT
    assert (arrived / f"{UNIT}.safetensors").read_bytes() == b"mine"
    assert {"helpers.py", f"{UNIT}.ipynb", "timestamp.txt"} < {*names_in(arrived)}
    assert "old.ipynb" not in names_in(arrived)


def test_a_release_holds_the_notebook_alone(door, course):
    for path in (course / "exercises" / UNIT).iterdir():
        path.unlink()
    door(GenerateAssignment, ".", force=True)
    assert names_in(course / "exercises") == [f"{UNIT}.ipynb"]


def test_mending_twice_mends_once():
    before = ExchangeReleaseAssignment.copy_files
    doors.install()
    doors.install()
    assert ExchangeReleaseAssignment.copy_files is before
    directory = CourseDirectory(ignore=["*.py"])
    with doors.leaving_out(directory):
        assert directory.ignore == ["*.py", "*.safetensors"]
    assert directory.ignore == ["*.py"]


@pytest.mark.parametrize(
    ("make", "found"),
    [
        (lambda path: path.write_text("2030-01-14 12:00:00 UTC"), "2030-01-14 12:00:00"),
        (lambda path: path.write_text("2030-01-14 12:00:00 UTC", encoding="utf-16"), "2030-01-14 12:00:00"),
        (lambda path: path.write_text("tomorrow"), "None"),
        (lambda path: path.touch(), "None"),
        (lambda path: path.symlink_to("/proc/self/status"), "None"),
        (os.mkfifo, "None"),
        (os.mkdir, "None"),
        (lambda path: None, "None"),
    ],
)
def test_nbgrader_too_reads_a_time_stamp_by_our_one_way_in(tmp_path, make, found):
    """A pipe would hold up `nbgrader collect` for ever, an odd date would end it."""
    doors.install()
    folder = tmp_path / "submitted" / "eve" / UNIT
    folder.mkdir(parents=True)
    make(folder / "timestamp.txt")
    assert str(CourseDirectory(root=str(tmp_path)).get_existing_timestamp(str(folder))) == found


def test_zip_collect_takes_weights_and_names_of_all_scripts(course, monkeypatch):
    archive = course / "downloaded" / UNIT / "archive"
    archive.mkdir(parents=True)
    for student in (ZOE, "मीना", "தமிழ்", "ada"):
        for ending in ("ipynb", "safetensors", "pdf"):
            (archive / f"{student}_123_{UNIT}.{ending}").write_text(student)
    pattern = r".*/(?P<student_id>[\w-]+)_123_(?P<file_id>\w+)"
    app = zipcollectapp.ZipCollectApp()
    app.initialize([UNIT, f"--FileNameCollectorPlugin.named_regexp={pattern}"])
    app.start()
    for student in (names.spelled(ZOE), "मीना", "தமிழ்", "ada"):
        assert names_in(course / "submitted" / student) == [f"{UNIT}.ipynb", f"{UNIT}.safetensors"]
    assert len(os.listdir(course / "submitted")) == 4


@pytest.mark.parametrize("pattern", [r"(?P<n>\w+)-x", r"(?P<n>[\w.]+)-x", r"(?P<n>[^-\]]\w*)-x", r"(?P<n>\S+)-\w"])
def test_a_letter_has_its_marks(pattern):
    import re

    assert re.match(doors.with_marks(pattern), "தமிழ்-x")["n"] == "தமிழ்"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_list_of_students_is_imported_from_any_spreadsheet(course, tmp_path, encoding):
    name = "Zoë" if encoding == "cp1252" else ZOE
    (tmp_path / "students.csv").write_bytes(f"id;last_name\r\n{name};Lång\r\n".encode(encoding, errors="ignore"))
    app = DbStudentImportApp()
    app.initialize([str(tmp_path / "students.csv"), "--db", f"sqlite:///{tmp_path / 'book.db'}"])
    quiet(app.start)()
    with Gradebook(f"sqlite:///{tmp_path / 'book.db'}") as book:
        assert [student.id for student in book.students] == ["Zoë"]


@pytest.mark.parametrize("name", [f"{UNIT}-Copy1.ipynb", "answers.txt", "mine/tried.ipynb"])
def test_what_lies_beside_an_exercise_is_not_given_out(door, course, tmp_path, name):
    path = course / "exercises" / UNIT / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("my answers")
    with pytest.raises(ExchangeError, match=rf"Files lie beside the exercise(.|\n)*{path.name}"):
        door(ExchangeReleaseAssignment)
    assert list((tmp_path / "exchange").rglob("*.*")) == []


def test_what_is_given_out_is_kept(door, course):
    door(ExchangeReleaseAssignment)
    assert len(list((course / "releases" / UNIT).glob("*.ipynb"))) == 1


def feedback(course, student, secret="", stamp="2030-01-13 12:00:00 UTC"):
    """A page of feedback, as nbgrader writes it."""
    folder = course / "feedback" / student / UNIT
    folder.mkdir(parents=True)
    (folder / f"{UNIT}.html").write_text(f"the page of {student}")
    for name, text in ((ticket.NAME, secret), ("timestamp.txt", stamp)):
        if text:
            (folder / name).write_text(text)


def released(tmp_path):
    folder = tmp_path / "exchange" / "vision_course" / "feedback"
    return sorted(path.read_text() for path in folder.glob("*.html"))


def test_feedback_reaches_all_that_it_can(door, course, tmp_path):
    feedback(course, "ada", "a" * 128)
    feedback(course, "bob")
    feedback(course, "cleo", "c" * 128, stamp="")
    feedback(course, "dan", "not a secret")
    door(ExchangeReleaseFeedback)
    assert released(tmp_path) == ["the page of ada", "the page of cleo"]


def test_who_has_another_students_secret_reads_nothing_of_theirs(door, course, tmp_path):
    for student, letter in (("ada", "a"), ("bob", "b"), ("eve", "a")):
        feedback(course, student, letter * 128)
    door(ExchangeReleaseFeedback)
    assert released(tmp_path) == ["the page of bob"]
    for student in ("ada", "eve"):
        with pytest.raises(ExchangeError, match="No feedback was released"):
            door(ExchangeReleaseFeedback, student)
    assert released(tmp_path) == ["the page of bob"]


def test_a_page_is_found_under_the_name_of_each_notebook_that_was_handed_in(door, course, tmp_path):
    feedback(course, "ada", "a" * 128)
    folder = course / "submitted" / "ada" / UNIT
    folder.mkdir(parents=True)
    for name in (f"{UNIT}.ipynb", "rcnn final (2).ipynb", "notes.txt"):
        (folder / name).write_text("{}")
    door(ExchangeReleaseFeedback)
    assert released(tmp_path) == ["the page of ada"] * 2


@pytest.mark.parametrize("kind", ["none", "link", "short", "long", "other letters", "a folder"])
def test_a_secret_that_is_none_is_left_out(course, tmp_path, kind):
    folder = tmp_path / "handed in"
    folder.mkdir()
    (tmp_path / "autograder.key").write_text("f" * 128)
    path = folder / ticket.NAME
    if kind == "link":
        path.symlink_to(tmp_path / "autograder.key")
    elif kind == "a folder":
        path.mkdir()
    elif kind != "none":
        path.write_text({"short": "a" * 127, "long": "a" * 10**6, "other letters": "ä" * 64}[kind])
    clean.take_in(folder, course / "clean", UNIT, course)
    assert ticket.NAME not in names_in(course / "clean")
