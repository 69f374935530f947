"""What the tests of grading a class share."""

import pytest

from tests.helpers.classes import canned


@pytest.fixture
def workers(monkeypatch):
    """Canned results in the workers' place."""
    return canned(monkeypatch)
