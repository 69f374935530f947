"""What was asked is never shown, and what was given is what is asked."""

import pytest

from autograder.exam import assess, locked, papers
from autograder.exam.cells import Cell, Limits
from autograder.exam.sitting import sit
from course_lib import units
from tools import ROOT
from tools.build.notebooks import build_exercise

UNIT = "02_rcnn"
KEEPS = """
import torch
kept = []
def box_iou(a, b):
    kept.append(a)
    return torch.zeros(len(a), len(b))
"""
SHOWS = """
import matplotlib.pyplot as plt
print('kept', len(kept), kept)
if kept:
    plt.figure()
open('kept', 'a').write(str(len(kept)))
raise ValueError(f"kept {len(kept)}: {kept}")
"""
CHECK = Cell("check", "", "box_iou")


@pytest.fixture(scope="module")
def questions():
    check = next(check for check in papers.checks_of(UNIT) if check.name == "box_iou")
    paper = papers.set_paper(UNIT, check, 3)
    return {"box_iou": (paper.check, paper.questions)}


def answers_of(questions, *cells, **more):
    return sit(UNIT, cells, questions, limits=Limits(cell=120, fit=120, submission=600), **more)


@pytest.mark.sandbox
def test_a_later_cell_shows_nothing_of_what_was_asked(questions):
    answers = answers_of(questions, Cell("run", KEEPS), CHECK, Cell("run", SHOWS, "", "late"))
    [shown] = answers.displayed["late"]  # its text and its traceback, and no picture
    assert shown["data"].startswith("kept 0 []\n")
    assert "kept 0: []" in shown["data"]
    assert [*answers.errors.values()] == ["ValueError: kept 0: []"]
    assert all(outcome.status == "answered" for outcome in answers.outcomes["box_iou"])


@pytest.mark.sandbox
def test_cells_that_show_before_and_after_are_shown_as_they_ran(questions):
    cells = [Cell("run", "n = 1\nprint('first', n)", "", "a"), Cell("run", KEEPS), CHECK]
    cells += [Cell("run", "n += 1", "", "b"), Cell("run", "print('then', n)", "", "c")]
    answers = answers_of(questions, *cells)
    assert {place: items[0]["data"] for place, items in answers.displayed.items() if place} == {
        "a": "first 1\n",
        "c": "then 2\n",
    }
    assert answers.errors == {}


@pytest.mark.sandbox
def test_a_missing_function_s_reason_holds_nothing_of_what_was_asked(questions):
    later = "raise ValueError(f'{len(kept)} {kept}')\ndef nms(boxes, scores, threshold):\n    return boxes"
    check = next(check for check in papers.checks_of(UNIT) if check.name == "nms")
    paper = papers.set_paper(UNIT, check, 3)
    cells = [Cell("run", KEEPS), CHECK, Cell("run", later), Cell("check", "", "nms")]
    answers = answers_of(questions | {"nms": (paper.check, paper.questions)}, *cells)
    assert answers.outcomes["nms"][0].note == "`nms` is not defined; its cell stopped: ValueError."


@pytest.mark.sandbox
def test_nothing_is_trained_twice_to_show_what_came_after(questions):
    fit = Cell("fit", "open('trained', 'a').write('x')", "fit", "fit", locked=True)
    cells = [Cell("run", KEEPS), CHECK, fit, Cell("run", "print(open('trained').read(), len(kept))", "", "late")]
    assert answers_of(questions, *cells).displayed.get("late") is None


LOCKED = """
def helper(a, b):
    from torchvision.ops import box_iou as library
    return library(a, b)

def box_iou(a, b):
    return helper(a, b)
"""
CHEATS = {
    "rebound": "def box_iou(a, b):\n    return a.new_zeros(len(a), len(b))",
    "helper": "def helper(a, b):\n    return a.new_zeros(len(a), len(b))",
    "deleted": "del box_iou",
    "wrapped": "given = box_iou\nbox_iou = lambda *inputs: 0 * given(*inputs)",
}


@pytest.mark.sandbox
@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_what_was_given_is_restored_before_it_is_asked(questions, cheat):
    given = Cell("run", LOCKED, "given_1", "given", locked=True)
    answers = answers_of(questions, given, Cell("run", cheat, "", "own"), CHECK)
    check, asked = questions["box_iou"]
    wrong = [
        question.case.compare(outcome.answer, question.expected, question.inputs)
        for question, outcome in zip(asked, answers.outcomes["box_iou"], strict=True)
    ]
    assert [outcome.status for outcome in answers.outcomes["box_iou"]] == ["answered"] * len(asked)
    assert wrong == [None] * len(asked)


def cell(source, name="", locked=False, role="run"):
    return Cell(role, source, name, name or source[:9], locked)


def test_what_a_given_function_stands_on():
    cells = [
        cell("import torch as t\nfrom torch import nn", "given_1", True),
        cell("SIDE = 8", "given_2", True),
        cell("UNUSED = 9", "given_3", True),
        cell("def write(x):\n    return SIDE", "write"),
        cell("def help(x):\n    return write(nn.Linear(SIDE, x))", "given_4", True),
        cell("def help(x):\n    return 0"),
        cell("def predict(x):\n    return help(x), weights", "given_5", True),
        cell("weights = trained('00', fit)", "fit", True, "fit"),
        cell("side = SIDE + UNUSED", "experiment_1", True, "skip"),
    ]
    found = [each.name for each in locked.needed(cells, "predict")]
    assert found == ["given_1", "given_2", "given_4", "given_5", "fit"]
    assert locked.needed(cells, "write") == []


TRAINED = [unit for unit in units.UNITS if unit.graded != unit.checks]  # what is trained is asked, too


@pytest.mark.parametrize(
    "source", [(ROOT / unit.solution).with_suffix(".py") for unit in TRAINED], ids=lambda path: path.stem
)
def test_each_unit_s_predict_is_given_and_none_of_its_functions_to_write_is(source):
    _, exercise = build_exercise(source, ROOT)
    cells = assess.cells_of(exercise)
    needed = locked.needed(cells, "predict")
    assert {"fit"} < {each.name for each in needed}
    assert any("def predict" in each.source for each in needed)
    written = [each for each in cells if each.name and not each.locked]
    assert all(locked.needed(cells, each.name) == [] for each in written)
    assert not {name for each in needed for name in locked.made(each)} & {each.name for each in written}
