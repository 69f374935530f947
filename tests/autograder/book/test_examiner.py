"""Through nbgrader's own doors: a class is graded by `nbgrader autograde` and by `autograder grade`, with feedback."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from safetensors.numpy import save_file

from autograder.commands.common import DOUBTFUL
from autograder.exam import papers
from tests.helpers.people import Person

pytestmark = [pytest.mark.long, pytest.mark.sandbox]
UNIT = "02_rcnn"
WRITTEN = 4


def command(course, *words, check=True):
    """Run a program of this environment in the course's folder; the environment is not on the PATH."""
    words = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    environment = {**os.environ, "PATH": os.pathsep.join(["/usr/bin", "/bin"])}
    done = subprocess.run(words, cwd=course, env=environment, capture_output=True, text=True)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def hand_in(course, student, notebook, weights=True):
    folder = course / "submitted" / student / UNIT
    folder.mkdir(parents=True)
    text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
    (folder / f"{UNIT}.ipynb").write_text(text)
    if weights:  # not those of a training: the experiment then earns nothing, and nothing is trained here
        save_file({"nothing": np.zeros(1, np.float32)}, folder / f"{UNIT}.safetensors")


def with_source(notebook, name, source):
    copy = nbformat.reads(nbformat.writes(notebook), as_version=4)
    next(c for c in copy.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name).source = source
    return copy


@pytest.fixture(scope="module")
def course(tmp_path_factory, root):
    """A course of one unit with five submissions, graded once."""
    from tools.build.notebooks import built

    course = tmp_path_factory.mktemp("course")
    (course / "solutions" / UNIT).mkdir(parents=True)
    shutil.copy(root / "nbgrader_config.py", course)
    shutil.copy(root / "solutions" / UNIT / f"{UNIT}.py", course / "solutions" / UNIT)
    for path, text, _ in built(course, UNIT):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    solution, exercise = (
        nbformat.read(course / kind / UNIT / f"{UNIT}.ipynb", 4) for kind in ("solutions", "exercises")
    )
    hand_in(course, "ada", solution)
    hand_in(course, "bob", exercise)
    hand_in(course, "eve", "this is not a notebook")
    hand_in(
        course,
        "max",
        with_source(solution, "nms", "def nms(boxes, scores, threshold):\n    return scores.argsort(descending=True)"),
    )
    hand_in(course, "zoe", skipping(exercise))
    command(course, "autograder", "build", UNIT)
    command(course, "nbgrader", "autograde", UNIT, check=False)
    return course


def skipping(exercise):
    """The exercise with every check emptied and tagged: full marks in stock nbgrader."""
    for cell in exercise.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source, cell.metadata["tags"] = "pass", ["skip-execution"]
    return exercise


@pytest.fixture(scope="module")
def teacher(course, tmp_path_factory):
    """Who grades, in the course's folder: nbgrader's commands run in this process, which has started already."""
    return Person("teacher", tmp_path_factory.mktemp("machine"), course)


@pytest.fixture(scope="module")
def grades(course):
    """Points of each student, as `autograder grade` prints them."""
    done = command(course, "autograder", "grade", UNIT, "--json", check=False)
    assert done.returncode == DOUBTFUL, done.stdout + done.stderr  # eve's file is no notebook
    return {row["student"]: row for row in map(json.loads, done.stdout.splitlines())}


def functions(row):
    """A student's points for the functions: all but the experiment and the written question."""
    return sum(p for name, p in row["checks"].items() if p is not None and name != "check_experiment")


FUNCTION_POINTS = sum(check.points for check in papers.checks_of(UNIT) if check.name != "experiment")


def test_every_submission_is_graded(grades):
    assert {student: functions(row) for student, row in grades.items() if student != "max"} == {
        "ada": FUNCTION_POINTS,
        "bob": 0,
        "eve": 0,
        "zoe": 0,
    }
    assert {row["max"] for row in grades.values()} == {FUNCTION_POINTS + 10 + WRITTEN}


def test_a_wrong_function_costs_its_own_points_only(grades):
    checks = grades["max"]["checks"]
    assert checks["check_nms"] < 4
    assert functions(grades["max"]) - checks["check_nms"] == FUNCTION_POINTS - 4


