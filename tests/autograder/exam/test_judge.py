"""The judge and what it may know: forbidden names, explicit zeros, seeds that nobody can guess."""

import re

import pytest

from autograder import reference
from autograder.exam import papers
from autograder.exam.judge import judge
from course_lib.checks import forbids
from course_lib.checks import report as reports
from course_lib.checks.ladder import Outcome
from course_lib.errors import DataMissing

UNIT = "02_rcnn"
FORBIDDEN = ("torchvision.ops.box_iou", "torchvision.ops.generalized_box_iou", "torchmetrics")


@pytest.mark.parametrize(
    "source",
    [
        "from torchvision.ops import box_iou",
        "from torchvision.ops import box_iou as b\ndef box_iou(x, y):\n    return b(x, y)",
        "import torchvision\ndef box_iou(x, y):\n    return torchvision.ops.box_iou(x, y)",
        "import torchvision.ops as o\ndef box_iou(x, y):\n    return o.box_iou(x, y)",
        "def box_iou(x, y):\n    from torchvision import ops\n    return ops.box_iou(x, y)",
        "from torchvision import ops\ndef aid(x, y):\n    return ops.box_iou(x, y)\ndef box_iou(x, y):\n    aid(x, y)",
        "from torchvision import ops\nlib = ops.box_iou\ndef box_iou(x, y):\n    return lib(x, y)",
        "import torchmetrics.detection.iou as t\ndef box_iou(x, y):\n    return t.IntersectionOverUnion()(x, y)",
        "%matplotlib inline\nfrom torchvision.ops import box_iou as b\nbox_iou = b",
        "from torchvision.ops import *",
        "from torchvision.ops import *\ndef box_iou(*boxes):\n    return generalized_box_iou(*boxes)",
        "if True:\n    from torchvision.ops import box_iou as b\ndef box_iou(x, y):\n    return b(x, y)",
        "try:\n    from torchvision.ops import box_iou\nexcept ImportError:\n    pass",
        "import torchvision\nops = torchvision.ops\ndef box_iou(x, y):\n    return ops.box_iou(x, y)",
        "import torchvision\nbox_iou: object = torchvision.ops.box_iou",
        "import torchvision\nbox_iou, spare = torchvision.ops.box_iou, None",
        "import torchvision\nprint(box_iou := torchvision.ops.box_iou)",
        "import torchvision\nfor box_iou in [torchvision.ops.box_iou]:\n    pass",
        "def box_iou(x, y):\n    return x\nfrom torchvision.ops import box_iou",
        "files = !ls\nwhen = %time 1\nfrom torchvision.ops import box_iou",
        "def box_iou(x, y):\n    !ls\n    a = !ls\n    import torchvision\n    return torchvision.ops.box_iou(x, y)",
        "%time from torchvision.ops import box_iou",
        "%%time\nfrom torchvision.ops import box_iou\nhelp?",
    ],
)
def test_ready_made_answers_are_seen(source):
    assert forbids.hits(FORBIDDEN, forbids.used("box_iou", [source]))


@pytest.mark.parametrize(
    "source",
    [
        "def box_iou(x, y):\n    return x",
        "import torchvision\ndef box_iou(x, y):\n    return torchvision.ops.box_area(x)",
        "from torchvision.ops import box_iou as library\ndef box_iou(x, y):\n    return x\nprint(library)",
        "def box_iou(x, y):\n    '''torchvision.ops.box_iou does the same'''\n    return x",
        "from torchvision.ops import box_iou\ndef box_iou(x, y):\n    return x",
        "from torchvision.ops import *\ndef box_iou(x, y):\n    return x",
        "%%time\nimport torchvision\nwhen = %time torchvision.ops.box_iou(1, 2)\ndef box_iou(x, y):\n    return x",
        "area = lambda box: box\nside = lambda box: [box] if box else (lambda: box)",
        "try:\n    area = lambda box: box\nexcept ValueError:\n    match 1:\n        case _:\n            pass",
        "def broken(:",
        "(" * 500,
        "\0",
    ],
)
def test_comparing_with_the_library_elsewhere_is_no_offence(source):
    assert not forbids.hits(FORBIDDEN, forbids.used("box_iou", [source]))


def test_what_comes_after_a_check_is_no_offence(iou_paper):
    before, after = ["def box_iou(a, b):\n    return a"], ["from torchvision.ops import box_iou"]
    outcomes = {"box_iou": [Outcome("answered", q.expected) for q in iou_paper.questions]}
    earned = [
        judge([iou_paper], outcomes, {"box_iou": cells}).reports["box_iou"].points for cells in (before, before + after)
    ]
    assert earned == [3, 0]


def zeros(tree):
    """The same tree, all numbers 0."""
    return [zeros(item) for item in tree] if isinstance(tree, list) else 0 * tree


@pytest.fixture(scope="module")
def iou_paper():
    return papers.set_paper(UNIT, papers.checks_of(UNIT)[0], 11)


def test_a_forbidden_call_is_zero_with_the_reason(iou_paper):
    source = "from torchvision.ops import box_iou as library\ndef box_iou(a, b):\n    return library(a, b)"
    answers = papers.answers_of([iou_paper], reference.load(UNIT))
    report = judge([iou_paper], answers, [source]).reports["box_iou"]
    assert report.points == 0
    assert "torchvision.ops.box_iou" in reports.text(report)


def test_no_answer_at_all_is_an_explicit_zero(iou_paper):
    report = judge([iou_paper], {}, []).reports["box_iou"]
    assert (report.points, report.rung) == (0, "defined")
    assert "never asked" in reports.text(report)


def test_of_hidden_cases_only_kind_and_hint_are_told(iou_paper):
    wrong = {"box_iou": [Outcome("answered", zeros(question.expected)) for question in iou_paper.questions]}
    report = judge([iou_paper], wrong, []).reports["box_iou"]
    assert report.counterexample is None
    assert all(not re.search(r"\d", result.message) for result in report.results)
    assert "Identical boxes share everything." in reports.text(report)


def test_feedback_is_escaped(iou_paper):
    evil = "<script>alert(1)</script>"
    report = judge([iou_paper], {"box_iou": [Outcome("raised", note=evil)] * len(iou_paper.questions)}, []).reports[
        "box_iou"
    ]
    assert "<script>" not in reports.html(report)
    assert "&lt;script&gt;" in reports.html(report)


def test_regrading_asks_the_same_questions():
    from course_lib.checks import codec

    check = papers.checks_of(UNIT)[1]
    one, two = (papers.set_paper(UNIT, check, 5) for _ in range(2))
    assert [codec.to_bytes(q.inputs) for q in one.questions] == [codec.to_bytes(q.inputs) for q in two.questions]


def test_an_unknown_unit_is_named():
    with pytest.raises(DataMissing, match="one of .*02_rcnn"):
        papers.checks_of("99_nothing")
