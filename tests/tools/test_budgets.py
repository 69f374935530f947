"""Bounds of processor seconds: as they stand on a processor like ours, longer on a slower one."""

import pytest

from tests.helpers.budget import bounded, in_time
from tools import budgets


@pytest.fixture
def slower(monkeypatch):
    """How many times slower than ours this processor shall be."""
    return lambda times: monkeypatch.setattr(budgets, "slowness", lambda: times)


@pytest.mark.parametrize(
    ("worked", "times", "kept"),
    [(9.9, 0.5, True), (10.1, 0.5, False), (10.1, 1.0, False), (29, 3, True), (31, 3, False)],
)
def test_a_bound_is_as_much_longer_as_the_processor_is_slower(slower, worked, times, kept):
    slower(times)
    assert budgets.kept(10, worked) is kept


def test_what_keeps_to_its_bound_asks_for_no_measurement(slower):
    slower(None)  # nothing can be multiplied by it
    assert budgets.kept(10, 9.9)


def test_what_takes_longer_is_named(slower):
    slower(1.5)
    with pytest.raises(AssertionError, match=r"a slider: 0\.25 s of a processor; 0\.1 s is the bound"):
        in_time(0.1, 0.25, "a slider")
    with pytest.raises(AssertionError, match="it: "), bounded(0.0):
        sum(range(10**6))


def test_a_processor_is_as_slow_as_its_import_of_torch_or_its_steps():
    assert 0.1 < budgets.slowness() < 100


@pytest.mark.parametrize(("imported", "stepped", "times"), [(2.4, 0.7, 2), (1.2, 2.1, 3)])
def test_the_slower_of_both_counts(monkeypatch, imported, stepped, times):
    monkeypatch.setattr(budgets, "_WORK", f"print({imported}, {stepped})")
    assert budgets.slowness() == pytest.approx(times)
