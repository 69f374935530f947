"""What the tests of the exam share."""

import pytest

from tests.helpers.exams import drawn


@pytest.fixture(scope="session")
def asked():
    """The papers of two functions."""
    return drawn()
