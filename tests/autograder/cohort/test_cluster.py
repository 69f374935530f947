"""On a cluster: a Dask scheduler and two workers that speak TLS, the gradebook in a real PostgreSQL.

The same class gets the same grades as on one machine with SQLite.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.commands.grade import DOUBTFUL
from tests.helpers.servers import Postgres, certificates, dask_cluster
from tools.samples.sample_class import UNIT, make_class, make_course

pytestmark = [pytest.mark.long, pytest.mark.release, pytest.mark.postgres, pytest.mark.sandbox]
PROGRAM = Path(sys.executable).with_name("autograder")


@pytest.fixture(scope="module")
def postgres(program):
    server = Postgres(program("postgres"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A short course with the thirty samples, and the same course once more."""
    course = tmp_path_factory.mktemp("class") / "course"
    course.mkdir()
    make_course(course, small=True)
    make_class(course)
    run(course, "build", UNIT)
    again = shutil.copytree(course, course.with_name("again"))
    return course, again


def run(course, *words, **environment):
    own = {**os.environ, **environment}
    done = subprocess.run([PROGRAM, *words], cwd=course, env=own, capture_output=True, text=True, check=False)
    assert done.returncode in (0, DOUBTFUL), done.stderr  # two of the thirty files hold no exercise
    return done


def grades(course, *options, **environment):
    lines = run(course, "grade", UNIT, "--json", *options, **environment).stdout.splitlines()
    return {row["student"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def both(made, postgres, tmp_path_factory):
    """The grades from this machine with SQLite, and those from the cluster with PostgreSQL."""
    course, again = made
    here = grades(course, "--workers", "2")
    shutil.copy(course / "autograder.key", again)  # the same hidden inputs
    run(again, "build", UNIT, "--database", postgres.url)
    (again / "gradebook.db").unlink()
    folder = tmp_path_factory.mktemp("cluster")
    environment = certificates(folder / "grading")
    with dask_cluster(folder, 2, environment) as scheduler:
        there = grades(again, "--scheduler", scheduler, "--database", postgres.url, **environment)
        repeated = grades(again, "--scheduler", scheduler, "--database", postgres.url, **environment)
    return here, there, repeated


def test_a_cluster_with_postgresql_gives_the_same_grades(both):
    here, there, _ = both
    assert len(here) == 30
    assert there == {name: {**row, "late_by": ""} for name, row in here.items()}  # its gradebook has no due date
    points = {row["points"] for row in here.values()}  # of partly right answers, each key draws others
    assert {0.0, 7.0} < points


def test_grading_again_changes_nothing_and_examines_nobody(both, made):
    assert both[2] == both[1]
    exams = (made[1] / ".grading" / UNIT / "exams.log").read_text().splitlines()
    assert len(exams) == len({line.split("\t")[1] for line in exams}) == 30


def test_key_and_journal_lie_in_the_course_readable_by_their_owner_only(both, made):
    again = made[1]
    assert not (again / "gradebook.db").exists()
    assert (again / "autograder.key").stat().st_mode & 0o77 == 0
    assert (again / ".grading").stat().st_mode & 0o77 == 0


def test_nbgrader_s_own_tools_read_the_postgresql_gradebook(both, postgres):
    from nbgrader.api import Gradebook

    from autograder.book.gradebook import quiet

    def read():
        with Gradebook(postgres.url) as book:
            submission = book.find_submission_notebook(UNIT, UNIT, "chidi")
            comments = {comment.name: comment.auto_comment for comment in submission.comments}
            return submission.score, comments["box_iou"]

    points, comment = quiet(read)()
    assert points == both[0]["chidi"]["points"]
    assert " of " in comment
