"""An archive of a whole class: what lies in it, listed and read within limits and never unpacked.

Its names and files were chosen by students. An entry that cannot be meant well is refused with a reason; the others
come in.
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from stat import S_IFDIR, S_IFLNK, S_IFMT, S_IFREG
from typing import BinaryIO

from autograder.errors import BrokenSubmission
from autograder.intake import archives, names, texts
from autograder.intake.archives import COMMENT, END, END_64, END_SIZE, LOCATOR
from autograder.intake.files import Entry

MOST = 20_000  # entries
MAX_LIST = 16 * 2**20  # bytes of the list of entries
LONGEST, LONGEST_PART = 300, 255  # characters of a name, bytes of each of its parts
RECORD_64, UTF8 = 56, 0x800
DRIVE = re.compile("[A-Za-z]:")
SEEN = 80  # characters of a name in a message


@contextmanager
def opened(path: Path, refused: dict[str, str]) -> Iterator[list[Entry]]:
    """The files in an archive, to be read inside this block; sizes and packing are judged when one is read.

    Args:
        refused: gets what is left out, by name, and why.

    Raises:
        BrokenSubmission: it is no zip archive, a broken one, or holds too much.
        OSError: it cannot be read.
    """
    with open(path, "rb") as file:
        _refuse_long_lists(file)
        try:
            held = zipfile.ZipFile(file)
        except archives.REFUSED as error:
            raise BrokenSubmission("It is no zip archive, or a broken one.", got=str(error)[:100]) from error
        yield list(_entries(held, refused))


def _refuse_long_lists(file: BinaryIO) -> None:
    """Look at the archive's end before its list is read: a small file may claim millions of entries."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_SIZE - COMMENT - LOCATOR))
    tail = file.read()
    plain = tail[-END_SIZE:].startswith(END) and tail.endswith(b"\0\0")
    at = len(tail) - END_SIZE if plain else tail.rfind(END)
    if at < 0 or len(tail) - at < END_SIZE:
        raise BrokenSubmission("It is no zip archive, or a broken one.")
    count, length = struct.unpack("<HL", tail[at + 10 : at + 16])
    if tail[max(0, at - LOCATOR) :].startswith(END_64):  # more than 4 GB, or than 65,535 entries
        count, length = _large(file, tail[at - LOCATOR : at], size)
    if count > MOST or length > MAX_LIST:
        raise BrokenSubmission("It holds too much.", expected=f"at most {MOST} files", got=f"{count}")


def _large(file: BinaryIO, locator: bytes, size: int) -> tuple[int, int]:
    """The number of entries and the length of their list, as an archive of more than 4 GB says them."""
    (at,) = struct.unpack("<Q", locator[8:16])
    file.seek(min(at, size))
    record = file.read(RECORD_64)
    if len(record) < RECORD_64:
        raise BrokenSubmission("It is no zip archive, or a broken one.")
    return struct.unpack("<QQ", record[32:48])


def _entries(held: zipfile.ZipFile, refused: dict[str, str]) -> Iterator[Entry]:
    for info in held.infolist():
        name = _name(info)
        if name.endswith(("/", "\\")):  # a folder
            continue
        if reason := _reason(name, info):
            refused[names.shown(" ".join(texts.plain(name).split()))[:SEEN]] = reason
            continue
        read = partial(archives.unpacked, held, info)
        yield Entry(Path(name.replace("\\", "/")), "file", info.file_size, 0.0, read)


def _name(info: zipfile.ZipInfo) -> str:
    """An entry's name. Canvas' are UTF-8 without the mark that says so, which Python then reads as a PC's of 1981."""
    if info.flag_bits & UTF8:
        return info.orig_filename
    try:
        return info.orig_filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.orig_filename


def _reason(name: str, info: zipfile.ZipInfo) -> str:
    """Why an entry is refused, or ""."""
    path, kind = name.replace("\\", "/"), S_IFMT(info.external_attr >> 16)
    if texts.UNSEEN.search(name) or any(sign in name for sign in "\t\n"):
        return "its name holds control characters"
    if path.startswith("/") or DRIVE.match(path):
        return "its path does not begin in the archive"
    if not Path(path).parts:
        return "it has no name"
    if ".." in path.split("/"):
        return "its path climbs out of the archive"
    if len(name) > LONGEST or any(len(part.encode()) > LONGEST_PART for part in path.split("/")):
        return "its name is too long for a file"
    if kind not in (0, S_IFREG, S_IFDIR):
        return "it is a link" if kind == S_IFLNK else "it is no ordinary file"
    return "it has a password" if info.flag_bits & 1 else ""
