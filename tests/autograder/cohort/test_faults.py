"""Grading 100 submissions while things die: each is graded once, with the scores of a run that nobody disturbed.

A worker, the coordinator and PostgreSQL are killed in the middle (kill -9), then the disk fills up; each time the
command is started again. What was counted stands in the output of `pytest -s` and in faults.json.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest

from autograder.commands.grade import DOUBTFUL
from tests.helpers.servers import Postgres
from tools.samples.small_course import UNIT, make_course

pytestmark = [pytest.mark.long, pytest.mark.release, pytest.mark.postgres, pytest.mark.sandbox]
PROGRAM = Path(sys.executable).with_name("autograder")
COUNT = 100
WRONG = "def box_iou(boxes1, boxes2):\n    return torch.zeros(len(boxes1), len(boxes2))"
GRADED = re.compile(r"^s\d{3}  [\d.]+ of ")
MEASURES = "size=96m"


class Run:
    """`autograder grade` as a process that can be watched and disturbed."""

    def __init__(self, course, database=""):
        words = [PROGRAM, "grade", UNIT, "--json", "--workers", "2", *(["--database", database] if database else [])]
        self.process = subprocess.Popen(words, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.graded, self.said, self.started = 0, [], time.monotonic()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.said.append(line)
            self.graded += bool(GRADED.match(line))

    def wait_for(self, count):
        """Wait until so many have been graded by this run."""
        while self.graded < count:
            assert self.process.poll() is None, "".join(self.said)[-2000:]
            time.sleep(0.02)

    def workers(self):
        """The processes that examine: forks of the one that Python's fork server is."""
        own = psutil.Process(self.process.pid).children()
        return [worker for server in own if "forkserver" in _known(server)[1] for worker in server.children()]

    def end(self):
        """Wait for its end. Returns the exit code, and what it wrote for a person."""
        rows = self.process.stdout.read()
        code = self.process.wait()
        self._reader.join()
        self.process.stdout.close()
        self.process.stderr.close()
        self.seconds = time.monotonic() - self.started
        self.rows = {row["student"]: row for row in map(json.loads, rows.splitlines())}
        return code, "".join(self.said)


def _known(process):
    """A process's parent and command line; 0 and "" where it has just ended."""
    try:
        return process.ppid(), " ".join(process.cmdline())
    except psutil.Error:
        return 0, ""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course of one function: right, wrong, unwritten and broken submissions in turn."""
    course = make_course(tmp_path_factory.mktemp("faults") / "course", functions=("box_iou",))
    solution, exercise = (
        nbformat.read(course / kind / UNIT / f"{UNIT}.ipynb", as_version=4) for kind in ("solutions", "exercises")
    )
    wrong = nbformat.from_dict(json.loads(nbformat.writes(solution)))
    next(c for c in wrong.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "box_iou").source = WRONG
    kinds = [nbformat.writes(each) for each in (solution, exercise, wrong)] + ["no notebook"]
    for number in range(COUNT):
        folder = course / "submitted" / f"s{number:03}" / UNIT
        folder.mkdir(parents=True)
        (folder / f"{UNIT}.ipynb").write_text(kinds[number % len(kinds)])
    assert subprocess.run([PROGRAM, "build", UNIT], cwd=course, check=False).returncode == 0
    return course


@pytest.fixture(scope="module")
def undisturbed(made):
    """The grades of a run that nobody disturbs."""
    run = Run(made)
    code, said = run.end()
    assert code == DOUBTFUL, said  # every fourth file is no notebook
    return run


@contextmanager
def small_disk(folder):
    """A folder that can fill up: a tmpfs of its own. Gives False where this machine does not let us mount one."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", MEASURES, "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(words, capture_output=True, check=False).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture(scope="module")
