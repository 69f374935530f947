"""A zip archive in the place of a folder is read within limits; what is left out of it is said."""

import io
import json
import os
import stat
import struct
import zipfile

import pytest

from autograder.intake import archives
from autograder.intake.handed_in import look
from tests.helpers.classes import WEIGHTS, two_functions

UNIT = "02_rcnn"
EMPTY = (b"PK\5\6" + bytes(18),)
F = "def f(x):\n    return x"


def work():
    """A worked copy of the release, as text."""
    made = two_functions()
    made.cells[2].source = F
    return json.dumps(made)


def zipped(path, **files):
    """An archive of some files by name; what is not text is a ZipInfo with its text."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def found(folder):
    handed_in = look(folder, UNIT, released=two_functions())
    sources = [cell.source for cell in handed_in.notebook.cells] if handed_in.notebook else []
    return F in sources, handed_in


@pytest.mark.parametrize("inner", [f"{UNIT}.ipynb", f"home/ada/{UNIT} (1).ipynb", f"..\\..\\{UNIT}.ipynb", "/x.ipynb"])
def test_a_notebook_and_its_weights_are_found_in_an_archive(tmp_path, inner):
    beside = inner.replace("\\", "/").rpartition("/")[0]
    weights = f"{beside}/{UNIT}.safetensors".lstrip("/")
    zipped(tmp_path / "work.ZIP", **{inner: work(), weights: WEIGHTS, "__MACOSX/._a.ipynb": b"\0"})
    there, handed_in = found(tmp_path)
    assert there
    assert handed_in.weights.content == WEIGHTS
    assert all(part not in ("..", "") for part in handed_in.weights.path.parts)
    assert handed_in.notes[0].startswith("The notebook was handed in as work.ZIP/")
    assert handed_in.doubts == []


def test_the_newest_counts_whether_it_lies_in_an_archive_or_not(tmp_path):
    (tmp_path / f"{UNIT}.ipynb").write_text(work().replace("return x", "return 2 * x"))
    os.utime(tmp_path / f"{UNIT}.ipynb", (1_000_000, 1_000_000))
    zipped(tmp_path / "work.zip", **{f"{UNIT}.ipynb": work()})
    there, handed_in = found(tmp_path)
    assert there
    assert "Several copies" in handed_in.doubts[0]


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def test_links_and_archives_in_archives_are_left_out_and_said(tmp_path):
    with zipfile.ZipFile(tmp_path / "work.zip", "w") as archive:
        archive.writestr(link(f"{UNIT}.ipynb"), "/etc/passwd")
        archive.writestr("more.zip", b"PK")
    there, handed_in = found(tmp_path)
    assert not there
    assert "holds 1 links" in " ".join(handed_in.doubts)
    assert "holds 1 archives, which were not opened" in " ".join(handed_in.doubts)


def with_password(path):
    """Set the mark of encryption in an archive's entries."""
    content = bytearray(path.read_bytes())
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + at] |= 1
    path.write_bytes(content)


def test_a_password_is_said(tmp_path):
    with_password(zipped(tmp_path / "work.zip", **{f"{UNIT}.ipynb": work()}))
    there, handed_in = found(tmp_path)
    assert not there
    assert any("has a password" in doubt for doubt in handed_in.doubts)


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    zipped(tmp_path / "work.zip", **{f"{UNIT}.ipynb": b" " * 40_000_000})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
    there, handed_in = found(tmp_path)
    assert not there
    assert "packed more than 200 times smaller" in " ".join(handed_in.notes)


@pytest.mark.parametrize("many", ["claimed", "listed", "64"])
def test_the_list_of_entries_is_not_read_where_it_is_long(tmp_path, monkeypatch, many):
    path = zipped(tmp_path / "work.zip", **{f"{number}.txt": "" for number in range(30)})
    monkeypatch.setattr(archives, "MAX_ENTRIES" if many != "listed" else "MAX_LIST", 20)
    content = bytearray(path.read_bytes())
    if many == "64":
        content[-22:-22] = b"PK\6\7" + bytes(16)
    elif many == "claimed":
        content[-12:-10] = struct.pack("<H", 21)
    path.write_bytes(content)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("its list was read"))
    assert "holds too much" in " ".join(found(tmp_path)[1].doubts)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"PK\5\6" + bytes(18), bytes(100), b"PK\5\6" + b"\xff" * 18])
def test_a_broken_archive_is_said(tmp_path, content):
    (tmp_path / "work.zip").write_bytes(content)
    there, handed_in = found(tmp_path)
    assert not there
    assert handed_in.notebook is None
    assert any("work.zip was not opened" in doubt for doubt in handed_in.doubts) == (content not in EMPTY)


def test_an_entry_that_lies_about_its_size_is_the_archives_fault(tmp_path):
    path = zipped(tmp_path / "work.zip", **{f"{UNIT}.ipynb": work()})
    content = path.read_bytes()
    size = struct.pack("<L", len(work().encode()))
    path.write_bytes(content.replace(size, struct.pack("<L", 10)))
    there, handed_in = found(tmp_path)
    assert not there
    assert "cannot be unpacked" in " ".join(handed_in.notes) or "not a Jupyter notebook" in " ".join(handed_in.notes)


def test_no_date_and_no_name_do_no_harm(tmp_path):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        info = zipfile.ZipInfo("//../")
        info.date_time = (1980, 0, 0, 0, 0, 0)
        archive.writestr(info, b"")
        odd = zipfile.ZipInfo(f"a/{UNIT}.ipynb")
        odd.date_time = (1980, 0, 0, 0, 0, 0)
        archive.writestr(odd, work())
    (tmp_path / "work.zip").write_bytes(held.getvalue())
    assert found(tmp_path)[0]
