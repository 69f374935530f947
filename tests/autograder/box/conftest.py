"""What the tests of boxes share."""

import pytest

from autograder.box import bubblewrap, limits, sandbox
from autograder.box.sandbox import Box


@pytest.fixture(scope="module")
def warm():
    """The number of the warm process: it must outlive all tests of a module, and serves the next module too."""
    sandbox.warm_up()
    Box("02_rcnn").close()
    process = bubblewrap.begin().process
    yield process.pid
    assert bubblewrap.begin().process is process


@pytest.fixture
def small(monkeypatch):
    """A box may hold 1.2 GB, so that this machine need not be filled."""
    monkeypatch.setattr(limits, "BOX", limits.Limit("memory of a box", 1200 * limits.MB, "bytes", limits.WATCH, ""))
