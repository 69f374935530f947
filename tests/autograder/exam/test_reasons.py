"""Of an error its reason leaves the box, and no hidden value."""

import re

import pytest

from autograder.exam import replies
from autograder.exam.reasons import SENTENCES, Words, advice, told
from course_lib.checks.ladder import Question
from course_lib.checks.spec import Case, Raised

CELL = """
import torch
def area(boxes):
    assert len(boxes), "boxes are needed"
    return boxes.areas()
def box_iou(boxes1, boxes2):
    return area(boxes1)
weights = {"svm.weight": 1}
"""


@pytest.fixture
def words():
    found = Words()
    found.add(CELL)
    return found


def note(text, kind="RuntimeError", line="    return area(boxes1)"):
    return Raised(kind, text, 7, line.strip())


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("name 'area' is not defined", None),
        ("No module named 'torch'", None),
        ("cannot access local variable 'boxes' where it is not associated with a value", None),
        ("cannot import name 'area' from 'torch' (/home/ada/torch.py)", "cannot import name 'area' from 'torch'"),
        ("'Tensor' object has no attribute 'areas'", None),
        ("'NoneType' object has no attribute 'shape'", None),
        ("area() takes 1 positional argument but 2 were given", None),
        ("area() missing 1 required positional argument: 'boxes'", None),
        ("area() got an unexpected keyword argument 'boxes2'", None),
        ("maximum(): argument 'other' (position 2) must be Tensor, not int", None),
        (
            "unsupported operand type(s) for +: 'NoneType' and 'int'",
            "unsupported operand type(s) for …: 'NoneType' and 'int'",
        ),
        ("mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x4)", "shapes cannot be multiplied"),
        (
            "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
            "The size of tensor a … must match the size of tensor b",
        ),
        ("index 5 is out of bounds for dimension 0 with size 3", "index … is out of bounds"),
        ("shape '[4, 2]' is invalid for input of size 6", "shape '…' is invalid for input of size"),
        ("division by zero", None),
        ("boxes are needed", None),
        ("'svm.weight'", "svm.weight"),
    ],
)
def test_a_sentence_passes(words, text, passes):
    said = told(note(text), words)
    assert said == f"Your function raised RuntimeError in line 7, `return area(boxes1)`: {passes or text}."


@pytest.mark.parametrize(
    "text",
    [
        "tensor([[0.25, 17.5]])",
        "name 'v12_25' is not defined",
        "'Tensor' object has no attribute 'x0p25'",
        "No module named 'a.b0025'",
        "area() takes 17 positional arguments but 2500 were given",
        "area() got an unexpected keyword argument 'secret_is_17'",
        "boxes are needed: 17.5",
        "svm.weight 17",
        "name 'area' is not defined\nname 'v17' is not defined",
        "x" * 10_000,
        "",
    ],
)
def test_no_value_passes(words, text):
    said = told(note(text), words).removeprefix("Your function raised RuntimeError in line 7, `return area(boxes1)`")
    assert not re.search(r"\d{3}|17|25|v1|secret|x{9}", said)
    assert len(said) < 200


@pytest.mark.parametrize(
    ("forged", "shown"),
    [
        ({"kind": "E17_25", "line": 3, "text": "x"}, "Your function raised an error."),
        ("anything 17.5", "Your function raised an error."),
        (None, "Your function raised an error."),
        ({"kind": "ValueError", "secret": "17"}, "Your function raised an error."),
        ({"kind": "ValueError", "text": 17}, "Your function raised an error."),
        ({"kind": "ValueError", "line": 17.5}, "Your function raised an error."),
        ({"kind": "ValueError", "line": 999999, "code": "x", "text": "y"}, "Your function raised an error."),
        (
            {"kind": "ValueError", "line": 3, "code": "secret = 17", "text": "y"},
            "Your function raised ValueError in line 3.",
        ),
        ({"kind": "ValueError", "text": "17"}, "Your function raised ValueError."),
    ],
)
def test_a_forged_error_says_nothing(words, forged, shown):
    reply = {"status": "raised", "note": "anything 17.5", "seconds": 0.1, "error": forged}
    found = replies.outcome(reply, Question(Case("a", "basic", lambda rng: {}, lambda *_: None), {}, None), 10.0)
    assert told(found.error, words) == shown


@pytest.mark.parametrize(
    ("kind", "text", "what"),
    [
        ("RuntimeError", "Found no NVIDIA driver on your system.", "no GPU: write `.to(x.device)`"),
        ("AssertionError", "Torch not compiled with CUDA enabled", "no GPU"),
        ("NotImplementedError", "Could not run 'aten::empty' with arguments from the 'MPS' backend.", "no GPU"),
        ("URLError", "<urlopen error [Errno -2] Name or service not known>", "no network"),
        ("ConnectionError", "HTTPSConnectionPool(host='x', port=443): Max retries exceeded", "no network"),
        ("RuntimeError", "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to", "4 GB of memory"),
        ("MemoryError", "", "4 GB of memory"),
        ("OSError", "[Errno 30] Read-only file system: '/usr/x'", "lets you write to the notebook's folder"),
        ("OSError", "[Errno 28] No space left on device", "256 MB of files"),
        ("EOFError", "EOF when reading a line", "nobody answers `input()`"),
        ("RuntimeError", "Error(s) in loading state_dict for Network:\n\tMissing key(s)", "another unit's"),
        ("ModuleNotFoundError", "No module named 'torch'", "modules that the notebook itself writes"),
    ],
)
def test_where_the_exam_differs_from_home_it_says_what_to_write(words, kind, text, what):
    assert what in told(note(text, kind), words)
    assert what in advice(f"{kind}: {text}")


def test_a_key_that_weights_lack_says_whose_they_may_be(words):
    line = 'x = weights["head"]'
    words.add(line)
    assert "another unit's" in told(note("'head'", "KeyError", line), words)
    assert "another unit's" not in told(note("'head'", "KeyError"), words)


def test_every_sentence_is_found_by_its_own_pattern(words):
    for sentence in SENTENCES:
        text = sentence.replace("{}", "Tensor").replace("#", "3").replace("…", "[17]")
        shown = told(note(text), words)
        assert "Tensor" in shown or sentence.split("…")[0].split("#")[0] in shown
        assert "17" not in shown