def test_written_questions_wait_for_a_human(grades):
    assert grades["ada"]["checks"]["written_1"] is None


def test_regrading_gives_the_same_points(course, teacher, grades):
    teacher.run("nbgrader", "autograde", UNIT, "--student", "max", "--force")
    again = command(course, "autograder", "grade", UNIT, "--json", check=False).stdout.splitlines()
    assert {row["student"]: row for row in map(json.loads, again)} == grades


def test_a_manual_score_survives_a_regrade(course, teacher, grades):
    from nbgrader.api import Gradebook

    from autograder.book.gradebook import quiet

    def set_score():
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
            gradebook.find_grade("written_1", UNIT, UNIT, "bob").manual_score = 3
            gradebook.db.commit()

    quiet(set_score)()
    teacher.run("nbgrader", "autograde", UNIT, "--student", "bob", "--force")
    rows = command(course, "autograder", "grade", UNIT, "--json", check=False).stdout.splitlines()
    assert {row["student"]: row["points"] for row in map(json.loads, rows)}["bob"] == 3


def test_the_feedback_page_explains(course, teacher, grades):
    teacher.run("nbgrader", "generate_feedback", UNIT)
    pages = {s: (course / "feedback" / s / UNIT / f"{UNIT}.html").read_text() for s in ("max", "eve", "ada")}
    assert "Nothing is suppressed." in pages["max"]
    assert "not a Jupyter notebook" in pages["eve"]
    assert "without a sandbox" not in pages["ada"]
    assert "Smallest counterexample" not in pages["max"]


def test_no_source_file_is_copied_and_nothing_is_left_behind(course, grades):
    for folder in ("autograded", "exercises", "releases"):
        assert list((course / folder).rglob("*.py")) == []
        assert list((course / folder).rglob("*.safetensors")) == []
    assert list(course.glob(".intake-*")) == []


def test_an_unknown_unit_and_sandbox_are_one_readable_line(course):
    for words, reason in (
        (("grade", "77_none"), "There is no unit '77_none'"),
        (("grade", UNIT, "--sandbox", "x"), "no sandbox"),
    ):
        done = command(course, "autograder", *words, check=False)
        assert done.returncode == 1
        assert reason in done.stderr
        assert "Traceback" not in done.stderr


def test_a_release_is_kept_and_a_submission_is_graded_by_its_own(course, grades):
    from autograder.release import releases

    kept = list((course / "releases" / UNIT).glob("*.ipynb"))
    exercise = nbformat.read(course / "exercises" / UNIT / f"{UNIT}.ipynb", as_version=4)
    assert [path.stem for path in kept] == [releases.release_of(exercise)]
    found, note = releases.find(UNIT, course, kept[0].stem)
    assert (found.cells, note) == (exercise.cells, "")
    assert "present one" in releases.find(UNIT, course, "unknown")[1]


def test_nbgrader_too_takes_a_unit_as_a_path_and_leaves_nothing_behind(course, teacher, grades):
    from nbgrader.api import Gradebook

    refused = command(course, "nbgrader", "autograde", "./02_rcn", check=False)
    assert refused.returncode == 1
    assert "There is no unit './02_rcn'" in refused.stderr
    teacher.run("nbgrader", "autograde", f"./{UNIT}/")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        assert [assignment.name for assignment in book.assignments] == [UNIT]
    assert {path.name for path in (course / "autograded").glob("*/*")} == {UNIT}


def test_nbgrader_too_counts_a_corrected_time_stamp(course, teacher, grades):
    from nbgrader.api import Gradebook

    from autograder.book.gradebook import quiet

    def timestamp():
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
            return book.find_submission(UNIT, "bob").timestamp

    for text in ("2030-01-15 09:00:00 UTC", "2030-01-13 09:00:00 UTC", ""):
        (course / "submitted" / "bob" / UNIT / "timestamp.txt").write_text(text)
        teacher.run("nbgrader", "autograde", UNIT, "--student", "bob")
        assert str(quiet(timestamp)()) == (text.removesuffix(" UTC") or "None")
