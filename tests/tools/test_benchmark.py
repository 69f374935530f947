"""The benchmark's arithmetic on literal numbers, and its running and reading on two submissions."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace

import psutil
import pytest

from benchmarks import __main__ as bench
from benchmarks import document, grading, growth, load
from benchmarks.document import OURS, STOCK, Measured, Overhead
from benchmarks.grading import BenchmarkError, Run
from benchmarks.growth import Grown
from benchmarks.load import Held
from course_lib.errors import CourseError
from tools.samples import sample_class

POINTS = {"abena": 7.0, "zofia": 0.0}


def a_run(grader=OURS, seconds=10.0, points=POINTS, own=None):
    return Run(grader, seconds, points, own or {}, load=0.25)


def a_class(stock=240.0, ours=(12.0, 10.0, 11.0)):
    graded = {STOCK: 30, OURS: 30}
    return Measured("two functions", 30, graded, {STOCK: [stock], OURS: list(ours)}, [0.1] * 4, (0.05, 0.2))


def test_submissions_per_minute_and_their_ratio():
    assert a_class().per_minute(STOCK) == 7.5
    assert a_class().per_minute(OURS) == pytest.approx(30 * 60 / 11)  # the median run
    assert a_class().ratio == pytest.approx(240 / 11)


def test_the_last_printed_line_is_the_ratio_of_the_first_class():
    lines = document.summary([a_class(), a_class(stock=20.0)], Overhead(0.3, 0.5, 30)).splitlines()
    assert lines[-1] == "ratio: 21.8"
    assert "two functions, nbgrader autograde: 7.5 submissions a minute" in lines
    assert "two functions: 1.8 times as many" in lines


@pytest.mark.parametrize(
    ("stock", "worst", "met"),
    [(340.0, 0.5, ("at least 30, met", "0.7 s, met")), (100.0, 0.8, ("30, **not met**", "0.7 s, **not met**"))],
)
def test_the_document_says_whether_the_targets_are_met(stock, worst, met):
    text = document.document([a_class(stock), a_class()], Overhead(0.3, worst, 30), "", "Measured on a machine.")
    assert all(words in text for words in met)
    assert "12.0, 10.0, 11.0" in text
    assert text.count("at least 30") == 1
    assert text.endswith("Measured on a machine.\n")


def test_a_slower_machine_has_a_page_of_its_own_with_the_same_targets(monkeypatch, tmp_path):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "idle", lambda learned=None: {})
    monkeypatch.setattr(bench, "graded", lambda *args: ([a_class(100.0)], Overhead(0.3, 0.8, 30)))
    bench.main(part=[], slower=True)
    (written,) = (tmp_path / "docs").iterdir()
    assert written.name == "slower.md"
    assert written.read_text(encoding="utf-8").startswith("# On a slower machine")
    assert "at least 30, **not met**" in written.read_text(encoding="utf-8")
    with pytest.raises(CourseError, match="either --busy or --slower"):
        bench.main(part=[], slower=True, busy=True)  # else neighbours.md were from another machine than benchmarks.md


def test_beside_neighbours_no_time_has_a_target():
    found = [replace(a_class(), beside=1.5)]
    text = document.document(found, Overhead(0.3, 0.8, 30), "", "Measured on a machine.", document.NEIGHBOURS)
    assert text.startswith("# Beside neighbours")
    assert "wanted" not in text
    assert " met" not in text
    assert "the code of its notebook" not in text  # its questions are not timed by the clock
    assert "wanted" not in document.summary(found, Overhead(0.3, 0.8, 30), promised=False)


def test_a_submission_is_told_by_its_stages():
    stages = dict.fromkeys(document.STAGES, 0.05) | {document.CLOCK: 0.07, document.EMPTY: 0.04}
    said = document.summary([a_class()], Overhead(0.3, 0.5, 30, 0.06, stages))
    assert "nbgrader's own steps and recording the grades take 0.060 s (median)" in said
    assert "judging 0.050 s" in said
    assert "sitting the exam takes 0.070 s, and a sandbox in which nothing is run 0.040 s." in said


def test_the_ratio_is_told_with_its_spread():
    text = document.document([a_class(), a_class(ours=[10.0])], None, "", "Measured on a machine.")
    assert "| two functions | 21.8 (20.0–24.0) |" in text
    assert "| two functions | 24.0, one run of each | – |" in text


def test_the_machine_is_described():
    said = document.machine()
    assert all(word in said for word in ("cores", "GB of memory", "Python 3", "nbgrader 0", "torch 2"))


def test_runs_in_turn(capsys):
    runs = grading.in_turn(a_run, stock=1, ours=3)
    assert [one.grader for one in runs] == [OURS, STOCK, OURS, OURS]
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_whom_a_grader_gave_up_on_is_said():
    some = Measured("all", 4, {STOCK: 1, OURS: 4}, {STOCK: [9.0], OURS: [3.0]}, [0.0])
    assert "all: `nbgrader autograde` gave up on 3 of 4" in document.summary([some], None)
    assert "gave up" not in document.summary([a_class()], None)


def test_what_a_class_is_summed_up_to():
    runs = [a_run(own={"abena": 0.1, "zofia": 0.3}), a_run(STOCK, 40.0, {"abena": 6.0, "zofia": 0.0})]
    found, seconds = grading.measured("two", 2, runs), {STOCK: [40.0], OURS: [10.0]}
    assert found == Measured("two", 2, {STOCK: 2, OURS: 2}, seconds, [0.25, 0.25], (pytest.approx(0.2), 0.3))
    assert grading.measured("two", 2, [a_run(), a_run(STOCK)]).own is None


def test_only_exams_that_took_long_are_compared_with_their_own_code():
    run = replace(a_run(own={"abena": 5.0, "zofia": 0.1}), beside={"abena": 1.25, "zofia": 9.0})
    found = grading.measured("all", 2, [run, a_run(STOCK)])
    assert found.beside == 1.25
    assert "takes by the clock 1.25 times as long as the code of its notebook" in document.summary([found], None)
    assert grading.measured("all", 2, [a_run(own={"abena": 0.5}), a_run(STOCK)]).beside is None


def test_two_runs_that_differ_are_refused():
    with pytest.raises(BenchmarkError, match="different points"):
        grading.measured("two", 2, [a_run(), a_run(points={"abena": 7.0, "zofia": 1.0}), a_run(STOCK)])


def test_own_code_is_read_from_the_journal(tmp_path):
    from autograder.exam.results import Checked, Result

    times = {"given_1": 0.5, "box_iou": 0.02, "mine": 0.01}
    checks = (Checked("box_iou", 3, 3, seconds=0.04),)
    result = Result("02_rcnn", "abena", "none", checks, times=times, seconds=0.57)
    folder = tmp_path / ".grading" / "02_rcnn"
    folder.mkdir(parents=True)
    (folder / "abena.json").write_text(json.dumps({"digest": "", "result": result.to_json()}))
    (found,) = grading.results(tmp_path)
    assert (grading._own(found), grading._beside(found)) == (pytest.approx(0.07), pytest.approx(1.0))
    assert grading.results(tmp_path / "elsewhere") == []


def test_a_class_of_some_has_each_kind_first(tmp_path):
    course = grading.class_of(tmp_path, 6, small=True)
    students = {path.name for path in (course / "submitted").iterdir()}
    kinds = {sample.kind for sample in sample_class.samples(course, readable=True) if sample.student in students}
    assert len(students) == len(kinds) == 6


def test_a_run_that_grades_nobody_says_so(tmp_path, monkeypatch):
    course = grading.class_of(tmp_path, 2, small=True)
    monkeypatch.setattr(grading, "COMMANDS", {OURS: ["python", "-c", "print('nothing done')"]})
    with pytest.raises(BenchmarkError, match="(?s)left out abena, beatriz.*nothing done"):
        grading.run(OURS, course)
    with closing(sqlite3.connect(course / "gradebook.db")) as database:
        assert database.execute("select count(*) from submitted_assignment").fetchone() == (0,)


@pytest.mark.long
@pytest.mark.release
@pytest.mark.sandbox
def test_both_graders_on_two_submissions(tmp_path):
    course = grading.class_of(tmp_path, 2, small=True)
    stock, ours = grading.run(STOCK, course), grading.run(OURS, course)
    assert stock.points == ours.points == {"abena": 7, "beatriz": 3}  # all right; the first of two functions
    assert stock.own == stock.beside == {}
    assert ours.own.keys() == ours.points.keys()
    assert 0 < max(ours.own.values()) < 0.3
    assert stock.seconds > 3  # it imports torch twice
    assert ours.seconds > 0.5


def test_a_class_that_is_larger_than_the_sample_has_its_students_again_under_other_names(tmp_path):
    course = grading.class_of(tmp_path, 33, small=True)
    students = sorted(path.name for path in (course / "submitted").iterdir())
    again = [name for name in students if "_" in name]
    assert len(students) == 33
    assert [name.rpartition("_")[2] for name in again] == ["30", "31", "32"]
    for name in again:
        one, first = (next((course / "submitted" / each).rglob("*.ipynb")) for each in (name, name.rpartition("_")[0]))
        assert one.read_bytes() == first.read_bytes()


def test_the_growth_as_a_table():
    found = [
        Grown(200, 1, False, 36.0, Held(1_000_000_000, 8e8)),
        Grown(200, 2, False, 24.0, Held(1_234_000_000, 8.6e8)),
        Grown(50, 2, True, 60.0, Held(1_000_000_000, 8e8)),
    ]
    lines = growth.table(found).splitlines()
    assert lines[-4:-2] == ["| 200 | 2 | idle | 24.0 | 500 | 1.23 |", "| 50 | 2 | busy | 60.0 | 50 | 1.00 |"]
    assert "usually hold 0.80 GB with one worker and 0.86 GB with two" in lines[-1]
    assert lines[-1].endswith("two workers grade 1.50 times as many a minute.")


def test_growth_grades_each_class_of_its_plan(monkeypatch):
    seen, others = [], children()

    def run(grader, course, options):
        neighbours = len(children() - others)
        seen.append((len([*(course / "submitted").iterdir()]), options, neighbours > 0))
        return a_run(grader, 2.0)

    monkeypatch.setattr(growth, "run", run)
    plan = ((2, 1, False), (3, 2, False), (2, 2, True))
    found = growth.measure(plan)
    assert [(one.students, one.workers, one.busy) for one in found] == [*plan]
    assert seen == [(2, ("--workers", "1"), False), (3, ("--workers", "2"), False), (2, ("--workers", "2"), True)]
    assert found[1].per_minute == 90


def test_memory_is_that_of_a_process_and_of_all_below_it():
    code = "x = bytearray(150_000_000); input()"
    nested = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    with subprocess.Popen([sys.executable, "-c", nested], stdin=subprocess.PIPE) as process:
        memory = load.Memory(process.pid)
        deadline = time.monotonic() + 60
        while max(memory.looks, default=0) < 150_000_000 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.communicate(b"\n")
        found = memory.stop()
        assert found.usual <= found.peak
        assert 150_000_000 < found.peak < 400_000_000
    assert load.held(process.pid) == 0


def test_neighbours_keep_every_core_busy_and_end():
    others = children()
    with load.busy():
        neighbours = children() - others
        assert len(neighbours) == len(os.sched_getaffinity(0))
        assert all(one.is_running() for one in neighbours)
        assert all(os.getsid(one.pid) == one.pid for one in neighbours)  # as another user's
    assert not any(one.is_running() for one in neighbours)


def children() -> set[psutil.Process]:
    """Those of this process; a test before may have left one that serves others, too."""
    return {*psutil.Process().children()}


@pytest.mark.sandbox
def test_each_stage_of_a_submission_takes_some_time(tmp_path):
    course = grading.class_of(tmp_path, 4, small=True)
    seconds = json.loads(grading._said("benchmarks.stages", course))
    assert set(seconds) == {*document.STAGES, document.CLOCK, document.EMPTY}
    assert all(0 < value < 20 for value in seconds.values())
