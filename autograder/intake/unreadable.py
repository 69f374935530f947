"""What lies in a submitted folder from which no notebook could be read, in words for its owner and for who grades."""

import os
from itertools import islice
from pathlib import Path

from autograder.errors import BrokenSubmission
from autograder.intake import opening
from autograder.intake.files import Entry, entry, hidden
from autograder.intake.texts import plain

SHOWN, MOST = 5, 1000  # files that are named, and looked at
UNPACK = "unpack it in its place"
NOTEBOOK = "hand in the notebook itself, a file that ends in .ipynb"
COPY = "copy the file itself into the folder"
KINDS = {  # what a file begins with
    b"PK\x03\x04": ("a zip archive", NOTEBOOK),
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
HEAD = 512  # bytes


def reason(folder: Path) -> str:
    """A sentence that names what lies in the folder where that is no notebook at all; "" where a notebook is broken."""
    found, trusted = _entries(folder), opening.above(folder)
    if not found:
        return f"Nothing readable was handed in: the folder is empty. Mend it so: {NOTEBOOK}."
    kinds = [(each.path, *_kind(each, trusted)) for each in found[:SHOWN]]
    if any(path.name.lower().endswith(".ipynb") and kind == "a file" for path, kind, _ in kinds):
        return ""
    named = ", ".join(f"{kind} ({plain(path.name)[:60]})" for path, kind, _ in kinds) + ", …" * (len(found) > SHOWN)
    advice = next((advice for *_, advice in kinds if advice in (COPY, UNPACK)), NOTEBOOK)
    return f"Nothing readable was handed in. What lies there: {named}. Mend it so: {advice}."


def _entries(folder: Path) -> list[Entry]:
    """What lies there, hidden files, macOS's additions and the time stamp left out; of a link, the link itself."""
    trusted = opening.above(folder)
    try:
        with opening.listed(folder, trusted) as items:
            looked = [(item.name, item.stat(follow_symlinks=False)) for item in islice(items, MOST)]
    except OSError:
        return [Entry(folder, "link" if folder.is_symlink() else "other", 0, 0.0, lambda most: b"")]
    return [entry(folder / name, trusted, found) for name, found in sorted(looked) if _counts(name)]


def _counts(name: str) -> bool:
    return not hidden(name) and name != "timestamp.txt"


def kind(path: Path) -> str:
    """What a file is, in words."""
    return _kind(entry(path, path.parent, os.lstat(path)), path.parent)[0]


def _kind(found: Entry, trusted: Path) -> tuple[str, str]:
    """What a file is, by how it begins, then by how its name ends; and what to do about it."""
    if found.kind in ("link", "folder"):
        return f"a {found.kind}", NOTEBOOK
    ending = found.path.suffix.lower()
    for endings, known in ENDINGS.items():
        if ending in endings:
            return known
    try:
        head = _head(found.path, trusted) if found.kind == "file" else b""
    except BrokenSubmission:
        return "a hard link", COPY
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(PAGES):
        return "a web page", NOTEBOOK
    if head[257:262] == b"ustar":
        return "a tar archive", UNPACK
    return next((known for start, known in KINDS.items() if head.startswith(start)), ("a file", NOTEBOOK))


def _head(path: Path, trusted: Path) -> bytes:
    """The first bytes of an ordinary file; none where it may not be read."""
    try:
        with opening.opened(path, trusted, 2**62) as file:
            return file.read(HEAD)
    except OSError:
        return b""
