"""The exam: cells are run, questions asked, and a process that dies or hangs costs only what it died in."""

import pytest
import torch

from autograder.box.sandbox import Box
from autograder.errors import BoxError
from autograder.exam.cells import Cell, Limits
from autograder.exam.judge import judge
from autograder.exam.sitting import sit
from tests.helpers.exams import CHECKS, ENCODE, IOU, UNIT, exam

pytestmark = pytest.mark.sandbox


@pytest.fixture
def box():
    made = Box("02_rcnn")
    yield made
    made.close()


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
    fast = Limits(cell=5, fit=5, submission=600)
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
    slow = Cell("fit", "import time; time.sleep(5); fitted = 1")
    cells = [Cell("run", IOU), slow, Cell("run", "assert fitted == 1", "after"), CHECKS[0]]
    answers = sit(
        UNIT, cells, {"box_iou": (asked["box_iou"].check, asked["box_iou"].questions)}, limits=Limits(cell=4, fit=600)
    )
    assert answers.errors == {}


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
