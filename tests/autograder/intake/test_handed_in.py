"""Whatever lies in a submitted folder: nothing is followed or waited for, and the notebook is found where it is."""

import json
import os

import pytest
from nbformat import v4

from autograder.intake import files, weights
from autograder.intake.handed_in import look
from tests.helpers.classes import WEIGHTS

UNIT = "02_rcnn"
SOURCE = "def f(x):  # für alle\n    return x"


@pytest.fixture
def text():
    """A notebook's text."""
    return json.dumps(v4.new_notebook(cells=[v4.new_code_cell(SOURCE)]), ensure_ascii=False)


def source(found):
    return found.notebook.cells[0].source if found.notebook else None


@pytest.mark.parametrize("name", [f"{UNIT}/{UNIT}.ipynb", f"a/b/{UNIT}.ipynb", f"{UNIT}.ipynb.json", "My Work.IPYNB"])
def test_a_notebook_is_found_where_archives_and_browsers_put_it(tmp_path, text, name):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    (path.parent / f"{UNIT}.safetensors").write_bytes(WEIGHTS)
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / f"._{UNIT}.ipynb").write_bytes(b"\0")
    found = look(tmp_path, UNIT)
    assert source(found) == SOURCE
    assert found.notes == [f"The notebook was handed in as {name}, expected {UNIT}.ipynb."]
    assert found.weights.path == path.parent / f"{UNIT}.safetensors"


def test_of_several_notebooks_the_one_of_the_right_name_counts(tmp_path, text):
    for name in (UNIT, "Untitled", "Untitled1"):
        (tmp_path / f"{name}.ipynb").write_text(text if name == UNIT else "{}")
    assert (source(look(tmp_path, UNIT)), look(tmp_path, UNIT).notes) == (SOURCE, [])
    (tmp_path / f"{UNIT}.ipynb").unlink()
    found = look(tmp_path, UNIT)
    assert found.notebook is None
    assert "There is no notebook" in found.notes[0]
    assert "Untitled1.ipynb" in found.notes[0]


def test_no_folder_is_looked_through_for_ever(tmp_path, text, monkeypatch):
    monkeypatch.setattr(files, "MAX_ENTRIES", 3)
    deep = tmp_path / "a/b/c/d"
    deep.mkdir(parents=True)
    (deep / f"{UNIT}.ipynb").write_text(text)
    assert look(tmp_path, UNIT).notebook is None


@pytest.mark.parametrize("link", ["folder", "student"])
def test_a_linked_folder_is_not_followed(tmp_path, text, link):
    folder, other = tmp_path / "submitted" / "ada" / UNIT, tmp_path / "submitted" / "eve"
    folder.mkdir(parents=True)
    (folder / f"{UNIT}.ipynb").write_text(text)
    if link == "folder":
        other.mkdir()
        (other / UNIT).symlink_to(folder)
    else:
        other.symlink_to(folder.parent)
    found = look(other / UNIT, UNIT)
    assert found.notebook is None
    assert "is a link" in found.notes[0]


@pytest.mark.parametrize("name", [f"{UNIT}.ipynb", f"{UNIT}.safetensors", "timestamp.txt"])
def test_a_file_that_has_another_name_too_is_not_read(tmp_path, text, name):
    """A neighbour's notebook, the grader's key under the name of weights, whatever an archive or `ln` can make."""
    secret, folder = tmp_path / "autograder.key", tmp_path / "submitted" / "eve" / UNIT
    folder.mkdir(parents=True)
    secret.write_text(text if name.endswith("ipynb") else "2030-01-14 12:00:00 UTC")
    os.link(secret, folder / name)
    found = look(folder, UNIT)
    assert (found.notebook, found.weights, found.stamp) == (None, None, "")
    assert name == "timestamp.txt" or any("is a hard link" in note for note in found.notes)


@pytest.mark.parametrize(
    ("content", "stamp", "noted"),
    [
        (b"2030-01-14 12:00:00 UTC\n", "2030-01-14 12:00:00 UTC", False),
        (b"", "", False),
        (b"tomorrow", "", True),
        (b"\xff\x00", "", True),
        (b"9" * 50, "", True),
        (b"2030-01-14" + b" " * 500, "", True),
    ],
)
def test_only_a_time_stamp_that_nbgrader_can_read_is_passed_on(tmp_path, content, stamp, noted):
    (tmp_path / "timestamp.txt").write_bytes(content)
    found = look(tmp_path, UNIT)
    assert found.stamp == stamp
    assert any("holds no date" in note for note in found.notes) is noted


def test_a_linked_time_stamp_is_not_read(tmp_path):
    (tmp_path / "real").write_text("2030-01-14 12:00:00 UTC")
    (tmp_path / "timestamp.txt").symlink_to("real")
    assert look(tmp_path, UNIT).stamp == ""


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_pipes_and_folders_with_a_files_name_are_not_waited_for(tmp_path, make):
    for name in (f"{UNIT}.ipynb", f"{UNIT}.safetensors", "timestamp.txt"):
        make(tmp_path / name)
    found = look(tmp_path, UNIT)
    assert (found.notebook, found.weights, found.stamp) == (None, None, "")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "utf-8-sig"])
def test_any_usual_encoding_is_read(tmp_path, text, encoding):
    (tmp_path / f"{UNIT}.ipynb").write_bytes(text.encode(encoding))
    found = look(tmp_path, UNIT)
    assert source(found) == SOURCE
    assert len(found.notes) == (encoding == "latin-1")


def test_outputs_may_be_large_but_parts_may_not_be_many(tmp_path, monkeypatch):
    output = v4.new_output("stream", text="x" * 2**22)
    notebook = v4.new_notebook(cells=[v4.new_code_cell(SOURCE, outputs=[output])])
    (tmp_path / f"{UNIT}.ipynb").write_text(json.dumps(notebook))
    found = look(tmp_path, UNIT)
    assert (source(found), found.notebook.cells[0].outputs) == (SOURCE, [])
    monkeypatch.setattr(files, "MAX_PARTS", 10)
    assert "more than 10 parts" in look(tmp_path, UNIT).notes[0]


def test_what_may_not_be_read_is_noted(tmp_path, text, monkeypatch):
    for name in (f"{UNIT}.ipynb", f"{UNIT}.safetensors", "timestamp.txt"):
        (tmp_path / name).write_text(text)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    found = look(tmp_path, UNIT)
    assert (found.notebook, found.weights, found.stamp) == (None, None, "")
    assert found.notes == ["The submission cannot be read: Permission denied."]


def test_weights_that_are_too_large_are_not_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "MAX_WEIGHTS", 10)
    (tmp_path / f"{UNIT}.safetensors").write_bytes(b"x" * 11)
    found = look(tmp_path, UNIT)
    assert found.weights is None
    assert any("was not read" in note for note in found.notes)


@pytest.mark.parametrize(
    ("metadata", "release"), [({"course": {"release": "r1"}}, "r1"), ({"course": [1]}, ""), ({}, ""), ([], "")]
)
def test_the_claimed_release_is_a_name_at_most(tmp_path, metadata, release):
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []}
    (tmp_path / f"{UNIT}.ipynb").write_text(json.dumps(notebook))
    assert look(tmp_path, UNIT).release == release
