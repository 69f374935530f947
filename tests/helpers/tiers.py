"""Of a test that asks the same of every unit and takes minutes, `make test` runs one unit and `make test-all` all."""

import pytest

SAMPLE = "02_rcnn"


def sampled(unit: str) -> list[pytest.MarkDecorator]:
    """The marks of such a test for this unit."""
    return [] if unit == SAMPLE else [pytest.mark.release]
