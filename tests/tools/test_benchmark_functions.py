"""The race of the solutions' functions: equal answers on both sides or no row; its arithmetic; the Markdown."""

import time
from dataclasses import replace

import pytest
import torch

from benchmarks import functions
from benchmarks.contests import Contest, boxes, contests
from benchmarks.functions import Raced
from benchmarks.grading import BenchmarkError


def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return torch.tensor(1.0)


def a_contest(ours, theirs):
    return Contest("02 `f`", "1 box", "`lib.f`", "torchvision", ours, theirs, torch.equal)


@pytest.fixture(scope="module")
def every():
    return list(contests())


@pytest.fixture(scope="module")
def raced(every):
    """Every contest, one round."""
    return functions.measure(every, rounds={False: 1})


def test_all_answers_are_those_of_the_peers(raced):
    assert [one.function for one in raced[::2]] == [one.function for one in raced[1::2]]  # each at two sizes
    assert (len(raced), len({one.function for one in raced})) == (10, 5)
    assert all(0 < one.ours[0] < 10 for one in raced)


@pytest.mark.parametrize("number", range(10))
def test_different_answers_are_an_error(every, number):
    one = every[number]
    with pytest.raises(BenchmarkError, match="disagree"):
        functions.race(replace(one, theirs=lambda: shifted(one.theirs())), rounds=1)


def shifted(answer):
    return tuple(part + 1 for part in answer) if isinstance(answer, tuple) else answer + 1


def test_the_time_is_that_of_one_call_on_each_side():
    found = functions.race(a_contest(lambda: work(0.004), lambda: work(0.001)), rounds=3)
    assert len(found.ours) == len(found.theirs) == 3
    assert all(0.004 <= value < 0.008 for value in found.ours)
    assert 3 < found.ratio < 5
    assert found.version.startswith("torchvision 0.")


def test_threads_are_as_before_afterwards():
    before, during = torch.get_num_threads(), []
    task = lambda: (during.append(torch.get_num_threads()), torch.tensor(1.0))[1]  # noqa: E731
    functions.measure([a_contest(task, task)], rounds={False: 1})
    assert set(during) == {1}
    assert torch.get_num_threads() == before


def test_boxes_are_the_same_everywhere():
    drawn, scores = boxes(100, 3, 128)
    assert torch.equal(drawn, drawn.round())
    assert (drawn[:, 2:] > drawn[:, :2]).all()
    assert len(scores.unique()) == 100


def test_far_from_the_peer_the_table_says_why(monkeypatch):
    near = Raced("02 `f`", "1 box", "`lib.f`", "torchvision 0.1", False, (0.004, 0.005, 0.006), (0.001, 0.001, 0.002))
    far = Raced("03 `g`", "2 boxes", "`lib.g`", "torchvision 0.1", False, (0.06,), (0.01,))
    assert functions.table([near]).splitlines()[-1] == (
        "| 02 `f` | 1 box | `lib.f`, torchvision 0.1 | idle | 5.00 (4.00–6.00) | 1.00 (1.00–2.00) | 5.00 |"
    )
    assert functions.table([near, far]).splitlines()[-1].startswith("03 `g`: more than 5 times")
    monkeypatch.setitem(functions.WHY, "03 `g`", "it shows each region.")
    assert functions.table([near, far]).splitlines()[-1] == "03 `g`: it shows each region."


def test_who_is_far_has_a_reason(raced):
    """Ratios vary; far above the bound nobody may be without a sentence."""
    assert {one.function for one in raced if one.ratio > 2 * functions.FAR} <= functions.WHY.keys()
