"""A running service that says of a picture what its mean colour is."""

import pytest

from course_lib.service import Service
from tests.helpers.pictures import plain, saved


def mean_colour(image):
    """One tag: the mean colour of a picture, "200 120 40"."""
    return [(" ".join(str(round(float(channel.float().mean()))) for channel in image), 0.75)]


@pytest.fixture(scope="module")
def service():
    """Shared by a module's tests: each of them has to leave it alive."""
    with Service(mean_colour) as running:
        yield running


@pytest.fixture
def picture() -> bytes:
    """A file that any service reads."""
    return saved(plain((200, 120, 40)), "PNG")
