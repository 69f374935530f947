"""What the tests of the grader's stages share."""

import shutil
from functools import cache

import nbgrader.api
import pytest

from tests.helpers.classes import class_of_three


@pytest.fixture(scope="session", autouse=True)
def version_of_gradebooks():
    """nbgrader starts a program for each new gradebook to hear its version, almost two seconds long; once is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nbgrader.api, "get_alembic_version", cache(nbgrader.api.get_alembic_version))
        yield


@pytest.fixture(scope="session")
def three(tmp_path_factory):
    """The class of three."""
    return class_of_three(tmp_path_factory.mktemp("three") / "course")


@pytest.fixture
def course(three, tmp_path, monkeypatch):
    """A copy of it, in which we stand."""
    shutil.copytree(three, tmp_path / "course")
    monkeypatch.chdir(tmp_path / "course")
    return tmp_path / "course"
