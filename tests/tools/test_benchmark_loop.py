"""A student's waits: the clocks of real cells in real kernels, budgets on literal numbers, the Markdown."""

import time
from contextlib import contextmanager
from itertools import count

import nbformat
import pytest

from benchmarks import loop, run_all, turns
from benchmarks.grading import BenchmarkError
from benchmarks.loop import Waited
from benchmarks.run_all import Ran
from course_lib import units
from tools.figures.run_notebooks import run_notebook

PICTURE = 'from IPython.display import HTML\nHTML(\'<img src="data:image/png;base64," alt="one">\')'
WORK = "import time\nend = time.process_time() + {}\nwhile time.process_time() < end:\n    pass"
UNITS = [unit.id for unit in units.UNITS]


def notebook(*cells):
    """Of (source, grade_id or "")."""
    made = nbformat.v4.new_notebook()
    for source, name in cells:
        grade = {"nbgrader": {"grade": True, "grade_id": name}} if name else {}
        made.cells.append(nbformat.v4.new_code_cell(source, metadata=grade))
    return made


def test_runs_come_in_turn_and_each_has_its_own_seconds():
    ticks, called = count(), []
    tasks = [lambda: called.append("ours"), lambda: (called.append("peer"), next(ticks))]
    assert turns.in_turn(2, *tasks, clock=lambda: next(ticks)) == [[1, 1], [2, 2]]
    assert called == ["ours", "peer", "ours", "peer"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0213, "0.0213"),
        (0.5, "0.500"),
        (2.134, "2.13"),
        (9.999, "10.0"),
        (213.4, "213"),
        (2134.0, "2,134"),
        (0, "0.00"),
    ],
)
def test_a_number_has_three_digits(value, said):
    assert turns.number(value) == said


def test_several_runs_are_told_with_their_spread_and_divided_by_their_medians():
    assert turns.told([3.0, 1.0, 2.0]) == "2.00 (1.00–3.00)"
    assert turns.told([0.004], unit=1e-3) == "4.00"
    assert turns.ratio([3.0, 100.0, 2.0], [1.5, 1.0, 9.0]) == 2.0


def test_the_first_picture_and_the_slowest_check_are_read_off_the_clocks(tmp_path):
    work = [WORK.format(seconds) for seconds in (0.3, 0.6, 0.1)]
    cells = [(work[0], ""), (PICTURE, ""), (work[1], "check_slow"), (work[2], "check_quick"), (work[1], "experiment")]
    ran = run_notebook(notebook(*cells), tmp_path, {})
    found = run_all.summed("lecture", "02_rcnn", False, ran)
    assert 0.3 <= found.picture < found.worked - 1.2
    assert found.check[0] == "slow"
    assert 0.5 < found.check[1] < 0.9
    assert [worked for _, worked in ran.clocks] == sorted(worked for _, worked in ran.clocks)
    assert len(ran.clocks) == 5
    assert ran.clocks[-1][0] <= found.seconds


@pytest.mark.parametrize(("kind", "source"), [("lecture", "1 / 0"), ("exercise", "1"), ("exercise", "1 / 0")])
def test_a_notebook_that_ends_otherwise_than_it_should_is_an_error(kind, source, tmp_path):
    ran = run_notebook(notebook((source, "")), tmp_path, {})
    with pytest.raises(BenchmarkError, match="02_rcnn"):
        run_all.summed(kind, "02_rcnn", False, ran)


def test_an_exercise_as_released_is_run_to_its_first_check():
    (found,) = run_all.measure(["0"], kinds=["exercise"], workers=1)
    assert (found.kind, found.unit, found.check) == ("exercise", "00_cnn_recap", None)
    assert 0.5 < found.worked < 60
    assert 5e7 < found.peak < 1.5e9


