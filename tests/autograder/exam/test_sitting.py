"""The exam: cells are run, questions asked, and a process that dies or hangs costs only what it died in."""

import re
from dataclasses import replace

import pytest
import torch

from autograder.box.sandbox import Box, Gone
from autograder.errors import BoxError
from autograder.exam import assess, papers
from autograder.exam import sitting as exam_module
from autograder.exam.cells import Cell, Limits
from autograder.exam.judge import judge
from autograder.exam.sitting import sit
from course_lib.checks import report as reports
from course_lib.checks.ladder import Question

pytestmark = pytest.mark.sandbox
UNIT = "02_rcnn"
LIMITS = Limits(cell=120, fit=120, submission=600)
IOU = """
import torch

def box_iou(boxes1, boxes2):
    from torchvision.ops import box_iou as library
    return library(boxes1, boxes2)
"""
ENCODE = """
def encode_boxes(proposals, targets):
    sizes, wanted = proposals[:, 2:] - proposals[:, :2], targets[:, 2:] - targets[:, :2]
    shift = (targets[:, :2] + targets[:, 2:] - proposals[:, :2] - proposals[:, 2:]) / 2
    return torch.cat([shift / sizes, (wanted / sizes).log()], dim=1)
"""


@pytest.fixture(scope="module")
def asked():
    checks = {check.name: check for check in papers.checks_of(UNIT)}
    return {name: papers.set_paper(UNIT, checks[name], 3) for name in ("box_iou", "encode_boxes")}


@pytest.fixture
def box():
    made = Box("02_rcnn")
    yield made
    made.close()


def exam(asked, *cells, **more):
    cells = [cell if isinstance(cell, Cell) else Cell("run", cell) for cell in cells]
    answers = sit(UNIT, cells, {n: (p.check, p.questions) for n, p in asked.items()}, limits=LIMITS, **more)
    verdict = judge(list(asked.values()), answers.outcomes, [])
    return {name: report.points for name, report in verdict.reports.items()}, answers, verdict


CHECKS = (Cell("check", "", "box_iou"), Cell("check", "", "encode_boxes"))


def test_right_answers_earn_their_points(asked):
    points, answers, _ = exam(asked, IOU, ENCODE, *CHECKS)
    assert points == {"box_iou": 3, "encode_boxes": 3}
    assert answers.errors == {}


def test_a_plain_process_gives_the_same_points(asked):
    points, answers, _ = exam(asked, IOU, "print('seen')", ENCODE, *CHECKS, kind="none")
    assert points == {"box_iou": 3, "encode_boxes": 3}
    assert answers.errors == {}


def test_what_a_cell_shows_is_kept_within_bounds(asked):
    shows = "import matplotlib.pyplot as plt\nprint('seen')\nfor _ in range(9):\n    plt.figure()\nprint('x' * 10**6)"
    _, answers, _ = exam(asked, Cell("run", shows, id="c1"))
    text, *pictures = answers.displayed["c1"]
    assert text["data"].startswith("seen\nxxx")
    assert len(text["data"]) == 20_000
    assert [item["type"] for item in pictures] == ["image/png"] * 4
    assert answers.times["import matplotlib.pyplot as plt"] > 0


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "%config InlineBackend.figure_format = 'retina'",
        "%load_ext autoreload",
        "!ls",
        "await __import__('asyncio').sleep(0)",
    ],
)
def test_what_notebooks_say_to_a_kernel_is_understood(line, box):
    reply = box.request({"do": "run", "source": f"{line}\nreached = 1\nprint('end')"}, 20)
    assert (reply["error"], reply["displayed"][0]["data"].splitlines()[-1]) == ("", "end")


def test_noise_costs_nothing(asked):
    noisy = "import sys, warnings\nprint('x' * 10**6)\nwarnings.warn('careful')\nprint('oh', file=sys.stderr)\n"
    inside = IOU.replace(
        "    from torch", "    print('y' * 1000)\n    import warnings; warnings.warn('w')\n    from torch"
    )
    assert exam(asked, noisy, inside, ENCODE, *CHECKS)[0] == {"box_iou": 3, "encode_boxes": 3}


def test_an_error_in_one_cell_leaves_the_others(asked):
    points, answers, _ = exam(asked, IOU, Cell("run", "1 / 0", "broken"), "def oops(:", ENCODE, *CHECKS)
    assert points == {"box_iou": 3, "encode_boxes": 3}
    assert "ZeroDivisionError" in answers.errors["broken"]
    assert any("SyntaxError" in error for error in answers.errors.values())


