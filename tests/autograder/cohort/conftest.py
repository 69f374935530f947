"""What the tests of grading a class share."""

import shutil

import pytest

from tests.helpers.classes import canned, class_of_three


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


@pytest.fixture
def workers(monkeypatch):
    """Canned results in the workers' place."""
    return canned(monkeypatch)
