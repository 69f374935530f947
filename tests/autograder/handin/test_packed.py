"""An archive of a class is read within limits: each entry that cannot be meant well is one line, the rest comes in."""

import io
import stat
import struct
import zipfile

import pytest

from autograder.errors import BrokenSubmission
from autograder.handin import packed
from tests.helpers.platforms import zipped

GOOD = "Ada L_1_assignsubmission_file/02_rcnn.ipynb"


def look(path):
    """The names that come in, and why others do not."""
    refused = {}
    with packed.opened(path, refused) as entries:
        return [str(entry.path) for entry in entries], refused


def of_kind(name, kind):
    info = zipfile.ZipInfo(name)
    info.create_system = 3
    info.external_attr = (kind | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("/etc/cron.d/x.ipynb", "does not begin in the archive"),
        ("C:\\x\\a.ipynb", "does not begin in the archive"),
        ("\\\\server\\a.ipynb", "does not begin in the archive"),
        ("../../a.ipynb", "climbs out"),
        (".", "it has no name"),
        ("./.", "it has no name"),
        ("Ada L_1_assignsubmission_file/..\\..\\a.ipynb", "climbs out"),
        ("a\x07b.ipynb", "control characters"),
        ("a\nb.ipynb", "control characters"),
        ("a\u202egpj.ipynb", "control characters"),
        ("a" * 301, "too long"),
        ("ü" * 200 + ".ipynb", "too long"),
    ],
)
def test_a_name_that_is_none_is_refused_and_the_rest_comes_in(tmp_path, name, why):
    names, refused = look(zipped(tmp_path / "all.zip", {name: "x", GOOD: "{}"}))
    assert names == [GOOD]
    ((shown, reason),) = refused.items()
    assert why in reason
    assert shown.isprintable()
    assert len(shown) <= 80


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_are_refused(tmp_path, kind):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr(of_kind("link.ipynb", kind), "/etc/passwd")
        archive.writestr(GOOD, "{}")
    names, refused = look(tmp_path / "all.zip")
    assert names == [GOOD]
    assert list(refused) == ["link.ipynb"]


def test_a_password_is_refused(tmp_path):
    path = zipped(tmp_path / "all.zip", {"secret.ipynb": "x", GOOD: "{}"})
    content = bytearray(path.read_bytes())
    for sign, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(sign) + at] |= 1
    path.write_bytes(content)
    assert look(path) == ([GOOD], {"secret.ipynb": "it has a password"})


def test_a_name_in_utf_8_without_its_mark_is_read_as_what_it_is(tmp_path):
    path = zipped(tmp_path / "all.zip", {"müllerzoë_1_2_a.ipynb": "{}"})
    content = path.read_bytes().replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00")
    path.write_bytes(content)
    with zipfile.ZipFile(path) as held:
        assert held.namelist() != ["müllerzoë_1_2_a.ipynb"]
    assert look(path) == (["müllerzoë_1_2_a.ipynb"], {})


def test_a_bomb_comes_in_as_a_name_and_is_never_unpacked(tmp_path, monkeypatch):
    path = zipped(tmp_path / "all.zip", {GOOD: b" " * 40_000_000})
    with packed.opened(path, {}) as (entry,):
        monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
        with pytest.raises(BrokenSubmission, match="packed more than 200 times smaller"):
            entry.read(10**9)
        with pytest.raises(BrokenSubmission, match="too large"):
            entry.read(10**6)


@pytest.mark.parametrize("limit", ["MOST", "MAX_LIST"])
def test_too_long_a_list_is_not_read(tmp_path, monkeypatch, limit):
    path = zipped(tmp_path / "all.zip", {f"{number}.txt": "" for number in range(30)})
    monkeypatch.setattr(packed, limit, 20)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: pytest.fail("its list was read"))
    with pytest.raises(BrokenSubmission, match="holds too much"):
        look(path)


def large(path, count):
    """The same archive as one of more than 4 GB ends, which claims `count` entries."""
    content = path.read_bytes()
    _, size, start = struct.unpack("<HLL", content[-12:-2])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, len(content) - 22, 1)
    path.write_bytes(content[:-22] + record + locator + content[-22:])


def test_an_archive_of_more_than_4_gb_is_read_by_its_own_end(tmp_path):
    path = zipped(tmp_path / "all.zip", {GOOD: "{}"})
    large(path, 1)
    assert look(path) == ([GOOD], {})
    large(path, 2**40)
    with pytest.raises(BrokenSubmission, match="holds too much"):
        look(path)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", bytes(100), b"PK\5\6" + b"\xff" * 18, b"%PDF-1.7" * 99])
def test_what_is_no_archive_is_said(tmp_path, content):
    (tmp_path / "all.zip").write_bytes(content)
    with pytest.raises(BrokenSubmission):
        look(tmp_path / "all.zip")


def test_half_a_locator_is_no_archive(tmp_path):
    end = io.BytesIO()
    zipfile.ZipFile(end, "w").close()
    (tmp_path / "all.zip").write_bytes(struct.pack("<4sLQL", b"PK\6\7", 0, 2**60, 1) + end.getvalue())
    with pytest.raises(BrokenSubmission):
        look(tmp_path / "all.zip")


def test_an_entry_without_a_name_is_refused(tmp_path):
    content = bytearray(zipped(tmp_path / "all.zip", {"Q": "x", GOOD: "{}"}).read_bytes())
    listed = content.index(b"PK\1\2")
    content[listed + 28], content[listed + 30] = 0, 1  # the name becomes an extra field of one byte
    content[26], content[28] = 0, 1
    (tmp_path / "all.zip").write_bytes(content)
    assert look(tmp_path / "all.zip") == ([GOOD], {"": "it has no name"})