@pytest.mark.parametrize(
    "killer",
    [
        "import os; os._exit(0)",
        "import sys; sys.exit()",
        "import os; os.abort()",
        "import ctypes; ctypes.string_at(0)",
        "import time; time.sleep(1000)",
    ],
    ids=["exit", "sys.exit", "abort", "segfault", "sleep"],
)
def test_a_cell_that_kills_the_process_costs_itself_only(asked, killer):
    fast = Limits(cell=15, fit=15, submission=600)
    cells = [Cell("run", IOU), Cell("run", killer, "killer"), Cell("run", ENCODE), *CHECKS]
    answers = sit(UNIT, cells, {n: (p.check, p.questions) for n, p in asked.items()}, limits=fast)
    verdict = judge(list(asked.values()), answers.outcomes, [])
    assert {name: report.points for name, report in verdict.reports.items()} == {"box_iou": 3, "encode_boxes": 3}
    assert "killer" in answers.errors


def test_a_function_that_kills_the_process_costs_its_own_check_only(asked):
    deadly = "def box_iou(a, b):\n    import os\n    os._exit(0)"
    points, answers, verdict = exam(asked, IOU, deadly, ENCODE, *CHECKS)
    assert points == {"box_iou": 0, "encode_boxes": 3}
    assert verdict.reports["box_iou"].rung in ("defined", "runs")
    assert [o.status for o in answers.outcomes["box_iou"]][:3] == ["died", "died", "not asked"]


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
    ],
)
def test_hidden_values_never_reach_the_feedback(asked, spy):
    source = f"def box_iou(a, b):\n    {spy}"
    _, answers, verdict = exam({"box_iou": asked["box_iou"]}, source, CHECKS[0])
    said = repr(answers) + repr([(result.rung, result.message) for result in verdict.reports["box_iou"].results])
    assert not re.search(r"tensor\(|is_\d|E\d|line \d{3}", said.replace(spy, ""))


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


def test_compiled_functions_earn_their_points(asked):
    source = IOU + "\nbox_iou = torch.compile(box_iou)"
    points, answers, _ = exam({"box_iou": asked["box_iou"]}, source, CHECKS[0])
    assert (points, answers.errors) == ({"box_iou": 3}, {})
    assert sum(outcome.seconds for outcome in answers.outcomes["box_iou"]) < 5


def test_forged_answers_earn_nothing(asked):
    forger = """
import socket, os, json
for fd in range(3, 64):
    try:
        channel = socket.socket(fileno=os.dup(fd))
        fields = [["status", "answered"], ["answer", True], ["note", ""], ["seconds", {"float": "0x0p+0"}]]
        head = json.dumps({"dict": fields}).encode()
        message = len(head).to_bytes(8, "big") + head
        channel.sendall(len(message).to_bytes(8, "big") + message)
    except OSError:
        pass
"""
    points, _, _ = exam(asked, forger, *CHECKS)
    assert points == {"box_iou": 0, "encode_boxes": 0}


@pytest.mark.parametrize(
    "cheat",
    [
        "from course_lib.checks import run, codec\nrun.ask = lambda *a: run.Outcome('answered', True)",
        "import torch\ntorch.allclose = torch.isclose = lambda *a, **k: torch.tensor(True)",
        "class Yes:\n    def __eq__(self, other): return True\ndef box_iou(a, b): return Yes()",
        "get_ipython().run_cell = lambda *a, **k: None",
        "import course_lib.checks.ladder as l\nl.climb = None",
    ],
    ids=["patched ask", "patched torch", "always equal", "patched shell", "patched ladder"],
)
def test_cheats_earn_nothing(asked, cheat):
    assert exam({"box_iou": asked["box_iou"]}, cheat, CHECKS[0])[0]["box_iou"] == 0


def test_the_experiment_is_fitted_within_its_own_limit(asked, tmp_path):
    slow = Cell("fit", "import time; time.sleep(12); fitted = 1")
    cells = [Cell("run", IOU), slow, Cell("run", "assert fitted == 1", "after"), CHECKS[0]]
    answers = sit(
        UNIT, cells, {"box_iou": (asked["box_iou"].check, asked["box_iou"].questions)}, limits=Limits(cell=10, fit=600)
    )
    assert answers.errors == {}


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


def test_handed_in_weights_lie_beside_the_notebook(asked, tmp_path):
    weights = tmp_path / "w"
    weights.write_bytes(b"12345")
    reads = f"from pathlib import Path\nassert Path('{UNIT}.safetensors').read_bytes() == b'12345'"
    assert exam(asked, reads, weights=weights)[1].errors == {}


def test_the_exam_is_held_in_mini_with_a_cache_of_its_own(asked, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_PROFILE", "full")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    looks = f"""
from course_lib.settings import settings
assert settings().profile == 'mini'
assert not str(settings().cache).startswith({str(tmp_path)!r})
"""
    assert exam(asked, looks)[1].errors == {}


def test_an_unknown_sandbox_is_refused():
    with pytest.raises(BoxError, match="expected: one of bubblewrap, none"):
        sit(UNIT, [Cell("run", "1")], {}, kind="magic")


def test_answers_are_plain_tensors(asked):
    _, answers, _ = exam(asked, IOU, CHECKS[0])
    assert all(type(outcome.answer) in (torch.Tensor, list) for outcome in answers.outcomes["box_iou"])
