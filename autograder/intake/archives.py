"""A zip archive that was handed in in the place of a folder: what lies in it, read within limits and never unpacked."""

import io
import struct
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path, PurePosixPath
from stat import S_ISLNK

from autograder.errors import BrokenSubmission
from autograder.intake import names
from autograder.intake.files import Entry, hidden

ENDING = ".zip"
MOST = 3  # archives of one hand-in that are opened
MAX_ARCHIVE = 100 * 2**20
MAX_ENTRIES = 5000
MAX_LIST = 2 * 2**20  # bytes of an archive's list of entries
MAX_DEPTH = 8
MAX_RATIO = 200  # of what an entry holds to what it takes, where that is more than
SMALL = 2**20
END, END_64 = b"PK\5\6", b"PK\6\7"
END_SIZE, COMMENT, LOCATOR = 22, 2**16, 20
REFUSED = (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, ValueError, EOFError)


def opened(there: Sequence[Entry], notes: list[str]) -> list[Entry]:
    """What lies in the archives among some entries; a note says what could not be opened or was left out."""
    archives = [entry for entry in there if entry.kind == "file" and entry.name.lower().endswith(ENDING)]
    found = []
    for archive in archives[:MOST]:
        try:
            found += _entries(archive, notes)
        except BrokenSubmission as error:
            notes.append(f"The archive {names.shown(archive.name[:60])} was not opened: {' '.join(str(error).split())}")
        except OSError as error:
            notes.append(f"The archive {names.shown(archive.name[:60])} cannot be read: {error.strerror}.")
    return found


def _entries(archive: Entry, notes: list[str]) -> list[Entry]:
    raw = archive.read(MAX_ARCHIVE)
    _refuse_long_lists(raw)
    try:
        held = zipfile.ZipFile(io.BytesIO(raw))
    except REFUSED as error:
        raise BrokenSubmission("It is no zip archive, or a broken one.", got=str(error)[:100]) from error
    found, links, nested = [], 0, 0
    for info in held.infolist():
        if (inner := _inside(info.filename)) is None or info.is_dir():
            continue
        if S_ISLNK(info.external_attr >> 16):
            links += 1
        elif inner.name.lower().endswith(ENDING):
            nested += 1
        else:
            found.append(_entry(archive, held, info, inner))
    shown = names.shown(archive.name[:60])
    if links:
        notes.append(f"{shown} holds {links} links, which were left out.")
    if nested:
        notes.append(f"{shown} holds {nested} archives, which were not opened: hand in what is in them.")
    if any(info.flag_bits & 1 for info in held.infolist()):
        notes.append(f"{shown} has a password: hand in the notebook without one.")
    return found


def _refuse_long_lists(raw: bytes) -> None:
    """Look at the archive's end before its list is read: a small file may claim millions of entries."""
    plain = raw[-END_SIZE:].startswith(END) and raw.endswith(b"\0\0")
    at = len(raw) - END_SIZE if plain else raw.rfind(END, max(0, len(raw) - END_SIZE - COMMENT))
    if at < 0 or len(raw) - at < END_SIZE:
        raise BrokenSubmission("It is no zip archive, or a broken one.")
    count, size = struct.unpack("<HL", raw[at + 10 : at + 16])
    if count > MAX_ENTRIES or size > MAX_LIST or raw[max(0, at - LOCATOR) :].startswith(END_64):
        raise BrokenSubmission("It holds too much.", expected=f"at most {MAX_ENTRIES} files", got=f"{count} or more")


def _inside(name: str) -> PurePosixPath | None:
    """An entry's name as a path inside the archive; None for what is hidden or lies too deep."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    if not parts or len(parts) > MAX_DEPTH or any(hidden(part) for part in parts):
        return None
    return PurePosixPath(*(part.replace("\0", "")[:100] or "_" for part in parts))


def _entry(archive: Entry, held: zipfile.ZipFile, info: zipfile.ZipInfo, inner: PurePosixPath) -> Entry:
    moment = archive.time
    with suppress(ValueError, OverflowError):  # no date at all
        moment = time.mktime((*info.date_time, 0, 0, -1))
    read = partial(unpacked, held, info)
    return replace(archive, path=Path(archive.path, inner), size=info.file_size, time=moment, read=read)


def unpacked(held: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """An entry's content; no more is ever unpacked than its archive says that there is."""
    shown = names.shown(PurePosixPath(info.filename).name[:60])
    if info.flag_bits & 1:
        raise BrokenSubmission(f"{shown} has a password.", expected="an archive without one")
    if info.file_size > most:
        expected, got = f"at most {most / 2**20:.3g} MB", f"{info.file_size / 2**20:.3g} MB"
        raise BrokenSubmission(f"{shown} is too large.", expected=expected, got=got)
    if info.file_size > SMALL and info.file_size > MAX_RATIO * info.compress_size:
        raise BrokenSubmission(f"{shown} is packed more than {MAX_RATIO} times smaller than it is: hand in the file.")
    try:
        with held.open(info) as file:
            return b"".join(_parts(file, most))
    except Exception as error:  # whatever a stranger's archive does to an unpacker is that archive's fault
        if isinstance(error, MemoryError | OSError):
            raise
        raise BrokenSubmission(f"{shown} cannot be unpacked.", got=f"{type(error).__name__}: {error}"[:100]) from error


def _parts(file: zipfile.ZipExtFile, most: int) -> Iterator[bytes]:
    while part := file.read(min(2**20, most)):
        yield part
