"""Waiting for data: the clock around a training whose waits are known, a real one's first steps, the Markdown."""

import time
from contextlib import suppress

import pytest
import torch
from torch import nn

from benchmarks import data, steps
from benchmarks.data import Fed, Read
from benchmarks.grading import BenchmarkError
from course_lib import training
from course_lib.data import tinytown


def work(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_the_clock_tells_waits_from_the_rest_of_a_step(settings_from):
    settings_from(COURSE_DEVICE="cpu")
    seen = []

    def batch(index):
        seen.append(index)
        work(0.05)
        return (torch.ones(1, 1),)

    def loss(model, x):
        work(0.1)
        return model(x).sum()

    clock = steps.Clock(4)
    with steps.watched(clock), suppress(steps.Enough):
        tinytown.scenes("train", 3)
        training.fit(nn.Linear(1, 1), batch, loss, 100, 1e-3, progress=True, keep=True)
    assert clock.planned == 100
    assert clock.pictures == 3
    assert clock.drawing > 0
    assert seen == list(range(2 * (steps.WARM + 4) + 1))
    for waits, whole in zip(clock.waits, clock.steps, strict=True):  # idle, busy
        assert len(waits) == len(whole) == 4
        assert all(0.05 <= wait < step - 0.1 for wait, step in zip(waits, whole, strict=True))
    assert training.fit.__module__ == "course_lib.training"


def test_the_first_steps_of_a_real_training(tmp_path):
    idle, crowded = data.fed("streets", "05_fcn", 2, tmp_path, {"COURSE_PROFILE": "mini"})
    assert (idle.busy, crowded.busy) == (False, True)
    assert idle.pictures == 24  # of 400
    assert (idle.part, idle.planned) == (0.06, 400)
    assert all(0 < share < 1 for share in idle.shares + crowded.shares)


def a_training(**other):
    times = {"steps": (0.2, 0.1, 0.3), "waits": (0.01, 0.01, 0.06), "part": 0.1}
    return Fed(**({"about": "05_fcn", "busy": False, "pictures": 40, "drawing": 1.0} | times | other))


def test_shares():
    one = a_training(planned=400)
    assert one.shares == pytest.approx([0.05, 0.1, 0.2])
    assert one.drawn_beside_steps == pytest.approx(10 / (400 * 0.2))


def test_samples_that_are_absent_are_named(tmp_path):
    assert data.reading(tmp_path) == []
    assert data.photographs(tmp_path) == []
    assert "not measured, no samples" in data.table(([a_training(planned=400)], []))


def test_a_training_that_cannot_begin_is_an_error(tmp_path):
    with pytest.raises(BenchmarkError, match="(?s)photographs: .*COURSE_PROFILE"):
        data.fed("photographs", "05_fcn", 2, tmp_path, {"COURSE_PROFILE": "large"})


def test_photographs_are_read_with_the_doctors_threads(test_data):
    found = data.reading(test_data, rounds=2)
    assert {one.threads for one in found} == {1, data.doctors_threads()}
    assert all(len(one.speeds) == len(one.worked) == 2 for one in found)
    assert 0 < found[0].worked[0] < 1
    assert found[0].speeds[0] * found[0].worked[0] < 1.1  # one thread is never busy for longer than the clock says


def test_the_data_as_tables():
    found = [a_training(planned=400), a_training(planned=400, busy=True, pictures=0, drawing=0.0)]
    lines = data.table((found, [Read(2, "as it says", (100.0, 90.0, 120.0), (0.02, 0.03, 0.01))])).splitlines()
    times = "200 (100–300) | 10.0 (10.0–60.0) | 10.0 (5.00–20.0)"
    assert f"| 05_fcn | idle | 400 | 40 | 40.0 | {times} | 12 |" in lines
    assert f"| 05_fcn | busy | – | – | – | {times} | – |" in lines
    assert lines[-1] == "| 2 (as it says) | 100 (90.0–120) | 20.0 (10.0–30.0) |"
