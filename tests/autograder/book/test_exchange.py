"""nbgrader's exchange from end to end, by its own commands, with the lines that docs/instructor.md gives.

An exercise goes out, two students fetch and submit it with their weights, it is collected, graded, handed in again, and
each student gets the pages of their own work.
"""

import errno
import os
import shutil
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbgrader.api import Gradebook
from safetensors.numpy import save_file

from autograder.book.gradebook import quiet
from autograder.intake import ticket
from tests.helpers.people import Person, machine, student
from tools.samples.small_course import UNIT, make_course

pytestmark = [pytest.mark.long, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def everybody(tmp_path_factory):
    """A machine, the instructor in the course's folder, and the students ada, bob and cleo."""
    place = machine(tmp_path_factory.mktemp("exchange") / "machine")
    teacher = Person("teacher", place, make_course(place / "course"))
    teacher.run("autograder", "build", UNIT)
    return teacher, *(student(name, place) for name in ("ada", "bob", "cleo"))


def solve(person, teacher):
    """Take the solution over, and train."""
    shutil.copy(teacher.place / "solutions" / UNIT / f"{UNIT}.ipynb", person.place / UNIT)
    save_file({"nothing": np.zeros(1, np.float32)}, person.place / UNIT / f"{UNIT}.safetensors")


def pages(person):
    """The fetched pages, by the time of their submission."""
    return {path.parent.name: path.read_text() for path in sorted(person.place.glob(f"{UNIT}/feedback/*/{UNIT}.html"))}


@pytest.fixture(scope="module")
def first_round(everybody):
    """What was said at each step, until both students have fetched their pages."""
    teacher, ada, bob, _ = everybody
    said = {"released": teacher.run("nbgrader", "release_assignment", UNIT)}
    said["list"] = ada.run("nbgrader", "list")
    for person in (ada, bob):
        person.run("nbgrader", "fetch_assignment", UNIT)
    solve(ada, teacher)
    (bob.place / UNIT / "scratch.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    for person in (ada, bob):
        person.run("nbgrader", "submit", UNIT, "--student", person.name)
    said["collected"] = teacher.run("nbgrader", "collect", UNIT)
    hand_in_elsewhere(teacher)
    teacher.run("nbgrader", "autograde", UNIT)
    teacher.run("nbgrader", "generate_feedback", UNIT)
    said["feedback"] = teacher.run("nbgrader", "release_feedback", UNIT)
    for person in (ada, bob):
        said[f"{person.name}'s list"] = person.run("nbgrader", "list", "--cached")
        person.run("nbgrader", "fetch_feedback", UNIT, "--student", person.name)
    return said


def hand_in_elsewhere(teacher):
    """Dora's work comes by mail."""
    folder = teacher.place / "submitted" / "dora" / UNIT
    folder.mkdir(parents=True)
    shutil.copy(teacher.place / "exercises" / UNIT / f"{UNIT}.ipynb", folder)


def test_the_exercise_is_seen_and_fetched(everybody, first_round):
    _, ada, *_ = everybody
    assert f"vision_course {UNIT}" in first_round["list"]
    assert f"{UNIT}.ipynb" in [path.name for path in (ada.place / UNIT).iterdir()]


def test_weights_are_collected_and_not_the_feedback(everybody, first_round):
    teacher, *_ = everybody
    names = {path.name for path in (teacher.place / "submitted" / "ada" / UNIT).iterdir()}
    assert names == {f"{UNIT}.ipynb", f"{UNIT}.safetensors", "timestamp.txt", ticket.NAME}


def test_each_student_gets_their_own_page(everybody, first_round):
    _, ada, bob, cleo = everybody
    (adas,), (bobs,) = pages(ada).values(), pages(bob).values()
    assert "3 of 3 points" in adas
    assert "box_iou: still to write." in bobs
    assert "box_iou: still to write." not in adas
    for person in (ada, bob):
        assert "feedback ready to be fetched" in first_round[f"{person.name}'s list"]
    cleo.run("nbgrader", "fetch_feedback", UNIT, "--student", "ada", check=False)
    assert pages(cleo) == {}


def test_who_handed_in_elsewhere_is_named_and_stops_nobody(first_round):
    lines = [line for line in first_round["feedback"].splitlines() if "dora" in line]
    assert len(lines) == 1
    assert "was not handed in through the exchange" in lines[0]


@pytest.fixture(scope="module")
def second_round(everybody, first_round):
    """What was said when bob handed in again, and his pages before that."""
    teacher, _, bob, _ = everybody
    said = {"before": pages(bob)}
    solve(bob, teacher)
    bob.run("nbgrader", "submit", UNIT, "--student", "bob")
    said["collected"] = teacher.run("nbgrader", "collect", UNIT)
    said["updated"] = teacher.run("nbgrader", "collect", UNIT, "--update")
    teacher.run("autograder", "grade", UNIT, "--workers", "1")
    teacher.run("autograder", "feedback", UNIT)
    teacher.run("nbgrader", "release_feedback", UNIT)
    bob.run("nbgrader", "fetch_feedback", UNIT, "--student", "bob")
    return said


def test_handed_in_again(everybody, second_round):
    teacher, _, bob, _ = everybody
    assert "use --update to update: bob" in second_round["collected"]
    assert "Updating submission: bob" in second_round["updated"]
    assert not (teacher.place / "submitted" / "bob" / UNIT / "feedback").exists()
    ((stamp, old),) = second_round["before"].items()
    assert len(pages(bob)) == 2
    assert "3 of 3 points" in next(page for when, page in pages(bob).items() if when != stamp)
    assert "box_iou: still to write." in old


def test_formgraders_button_releases_feedback_too(everybody, second_round):
    from nbgrader.apps.api import NbGraderAPI
    from traitlets.config.loader import PyFileConfigLoader

    teacher, *_ = everybody
    config = PyFileConfigLoader("nbgrader_config.py", path=str(teacher.place)).load_config()
    config.merge(PyFileConfigLoader("nbgrader_config.py", path=str(teacher.machine / "etc")).load_config())
    config.CourseDirectory.root = str(teacher.place)
    folder = teacher.machine / "exchange" / "vision_course" / "feedback"
    before = {path.name for path in folder.iterdir()}
    for name in before:
        (folder / name).unlink()
    api = quiet(NbGraderAPI)(config=config)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader misspells an argument there
        pressed = [api.release_feedback(UNIT, name) for name in (None, "ada", "dora")]
    assert [done["success"] for done in pressed] == [True, True, False]
    assert "dora: no feedback was released: it was not handed in through the exchange; give " in pressed[2]["log"]
    after = {path.name for path in folder.iterdir()}
    assert len(after) == 3  # ada's page, and bob's under both names of his notebooks
    assert after < before


def test_what_no_build_has_made_is_not_given_out(everybody, first_round):
    teacher, *_ = everybody
    path = teacher.place / "exercises" / UNIT / f"{UNIT}.ipynb"
    whole = path.read_text()
    path.write_text(whole.replace("raise NotImplementedError", "return 1"))
    for words in (("autograder", "build", UNIT), ("nbgrader", "release_assignment", UNIT, "--force")):
        with pytest.raises(AssertionError, match=r"changed cells: .*box_iou, nms(.|\n)*`cp releases/") as refused:
            teacher.run(*words)
        assert "Traceback" not in str(refused.value)
    path.write_text(whole)
    teacher.run("nbgrader", "release_assignment", UNIT, "--force")


def test_grades_are_those_of_the_work(everybody, second_round):
    teacher, *_ = everybody
    with Gradebook(f"sqlite:///{teacher.place / 'gradebook.db'}") as book:
        scores = quiet(lambda: {s.student.id: s.score for s in book.assignment_submissions(UNIT)})()
    assert scores == {"ada": 7, "bob": 7, "dora": 0}


@pytest.fixture
def full_disk(monkeypatch):
    """From now on each file is only begun."""

    def begin(source, target, **_):
        Path(target).write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(shutil, "copyfile", begin)


def test_a_full_disk_leaves_nothing_half_released_or_collected(everybody, second_round, full_disk, monkeypatch):
    teacher, *_ = everybody
    given, taken = (
        teacher.machine / "exchange" / "vision_course" / "outbound" / UNIT,
        teacher.place / "submitted" / "ada",
    )
    shutil.rmtree(taken)
    for words, folder in ((("release_assignment", "--force"), given), (("collect",), taken / UNIT)):
        with pytest.raises(AssertionError, match="No space left on device.*Nothing half written stays: make"):
            teacher.run("nbgrader", words[0], UNIT, *words[1:])
        assert not folder.exists()
    monkeypatch.undo()
    teacher.run("nbgrader", "release_assignment", UNIT)
    teacher.run("nbgrader", "collect", UNIT)
    assert (taken / UNIT / f"{UNIT}.safetensors").exists()


def test_what_was_cut_short_while_it_was_handed_in_is_not_collected(everybody, second_round):
    teacher, ada, *_ = everybody
    inbound = teacher.machine / "exchange" / "vision_course" / "inbound"
    for name in ("ada", "eve"):
        half = inbound / f"{name}+{UNIT}+2090-01-01 00:00:00.000000 UTC+random"
        half.mkdir()
        (half / f"{UNIT}.ipynb").write_text("half")
    said = teacher.run("nbgrader", "collect", UNIT, "--update")
    lines = [line for line in said.splitlines() if "was cut short" in line]
    assert ["ada: " in line and "The one before it is collected" in line for line in sorted(lines)] == [True, False]
    assert "Nothing is collected: ask for it again" in sorted(lines)[1]
    assert "half" not in (teacher.place / "submitted" / "ada" / UNIT / f"{UNIT}.ipynb").read_text()[:10]
    assert not (teacher.place / "submitted" / "eve").exists()
