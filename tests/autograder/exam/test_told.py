"""What a student reads where a cell or a function failed: the reason, and nothing of the hidden inputs."""

import re
from dataclasses import replace

import pytest
import torch

from autograder.box.sandbox import Box, Gone
from autograder.exam import assess, papers
from autograder.exam import sitting as exam_module
from autograder.exam.cells import Cell, Limits
from autograder.exam.sitting import sit
from course_lib.checks import report as reports
from course_lib.checks.ladder import Question
from tests.helpers.exams import CHECKS, IOU, UNIT, exam

pytestmark = pytest.mark.sandbox


@pytest.mark.parametrize(
    ("source", "rung"),
    [
        ("pass", "defined"),
        ("box_iou = 3", "callable"),
        ("def box_iou(a):\n    return a", "callable"),
        ("def box_iou(a, b):\n    raise RuntimeError(str(a))", "runs"),
        ("def box_iou(a, b):\n    raise SystemExit", "runs"),
        ("def box_iou(a, b):\n    pass", "type"),
        ("def box_iou(a, b):\n    return object()", "type"),
        ("import torch\ndef box_iou(a, b):\n    return torch.zeros(len(a), len(b))", "values"),
    ],
)
def test_the_first_rung_that_fails_is_named(asked, source, rung):
    points, _, verdict = exam({"box_iou": asked["box_iou"]}, source, CHECKS[0])
    report = verdict.reports["box_iou"]
    assert (points["box_iou"], report.rung) == (0, rung)


@pytest.mark.parametrize(
    "spy",
    [
        "raise RuntimeError(f'{a} {b}')",
        "raise NameError(f\"name 'is_{int(a.sum())}_' is not defined\")",
        "raise type(f'E{int(a.sum())}', (Exception,), {})()",
        "exec(compile(f'\\n' * int(a.sum()) + '1 / 0', '<x>', 'exec'))",
        "return f'E{a}'",
        "return {'E1': str(a)}",
        "return 1000.0 + float(a.sum())",
        "return torch.zeros(1000 + int(a.sum()), 0)",
        "return type(f'E{1000 + int(a.sum())}', (), {})()",
        "globals().update(box_iou=1000.0 + float(a.sum()))",
        "globals().update(box_iou=lambda E=1000.0 + float(a.sum()): E)",
    ],
)
def test_hidden_values_never_reach_the_feedback(asked, spy):
    source = f"import torch\ndef box_iou(a, b):\n    {spy}"
    _, answers, verdict = exam({"box_iou": asked["box_iou"]}, source, CHECKS[0])
    notes = [outcome.note for outcome in answers.outcomes["box_iou"]]
    said = repr(notes) + repr([(result.rung, result.message) for result in verdict.reports["box_iou"].results])
    assert not re.search(r"tensor\(|is_\d|E\d|line \d{3}|1\d{3}", said.replace(spy, ""))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("torch.zeros(len(b), 1)", "got a tensor of shape ({}, 1) with floating-point numbers (torch.float32)"),
        ("torch.zeros(len(a), 0, 500)", "got a tensor of another shape"),
        ("0.123", "got a value of type float"),
        ("str(a)", "got a value of type str"),
        ("[a]", "got a list of 1"),
        ("None", "got None. Is there a `return`?"),
        ("torch", "got an object of type module"),
        ("torch.zeros(2, 3).to_sparse()", "got a sparse tensor (`.to_dense()` makes a plain one of it)"),
        ("type('Box 12345', (), {})()", "got something else"),
    ],
)
def test_a_wrong_type_is_named_without_its_values(asked, answer, said):
    paper = {"box_iou": asked["box_iou"]}
    _, _, verdict = exam(paper, f"import torch\ndef box_iou(a, b):\n    return {answer}", CHECKS[0])
    first = verdict.reports["box_iou"].failed[0]
    inputs = next(q.inputs for q in paper["box_iou"].questions if q.case is first.case)
    a, b = inputs.values()
    assert first.message.startswith(f"Expected a tensor of shape ({len(a)}, {len(b)}), {said.format(len(b))}")


def test_a_reply_that_cannot_be_read_is_said(asked, monkeypatch):
    request = Box.request
    forged = {"ask": {"status": "odd", "note": "E1234"}}
    monkeypatch.setattr(Box, "request", lambda box, tree, most: request(box, tree, most) | forged.get(tree["do"], {}))
    _, _, verdict = exam({"box_iou": asked["box_iou"]}, IOU, CHECKS[0])
    assert verdict.reports["box_iou"].failed[0].message == "The answer could not be read."


def impatient(paper):
    """The same paper with a limit of one second for each question."""
    check = replace(paper.check, seconds=1.0)
    return {"box_iou": replace(paper, check=check)}


