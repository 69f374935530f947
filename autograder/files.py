"""Files in a stranger's folder: listed, looked at and read within limits. Nothing is followed or waited for."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.errors import BrokenSubmission

MAX_NOTEBOOK = 100 * 2**20
MAX_PARTS = 4_000_000  # brackets and commas of its JSON: what bounds the memory that it takes
MAX_NESTING = 40
MAX_ENTRIES = 20_000  # of all folders together that are looked at
MAX_DEPTH = 5  # folders in folders, as a checkout in an unpacked archive has them


def everything(folder: Path) -> list[Path]:
    """What lies in a folder and, level by level, in the folders in it; folders are not listed themselves."""
    found, level, room = [], [folder], MAX_ENTRIES
    for _ in range(MAX_DEPTH):
        entries = []
        for place in level:
            with suppress(PermissionError) if place != folder else nullcontext():  # nobody's work is in there
                entries += [entry for _, entry in zip(range(room - len(entries)), _entries(place), strict=False)]
        room -= len(entries)
        level = [entry for entry in entries if is_directory(entry)]
        found += sorted(entry for entry in entries if not is_directory(entry) or entry.suffix == ".safetensors")
    return found


def _entries(folder: Path) -> Iterator[Path]:
    """What lies in a folder, without hidden files and macOS's additions to archives."""
    if not is_directory(folder):
        return
    with os.scandir(folder) as found:
        for entry in found:
            if not entry.name.startswith((".", "__")):
                yield Path(entry.path)


def is_regular(path: Path) -> bool:
    """An ordinary file, not a link to one, a pipe or a device."""
    return os.path.lexists(path) and stat.S_ISREG(os.lstat(path).st_mode)


def is_directory(path: Path) -> bool:
    """A folder, not a link to one."""
    return os.path.lexists(path) and stat.S_ISDIR(os.lstat(path).st_mode)


def content(path: Path, most: int) -> bytes:
    """The bytes of an ordinary file.

    Raises:
        BrokenSubmission: it is none, or larger than `most`.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BrokenSubmission(f"{path.name} is no ordinary file.")
        if size > most:
            expected, got = f"at most {most / 2**20:.3g} MB", f"{size / 2**20:.3g} MB"
            raise BrokenSubmission(f"{path.name} is too large.", expected=expected, got=got)
        return file.read(most)


def parse(path: Path, notes: list[str] | None = None) -> NotebookNode:
    """The file as a notebook of format 4, without outputs.

    Raises:
        BrokenSubmission: too large, no JSON, nested too deeply, or no notebook.
    """
    raw = content(path, MAX_NOTEBOOK)
    try:
        if sum(map(raw.count, (b"[", b"{", b","))) > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
        loaded = _without_outputs(_loaded(raw, [] if notes is None else notes))
        if _depth(loaded) > MAX_NESTING:
            raise ValueError(f"it is nested more than {MAX_NESTING} levels deep")
        notebook = nbformat.from_dict(loaded)
        notebook = nbformat.convert(notebook, 4) if notebook.get("nbformat") != 4 else notebook
        if not isinstance(notebook.get("cells"), list):
            raise ValueError("it has no list of cells")
        if not isinstance(notebook.get("metadata"), dict):
            notebook.metadata = NotebookNode()
    except Exception as error:  # whatever a stranger's file does to a parser is that file's fault
        reason = f"{type(error).__name__}: {str(error)[:200]}"
        raise BrokenSubmission("The file is not a Jupyter notebook.", expected="a notebook", got=reason) from error
    return notebook


def _loaded(raw: bytes, notes: list[str]) -> object:
    """JSON in UTF-8, -16 or -32, or in the encoding that Western European editors write."""
    try:
        return json.loads(raw)
    except UnicodeDecodeError:
        content = json.loads(raw.decode("latin-1"))
    notes.append("The notebook is not written in UTF-8; it was read as Latin-1.")
    return content


def _without_outputs(content: object) -> object:
    """The same without what its cells displayed, which nobody reads and which can be large."""
    for cell in content.get("cells", ()) if isinstance(content, dict) else ():
        if isinstance(cell, dict):
            cell["outputs"] = []
    return content


def _depth(content: object) -> int:
    """Nesting of lists and dicts, without recursion."""
    deepest, waiting = 0, [(content, 1)]
    while waiting:
        value, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth <= MAX_NESTING and isinstance(value, dict | list):
            waiting.extend((item, depth + 1) for item in (value.values() if isinstance(value, dict) else value))
    return deepest
