"""What lies in a folder without a notebook is named, and what to do about it."""

import io
import os
import tarfile
import zipfile

import pytest

from autograder.intake import unreadable

UNIT = "02_rcnn"
PAGE = b"\xef\xbb\xbf\n<!DOCTYPE html><title>02_rcnn</title>"


def zipped():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(f"{UNIT}.ipynb", "{}")
    return held.getvalue()


def tarred():
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"))
    return held.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind", "advice"),
    [
        ("work.zip", zipped(), "a zip archive (work.zip)", "hand in the notebook itself"),
        (f"{UNIT}.ipynb", zipped(), f"a zip archive ({UNIT}.ipynb)", "hand in the notebook itself"),
        ("work", tarred(), "a tar archive (work)", "unpack it"),
        ("work.tar.gz", b"\x1f\x8b\x08\0", "a gzip archive", "unpack it"),
        ("work.7z", b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it"),
        (f"{UNIT}.html", PAGE, f"a web page ({UNIT}.html)", "hand in the notebook itself"),
        (f"{UNIT}.ipynb", PAGE, f"a web page ({UNIT}.ipynb)", "hand in the notebook itself"),
        ("work.pdf", b"%PDF-1.7", "a PDF", "hand in the notebook itself"),
        ("shot.png", b"\x89PNG\r\n\x1a\n", "a picture", "hand in the notebook itself"),
        ("work.docx", zipped(), "an Office document", "hand in the notebook itself"),
        ("answers.py", b"x = 1", "a Python file", "hand in the notebook itself"),
        (f"{UNIT}.safetensors", b"\0" * 20, "weights", "hand in the notebook itself"),
        ("work", b"\0\1\2", "a file (work)", "hand in the notebook itself"),
    ],
)
def test_what_lies_there_is_named(tmp_path, name, content, kind, advice):
    (tmp_path / name).write_bytes(content)
    (tmp_path / "timestamp.txt").write_text("2030-01-01")
    said = unreadable.reason(tmp_path)
    assert said.startswith(f"Nothing readable was handed in. What lies there: {kind}")
    assert advice in said
    assert unreadable.kind(tmp_path / name) in kind


def test_a_folder_with_nothing_in_it_is_empty(tmp_path):
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "__MACOSX").mkdir()
    assert "the folder is empty" in unreadable.reason(tmp_path)


def test_folders_links_and_pipes_are_named_and_nothing_is_followed(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "c")
    said = unreadable.reason(tmp_path)
    assert "a folder (a), a link (b.ipynb), a file (c)" in said


def test_of_many_files_some_are_named(tmp_path):
    for number in range(9):
        (tmp_path / f"{number}.pdf").write_bytes(b"%PDF")
    assert unreadable.reason(tmp_path).count("a PDF") == 5
    assert ", …. Mend it so" in unreadable.reason(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b'{"cells": ['])
def test_a_broken_notebook_is_another_matter(tmp_path, content):
    (tmp_path / f"{UNIT}.ipynb").write_bytes(content)
    assert unreadable.reason(tmp_path) == ""