@pytest.mark.parametrize("body", ["time.sleep(1.5)", "while True:\n        pass"], ids=["sleeps", "loops"])
def test_a_time_out_is_named_with_its_limit_before_what_was_not_asked(asked, body):
    source = f"import time\ndef box_iou(a, b):\n    {body}"
    _, _, verdict = exam(impatient(asked["box_iou"]), source, CHECKS[0])
    report = verdict.reports["box_iou"]
    assert report.failed[0].message == "It took longer than 1 s for one question (the limit is 1 s) and was stopped."
    assert [result.rung for result in report.failed][-1] == "unasked"
    assert reports.headline(report).endswith("first to mend: takes too long.")
    assert "the limit is 1 s" in assess.comment(report)


def test_a_cell_that_takes_too_long_is_the_reason_why_its_function_is_missing(asked):
    slow = "import time\ntime.sleep(9)\ndef box_iou(a, b):\n    return a"
    questions = {"box_iou": (asked["box_iou"].check, asked["box_iou"].questions)}
    answers = sit(UNIT, [Cell("run", slow), CHECKS[0]], questions, limits=Limits(cell=2))
    told = answers.outcomes["box_iou"][0].note
    assert told.startswith("`box_iou` is not defined; its cell stopped: It took longer than 2 s for one cell")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ('raise NotImplementedError("your code here")', "unwritten", "Still to write."),
        ('raise ValueError("Still to write.")', "raised", "in line 2, `raise ValueError"),
        ("return a.nowhere", "raised", "'Tensor' object has no attribute 'nowhere'"),
        ("return 1", "answered", ""),
    ],
)
def test_what_came_of_a_check_is_said_by_its_status(asked, body, status, said):
    _, answers, verdict = exam({"box_iou": asked["box_iou"]}, f"def box_iou(a, b):\n    {body}", CHECKS[0])
    (found,), _ = assess.judged(UNIT, [asked["box_iou"]], answers, {})
    assert (found.status, said in found.comment) == (status, True)
    assert (found.case == "") == (status == "unwritten")
    assert {outcome.status for outcome in answers.outcomes["box_iou"]} == {status}
    assert found.rung == verdict.reports["box_iou"].rung


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (["def box_iou(a, b):\n    return a.cuda()"], "in line 2, `return a.cuda()` (the exam has no GPU: write"),
        (["import nowhere\ndef box_iou(a, b):\n    return a"], "its cell stopped: ModuleNotFoundError: No module"),
        (
            ["from nowhere import area", "def box_iou(a, b):\n    return area(a)"],
            "name 'area' is not defined; its cell stopped: ModuleNotFoundError: No module named 'nowhere'",
        ),
        (
            ["import urllib.request\ndef box_iou(a, b):\n    urllib.request.urlopen('http://a.b')"],
            "(the exam has no network)",
        ),
        (
            ["def area(boxes):\n    return boxes", "def box_iou(a, b):\n    return area(a, b)"],
            "area() takes 1 positional argument but 2 were given",
        ),
    ],
)
def test_the_reason_is_told(asked, cells, told):
    _, _, verdict = exam({"box_iou": asked["box_iou"]}, *cells, CHECKS[0])
    assert told in assess.comment(verdict.reports["box_iou"])


class Untrained(Box):
    """A box in which training takes longer than there is time, and whose function then lacks the weights."""

    def __init__(self, *_):
        pass

    def request(self, request, seconds):
        if request.get("source") == "fit":
            raise Gone("It took longer than 180 s and was stopped.", "timeout")
        if request["do"] != "ask":
            return {}
        error = {"kind": "NameError", "line": 4, "text": "name 'weights' is not defined"}
        return {"status": "raised", "answer": None, "note": "It failed.", "seconds": 0.1, "error": error}

    def close(self):
        pass


@pytest.mark.parametrize("handed_in", [False, True])
def test_who_hands_in_no_weights_reads_that_and_no_name_error(monkeypatch, tmp_path, handed_in):
    monkeypatch.setattr(exam_module, "Box", Untrained)
    (tmp_path / "w").write_bytes(b"x")
    check = next(check for check in papers.checks_of(UNIT) if check.name == "experiment")
    question = Question(check.cases[0], {}, torch.zeros(1))
    cells = [Cell("fit", "fit", "fit"), Cell("check", "", "experiment")]
    answers = sit(UNIT, cells, {"experiment": (check, [question])}, tmp_path / "w" if handed_in else None)
    note, error = answers.outcomes["experiment"][0].note, answers.errors["fit"]
    for said in (note, error):
        assert ("The weights file is missing: the exam trained the experiment itself" in said) is not handed_in
    assert handed_in or "(180 s of computing) was over" in note
