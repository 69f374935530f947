"""Three graders idle and busy: who is compared with whom, what counts as a fault, and the table."""

import pytest

from benchmarks import crowded
from benchmarks.crowded import Once, Row
from benchmarks.document import OURS, STOCK
from benchmarks.grading import BenchmarkError, Run
from benchmarks.otter import OTTER, Graded

WRONG = {"abena": 7.0, "beatriz": 3.0, "chidi": 0.0}
PARTLY = {"abena": 7.0, "beatriz": 4.5, "chidi": 0.0}  # ours gives parts of points
STUDENTS = list(WRONG)
ASKED = {OURS: STUDENTS, STOCK: STUDENTS, OTTER: STUDENTS[:2]}


def idle(ours=PARTLY, stock=WRONG, otter=None):
    otter = otter or {student: WRONG[student] for student in ASKED[OTTER]}
    return {OURS: [Once(ours, 3.0, 1)] * 2, STOCK: [Once(stock, 9.0, 1)], OTTER: [Once(otter, 18.0, 1)]}


def test_graders_that_agree_give_everybody_s_points():
    assert crowded.agreed(idle(), ASKED) == {OURS: PARTLY, STOCK: WRONG, OTTER: {"abena": 7.0, "beatriz": 3.0}}


def test_a_student_who_writes_to_stderr_has_nothing_from_stock_nbgrader_alone():
    runs = idle(ours=PARTLY | {"beatriz": 7.0}, stock=WRONG | {"beatriz": 0.0}, otter={"abena": 7.0, "beatriz": 7.0})
    assert crowded.agreed(runs, ASKED, {"beatriz"})[STOCK]["beatriz"] == 0
    with pytest.raises(BenchmarkError, match="different points"):
        crowded.agreed(runs, ASKED)
    with pytest.raises(BenchmarkError, match="of stderr: different points"):
        crowded.agreed(idle(), ASKED, {"beatriz"})


def test_who_is_loud(tmp_path):
    from benchmarks import grading

    course = grading.class_of(tmp_path, 2, small=True)
    assert crowded.loud(course, ["abena", "emre", "emre_31"]) == {"emre", "emre_31"}


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (idle(stock={"abena": 7.0, "beatriz": 3.0}), "`nbgrader autograde` left out chidi"),
        (idle(otter={"abena": 7.0, "beatriz": 7.0}), "`otter run` and `nbgrader autograde`: different points"),
        (idle(otter={"abena": 7.0}), "`otter run` left out beatriz"),
        (idle(ours=PARTLY | {"chidi": 7.0}), "who has all points"),
        (idle() | {OURS: [Once(PARTLY, 3.0, 1), Once(PARTLY | {"chidi": 1.0}, 3.0, 1)]}, "in two runs: different"),
    ],
)
def test_graders_that_do_not_agree_are_an_error(runs, told):
    with pytest.raises(BenchmarkError, match=told):
        crowded.agreed(runs, ASKED)


def test_beside_others_whoever_is_lost_or_has_other_points_is_named():
    runs = [Once(PARTLY, 3.0, 2), Once({"abena": 7.0, "beatriz": 0.0}, 5.0, 9)]
    found = crowded.row(OURS, True, runs, PARTLY, STUDENTS)
    assert found == Row(OURS, True, 3, (3.0, 5.0), (), 9, ("chidi",), ("beatriz",))
    assert found.per_minute == 45  # three in four seconds, the median


def test_the_graders_take_turns(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(crowded, "once", lambda *given: asked.append(given) or Once(WRONG, 1.0, 1))
    runs = crowded.in_turn(tmp_path, ASKED)
    assert [grader for grader, *_ in asked] == [OURS, STOCK, OTTER, OURS, OURS]
    assert {grader: len(found) for grader, found in runs.items()} == {OURS: 3, STOCK: 1, OTTER: 1}
    assert [students for grader, _, students in asked if grader == OTTER] == [STUDENTS[:2]]


def test_otter_s_run_is_the_sum_of_its_commands(monkeypatch, tmp_path):
    graded = {"abena": Graded(7.0, 5.0, 300), "chidi": Graded(None, 4.0, 500)}
    monkeypatch.setattr(crowded.otter, "run", lambda course, students: graded)
    assert crowded.once(OTTER, tmp_path, STUDENTS) == Once({"abena": 7.0}, 9.0, 500, (5.0, 4.0))


def test_the_busy_rows_are_measured_beside_neighbours(monkeypatch):
    from psutil import Process

    neighbours, others = [], {*Process().children()}  # a test before may have left one that serves others, too

    def run(grader, course, all_graded):
        neighbours.append(len({*Process().children()} - others))
        return Run(grader, 2.0, dict.fromkeys(crowded.otter.students_of(course), 7.0), {}, 0.0)

    monkeypatch.setattr(crowded.grading, "run", run)
    found = crowded.measure(students=2, graders=(OURS, STOCK))
    assert [(one.grader, one.crowded) for one in found] == [(OURS, False), (STOCK, False), (OURS, True), (STOCK, True)]
    assert neighbours[:4] == [0] * 4
    assert all(neighbours[4:])


ROWS = [
    Row(OURS, False, 30, (6.0, 6.2, 5.9), memory=2_000_000_000),
    Row(STOCK, False, 30, (90.0,)),
    Row(OTTER, False, 30, (180.0,), (5.5, 6.0, 7.25)),
    Row(OURS, True, 30, (15.0,)),
    Row(STOCK, True, 30, (180.0,), lost=("chidi",)),
    Row(OTTER, True, 10, (120.0,), (11.0, 13.0), changed=("abena",)),
]


def test_the_table_has_both_machines_and_every_ratio():
    text = crowded.table(ROWS)
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert lines[0] == "| `autograder grade` | idle | 30 | 6.0, 6.2, 5.9 | 0.20 | 300.0 | 2.00 | all graded |"
    assert "| 180.0 | 6.00 (5.50 to 7.25) | 10.0 |" in lines[2]
    assert lines[3].endswith("| as idle |")
    assert lines[4].endswith("| **1 lost** (chidi) |")
    assert lines[5].endswith("| **1 other** (abena) |")
    assert "30.0 times as many submissions per minute as `otter run` on the idle machine, 24.0 times" in text
    assert "otter-grader " in lines[2]
    assert "`autograder grade` takes 2.5 times as long, `nbgrader autograde` takes 2.0 times" in text
    assert max(map(len, text.partition("|")[0].splitlines())) <= 120