def test_a_notebook_beside_neighbours_is_told_apart(monkeypatch):
    seen = []

    @contextmanager
    def neighbours():
        yield seen.append("come")
        seen.append("gone")

    monkeypatch.setattr(run_all, "busy", neighbours)
    (found,) = run_all.measure(["2"], kinds=["exercise"], workers=1, crowded=True)
    assert seen == ["come", "gone"]
    assert "| exercise 02_rcnn | busy |" in run_all.table([found])


def a_lecture(**other):
    return Ran(**({"kind": "lecture", "unit": "02_rcnn", "busy": False} | other))


@pytest.mark.parametrize(
    ("found", "over"),
    [
        (a_lecture(seconds=60, worked=44.9, peak=1_400_000_000, picture=14.9, check=("nms", 0.9)), []),
        (a_lecture(seconds=46, worked=45.1, peak=1_600_000_000, picture=15.1), ["time", "first picture", "memory"]),
        (Ran("solution", "02_rcnn", True, 300, 119, 1, picture=20.0, check=("nms", 1.1)), ["check"]),
        (Ran("exercise", "02_rcnn", False, 300, 200, 1), []),
    ],
)
def test_what_is_over_its_budget_is_named(found, over):
    assert found.over == over
    assert (f"{found.kind} 02_rcnn: {', '.join(over)}" in run_all.table([found])) == bool(over)


def test_every_notebook_is_a_line():
    found = [Ran("solution", "02_rcnn", False, 41.26, 40.04, 1_204_000_000, 12.04, ("nms", 0.314))]
    text = run_all.table(found)
    assert "| solution 02_rcnn | idle | 41.3 | 40.0 | 120 | 12.0 | `nms` 0.31 | 1.20 |" in text.splitlines()
    assert "keeps every budget" in text


def test_an_import_is_timed_in_a_process_of_its_own():
    seconds, worked = loop._imported("import time; time.sleep(0.3)")
    assert seconds >= 0.3 > worked
    _, worked = loop._imported(WORK.format(0.3))
    assert worked >= 0.3


def test_three_checks_in_a_kernel():
    start = time.perf_counter()
    found = loop.checks(rounds=1)
    assert [one.what for one in found] == [loop.STARTED, *loop.CHECKS]
    assert sum(one.seconds[0] for one in found) < time.perf_counter() - start
    assert all(one.seconds[0] > 0 for one in found)
    assert found[0].worked[0] > 1  # PyTorch is imported


def test_a_check_that_lets_a_wrong_answer_pass_is_an_error(monkeypatch):
    monkeypatch.setattr(loop, "WRONG", loop.RIGHT)
    with pytest.raises(BenchmarkError, match="did not say what it should"):
        loop.checks(rounds=1)


@pytest.mark.parametrize("unit", UNITS)
def test_each_lecture_is_cut_after_its_first_picture(unit):
    cells = [cell.source for cell in loop.to_first_picture(run_all.notebook_of("lecture", unit)).cells]
    assert ["plots.show(" in source for source in cells if "plots.show(" in source] == [True]
    assert "plots.show(" in cells[-1]


def test_the_loop_as_a_table():
    imports = Waited("imports", "import torch, course_lib", False, (2.0, 2.2, 2.1), (1.8, 1.9, 2.0), (1.9, 1.9, 1.9))
    check = Waited("checks", loop.EDITED, True, (2.0,), (1.5,), budget=1.0)
    assert loop.table([imports, check]).splitlines()[-2:] == [
        "| import torch, course_lib | idle | 3 | 2.10 (2.00–2.20) | 1.90 (1.80–2.00) | 1.00 | – |",
        "| after an edit, now right | busy | 1 | 2.00 | 1.50 | – | 1, **not met** |",
    ]


def test_what_a_notebook_has_learned_stays_where_it_is_wanted(tmp_path, monkeypatch):
    writes = "from pathlib import Path\nPath('02_rcnn.safetensors').write_bytes(b'learned')\nraise NotImplementedError"
    monkeypatch.setattr(run_all, "notebook_of", lambda kind, unit: notebook((writes, "")))
    run_all.run("exercise", "02_rcnn", keep=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"02_rcnn.safetensors": b"learned"}
