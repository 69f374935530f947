"""Green means full points: what the exam asks is said in the docstring, and the public check can say it too."""

import re
import time
from fnmatch import fnmatch

import pytest
from beartype import BeartypeConf, beartype
from IPython.core.interactiveshell import InteractiveShell
from jaxtyping import jaxtyped

from autograder import reference
from autograder.exam import papers
from course_lib import units
from course_lib.checks import forbids, report, run
from course_lib.checks.run import ask
from course_lib.checks.spec import Case, Check
from tests.helpers.kept_papers import paper_of
from tests.helpers.right_answers import graded

UNITS = [unit.id for unit in units.UNITS]
CHECKS = [pytest.param(unit, check, id=f"{unit}-{check.name}") for unit in UNITS for check in graded(unit)]
FORBIDDING = [param for param in CHECKS if param.values[1].forbids]
SHORT = {"F.": "torch.nn.functional.", "nn.": "torch.nn.", "ops.": "torchvision.ops."}
TYPED = jaxtyped(typechecker=beartype(conf=BeartypeConf(is_pep484_tower=True)))


def typed(solution):
    """The solution, which refuses arguments that are not of its signature."""
    if not isinstance(solution, type):
        return TYPED(solution)
    methods = {name: TYPED(vars(solution)[name]) for name in ("__init__", "forward") if name in vars(solution)}
    return type(solution.__name__, (solution,), methods)


@pytest.mark.parametrize(("unit", "check"), CHECKS)
def test_no_case_breaks_the_signature(unit, check):
    function = typed(reference.load(unit)[check.function])
    for question in [*run.load_public(unit, check)[0], *paper_of(unit, check.name).questions]:
        outcome = ask(question.case, function, question.inputs)
        assert outcome.status == "answered", f"{question.case.name}: {outcome.note}"


def patterns(docstring):
    """What a docstring says may not be called: the names between backticks behind "Write it yourself:"."""
    [said] = re.findall(r"Write it yourself:(.*?)(?:\n\s*\n|\Z)", docstring, re.DOTALL) or [""]
    found = re.findall(r"`([^`]+)`", said)
    return [
        next((long + name[len(short) :] for short, long in SHORT.items() if name.startswith(short)), name)
        for name in found
    ]


@pytest.mark.parametrize(("unit", "check"), FORBIDDING)
def test_what_is_forbidden_stands_in_the_docstring(unit, check):
    said = patterns(reference.load(unit)[check.function].__doc__)
    for name in check.forbids:
        assert any(fnmatch(name, pattern) or fnmatch(name, f"*.{pattern}") for pattern in said), (name, said)


@pytest.mark.parametrize(("unit", "check"), FORBIDDING)
def test_the_public_check_says_what_is_forbidden(unit, check):
    for name in check.forbids:
        source = f"import {name.split('.')[0]}\ndef {check.function}(*inputs):\n    return {name}(*inputs)"
        assert f"uses `{name}`" in forbids.refusal(check, [source])
    found = run.run(unit, check, reference.load(unit)[check.function], [source])
    assert (found.passed, found.points, found.rung) == (False, 0.0, "forbidden")
    assert "write it yourself" in report.text(found)


@pytest.mark.parametrize(("unit", "check"), FORBIDDING)
def test_what_judges_an_answer_is_no_answer(unit, check):
    source = f"from {forbids.JUDGES}.kit import judge\ndef {check.function}(*inputs):\n    return judge.iou(*inputs)"
    assert f"uses `{forbids.JUDGES}`" in forbids.refusal(check, [source])


@pytest.mark.parametrize("unit", UNITS)
def test_the_solution_uses_nothing_that_is_forbidden(unit):
    cells = list(reference.definitions(unit).values())
    assert {check.name: forbids.refusal(check, cells) for check in graded(unit)} == {
        check.name: "" for check in graded(unit)
    }


def test_an_answer_that_takes_longer_than_the_exam_allows_is_not_green():
    case = Case("slow", "values", lambda rng: {}, lambda answer, expected, inputs: None)
    check = Check("f", 1, (case,), seconds=0.05)

    def slow():
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass

    assert run.in_time(check, ask(case, lambda: None, {})).status == "answered"
    late = run.in_time(check, ask(case, slow, {}))
    assert late.status == "timeout"
    assert "the exam allows" in late.note


@pytest.fixture
def shell():
    shell = InteractiveShell()
    yield shell
    shell.restore_sys_module_state()


READY = "from torchvision.ops import nms as ready\ndef nms(*inputs):\n    return ready(*inputs)"
OWN = "def nms(boxes, scores, threshold):\n    return scores.argsort(descending=True)"


@pytest.mark.parametrize(
    ("cells", "seen"),
    [
        ([READY], True),
        ([READY, "kept = nms", OWN], False),  # an attempt that was replaced is forgotten
        ([OWN, READY], True),
        ([READY, "first = nms", "def nms(*inputs):\n    return first(*inputs)"], True),
        (["import torchvision\naid = torchvision.ops.nms", "def nms(*inputs):\n    return aid(*inputs)"], True),
        ([OWN, "from torchvision.ops import nms as ready\nready"], False),  # to compare with
    ],
)
def test_a_notebook_s_check_sees_its_cells_as_the_exam_does(shell, cells, seen):
    for cell in cells:
        shell.run_cell(cell, store_history=True).raise_error()
    function = shell.user_ns["nms"]
    check = next(check for check in papers.checks_of("02_rcnn") if check.name == "nms")
    for sources in (forbids.cells_of(function), cells):
        assert bool(forbids.refusal(check, sources)) == seen
