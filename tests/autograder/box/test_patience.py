"""A limit is meant for work: who shares the machine gets as much of it as who is alone."""

import pytest

from autograder.box import patience


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [100.0]
    monkeypatch.setattr(patience.time, "monotonic", lambda: now[0])
    return now


def waits(clock, seconds, share, step=0.25, most=1000.0):
    """How long, by the clock, one waits for a box that gets this share of a core."""
    left = patience.Patience(seconds)
    left.look(0.0)
    start = clock[0]
    try:
        while clock[0] - start < most:
            clock[0] += step
            left.look((clock[0] - start) * share)
    except TimeoutError:
        return clock[0] - start
    return most


@pytest.mark.parametrize(
    ("share", "waited"),
    [
        (1.0, 10.0),  # alone
        (0.5, 20.0),  # beside one other
        (0.25, 40.0),
        (0.0, 10.0),  # asleep, or hanging
        (2.0, 10.0),  # two threads gain nothing and lose nothing
        (0.03, 60.25),  # hardly ever awake: the clock decides in the end
    ],
)
def test_work_counts_as_work_and_sleep_as_time(clock, share, waited):
    assert waits(clock, 10.0, share) == pytest.approx(waited, abs=0.3)


def test_without_a_look_into_the_box_the_clock_counts(clock):
    left = patience.Patience(1.0)
    clock[0] += 0.9
    left.look(None)
    clock[0] += 0.2
    with pytest.raises(TimeoutError):
        left.look(None)


def test_the_pause_ends_with_the_limit(clock):
    left = patience.Patience(0.1)
    assert left.pause(0.25) == pytest.approx(0.1)
    clock[0] += 0.09
    assert left.pause(0.25) == pytest.approx(0.01)
