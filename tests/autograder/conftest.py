"""What the tests of the grader's stages share."""

import shutil

import pytest

from tests.helpers.classes import class_of_three


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
