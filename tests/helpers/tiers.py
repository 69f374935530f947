"""What `make test` runs of a test that asks the same of every unit: one unit. `make test-all` runs them all."""

import pytest

SAMPLE = "02_rcnn"


def sampled(unit: str) -> list[pytest.MarkDecorator]:
    """The marks of such a test for this unit."""
    return [] if unit == SAMPLE else [pytest.mark.release]