def disturbed(made, undisturbed, tmp_path_factory, program):
    """The same class on a small disk with PostgreSQL, disturbed four times. Gives what was seen."""
    disk, postgres = tmp_path_factory.mktemp("small") / "disk", Postgres(program("postgres"))
    with closing(postgres), small_disk(disk) as can_fill:
        course = disk / "course"
        leave = shutil.ignore_patterns("autograded", ".grading", "gradebook.db")
        shutil.copytree(made, course, ignore=leave)
        seen = {"can fill": can_fill, "undisturbed": {"seconds": round(undisturbed.seconds, 1)}}
        _disturb(course, postgres, seen)
        exams = (course / ".grading" / UNIT / "exams.log").read_text().splitlines()
        seen["exams"] = Counter(line.split("\t")[1] for line in exams)
        seen["rows in PostgreSQL"] = _rows(postgres.url)
        seen["left behind"] = [str(path) for path in course.glob(".intake-*")]
    told = {name: value for name, value in seen.items() if name not in ("exams", "last")}
    told |= {"exams": seen["exams"].total(), "students examined": len(seen["exams"])}
    print(json.dumps(told, indent=1))
    (tmp_path_factory.getbasetemp() / "faults.json").write_text(json.dumps(told, indent=1))
    return seen


def _disturb(course, postgres, seen):
    run = Run(course, postgres.url)
    run.wait_for(15)
    before, victim = run.graded, run.workers()[0]
    victim.kill()
    run.wait_for(35)
    seen["worker killed"] = {"graded before": before, "graded after": run.graded, "workers": len(run.workers())}
    run.process.kill()
    _note(run, "coordinator killed", seen)

    run = Run(course, postgres.url)
    run.wait_for(20)
    postgres.kill()
    _note(run, "PostgreSQL killed", seen)
    postgres.start()

    run = Run(course, postgres.url)
    if seen["can fill"]:
        run.wait_for(20)
        filler = course.parent / "filler"
        with open(filler, "wb") as file:
            subprocess.run(["cat", "/dev/zero"], stdout=file, stderr=subprocess.DEVNULL, check=False)
        _note(run, "disk full", seen)
        filler.unlink()
        run = Run(course, postgres.url)
    _note(run, "last run", seen)
    seen["last"] = run


def _note(run, name, seen):
    code, said = run.end()
    lines = [line for line in said.splitlines() if line and not GRADED.match(line)]
    seen[name] = {"graded in this run": run.graded, "exit code": code, "seconds": round(run.seconds, 1)}
    seen[name]["said"] = lines[:1] + lines[1:][-3:]
    seen[name]["traceback"] = "Traceback" in said


def _rows(url):
    from sqlalchemy import create_engine, text

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        counts = {
            table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar()
            for table in ("submitted_assignment", "submitted_notebook", "grade")
        }
    engine.dispose()
    return counts


def test_the_undisturbed_run_grades_everyone(undisturbed):
    assert len(undisturbed.rows) == undisturbed.graded == COUNT
    assert Counter(row["points"] for row in undisturbed.rows.values()).keys() >= {0.0, 3.0}


def test_scores_are_those_of_an_undisturbed_run(undisturbed, disturbed):
    assert disturbed["last run"]["exit code"] == DOUBTFUL
    assert disturbed["last"].rows == undisturbed.rows


def test_each_submission_is_examined_once_and_has_one_row(disturbed):
    interruptions = sum(name in disturbed for name in ("coordinator killed", "PostgreSQL killed", "disk full"))
    exams = disturbed["exams"]
    assert set(exams.values()) == {1}
    assert len(exams) >= COUNT - interruptions  # killed between keeping a result and logging it: kept, not logged
    assert disturbed["rows in PostgreSQL"] == {
        "submitted_assignment": COUNT,
        "submitted_notebook": COUNT,
        "grade": COUNT,
    }
    assert disturbed["left behind"] == []


def test_a_killed_worker_s_submission_is_taken_over_in_the_same_run(disturbed):
    assert disturbed["worker killed"]["workers"] == 2


def test_a_killed_database_is_one_readable_line(disturbed):
    seen = disturbed["PostgreSQL killed"]
    assert (seen["exit code"], seen["traceback"]) == (1, False)
    assert "start again: what is graded is kept" in seen["said"][-1]


def test_a_full_disk_is_one_readable_line(disturbed):
    if not disturbed["can fill"]:
        pytest.skip("no small disk: only root may mount a tmpfs, and not in every container")
    seen = disturbed["disk full"]
    assert (seen["exit code"], seen["traceback"]) == (1, False)
    assert "No space left" in "".join(seen["said"])


def test_nothing_is_left_of_a_killed_coordinator(disturbed):
    assert disturbed["coordinator killed"]["exit code"] == -signal.SIGKILL
    left = [(parent, command) for parent, command in map(_known, psutil.process_iter()) if parent == 1]
    assert [command for _, command in left if "multiprocessing.forkserver" in command] == []
