"""What lies in a submitted folder from which no notebook could be read, in words for its owner and for who grades."""

import os
import stat
from itertools import islice
from pathlib import Path

from autograder.outputs import plain

SHOWN, MOST = 5, 1000  # files that are named, and looked at
UNPACK = "unpack it in its place"
NOTEBOOK = "hand in the notebook itself, a file that ends in .ipynb"
KINDS = {  # what a file begins with
    b"PK\x03\x04": ("a zip archive", UNPACK),
    b"PK\x05\x06": ("an empty zip archive", NOTEBOOK),
    b"\x1f\x8b": ("a gzip archive", UNPACK),
    b"BZh": ("a bzip2 archive", UNPACK),
    b"\xfd7zXZ": ("an xz archive", UNPACK),
    b"7z\xbc\xaf": ("a 7-Zip archive", UNPACK),
    b"Rar!": ("a RAR archive", UNPACK),
    b"%PDF": ("a PDF", NOTEBOOK),
    b"\x89PNG": ("a picture", NOTEBOOK),
    b"\xff\xd8\xff": ("a picture", NOTEBOOK),
    b"GIF8": ("a picture", NOTEBOOK),
    b"\xd0\xcf\x11\xe0": ("an Office document", NOTEBOOK),
}
ENDINGS = {
    (".docx", ".xlsx", ".pptx", ".odt"): ("an Office document", NOTEBOOK),
    (".py",): ("a Python file", NOTEBOOK),
    (".safetensors",): ("weights", NOTEBOOK),
    (".txt", ".md", ".json", ".csv"): ("a text", NOTEBOOK),
}
PAGES = (b"<!doctype html", b"<html", b"<?xml")


def reason(folder: Path) -> str:
    """A sentence that names what lies in the folder where that is no notebook at all; "" where a notebook is broken."""
    found = _files(folder)
    if not found:
        return f"Nothing readable was handed in: the folder is empty. Mend it so: {NOTEBOOK}."
    kinds = [(path, *_kind(path)) for path in found[:SHOWN]]
    if any(path.name.lower().endswith(".ipynb") and kind == "a file" for path, kind, _ in kinds):
        return ""
    named = ", ".join(f"{kind} ({plain(path.name)[:60]})" for path, kind, _ in kinds) + ", …" * (len(found) > SHOWN)
    advice = next((advice for *_, advice in kinds if advice == UNPACK), NOTEBOOK)
    return f"Nothing readable was handed in. What lies there: {named}. Mend it so: {advice}."


def _files(folder: Path) -> list[Path]:
    """What lies there, hidden files, macOS's additions and the time stamp left out. Nothing is followed."""
    if folder.is_symlink():
        return [folder]
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in islice(entries, MOST))
    return [folder / name for name in names if not name.startswith((".", "__")) and name != "timestamp.txt"]


def kind(path: Path) -> str:
    """What a file is, in words."""
    return _kind(path)[0]


def _kind(path: Path) -> tuple[str, str]:
    """What a file is, by how it begins, then by how its name ends; and what to do about it."""
    mode = os.lstat(path).st_mode
    if stat.S_ISLNK(mode):
        return "a link", NOTEBOOK
    if stat.S_ISDIR(mode):
        return "a folder", NOTEBOOK
    ending = path.suffix.lower()
    for endings, known in ENDINGS.items():
        if ending in endings:
            return known
    head = _head(path) if stat.S_ISREG(mode) else b""
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(PAGES):
        return "a web page", NOTEBOOK
    if head[257:262] == b"ustar":
        return "a tar archive", UNPACK
    return next((known for start, known in KINDS.items() if head.startswith(start)), ("a file", NOTEBOOK))


def _head(path: Path) -> bytes:
    """The first bytes of an ordinary file; none where it may not be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return b""
    try:
        return os.read(descriptor, 512)
    finally:
        os.close(descriptor)
