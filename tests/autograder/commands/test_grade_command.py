"""`autograder grade` as an instructor runs it: a class, Ctrl-C, and what it says when something is wrong."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.samples.small_course import UNIT

pytestmark = [pytest.mark.long, pytest.mark.sandbox]
PROGRAM = Path(sys.executable).with_name("autograder")


def command(course, *words):
    return subprocess.run([PROGRAM, "grade", UNIT, *words], cwd=course, capture_output=True, text=True, check=False)


def test_the_command_grades_a_class_and_says_so(course):
    (course / "submitted" / "bob" / UNIT / f"{UNIT}.ipynb").write_text("no notebook")
    done = command(course, "--json", "--workers", "2")
    assert done.returncode == 3, done.stderr
    rows = {row["student"]: (row["points"], row["look"]) for row in map(json.loads, done.stdout.splitlines())}
    assert rows == {"ada": (7.0, ""), "bob": (0.0, "?"), "cy": (7.0, "")}
    assert "Graded, but somebody should look:\nbob: The file is not a Jupyter notebook." in done.stderr
    assert [line.split("  ")[0] for line in done.stderr.splitlines()[1:4]].count("bob") == 1
    again = command(course)
    assert (again.returncode, again.stderr.splitlines()[0]) == (3, "0 to grade")
    assert "ada" in again.stdout


def test_what_is_no_notebook_is_named_and_the_exit_status_says_so(course):
    folder = course / "submitted" / "bob" / UNIT
    (folder / f"{UNIT}.ipynb").rename(folder / "work.zip")
    (folder / "work.zip").write_bytes(b"PK\x03\x04")
    done = command(course, "--json", "--workers", "1")
    rows = {row["student"]: row["points"] for row in map(json.loads, done.stdout.splitlines())}
    assert (done.returncode, rows) == (1, {"ada": 7.0, "bob": 0.0, "cy": 7.0})
    assert "bob: Nothing readable was handed in. What lies there: a zip archive (work.zip)" in done.stderr
    assert "Still to write" not in done.stderr
    door = subprocess.run(
        [PROGRAM.with_name("nbgrader"), "autograde", UNIT, "--force"], cwd=course, capture_output=True, text=True
    )
    assert door.returncode == 1
    assert "a zip archive (work.zip)" in door.stderr


def test_ctrl_c_at_any_moment_and_then_on(course):
    for wait in (1.0, 5.0):
        running = subprocess.Popen([PROGRAM, "grade", UNIT], cwd=course, stderr=subprocess.PIPE, text=True)
        time.sleep(wait)
        running.send_signal(signal.SIGINT)
        said = running.communicate(timeout=600)[1]
        assert "Traceback" not in said
        assert running.returncode in (0, 130)
    done = command(course, "--json")
    assert [json.loads(line)["points"] for line in done.stdout.splitlines()] == [7.0] * 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scheduler", "tcp://127.0.0.1:9"), "--anyone-may-connect"),
        (("--scheduler", "tcp://127.0.0.1:9", "--anyone-may-connect"), "does not answer"),
        (("--database", "postgresql://127.0.0.1:9/book"), "cannot be used"),
    ],
)
def test_errors_of_the_command_are_readable(course, words, told):
    done = command(course, *words)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
