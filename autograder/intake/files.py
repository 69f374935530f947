"""What lies in a stranger's folder, listed and read within limits. Nothing is followed or waited for."""

import json
import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.errors import BrokenSubmission
from autograder.intake import opening

MAX_NOTEBOOK = 100 * 2**20
MAX_PARTS = 4_000_000  # brackets and commas of its JSON: what bounds the memory that it takes
MAX_OLD_PARTS = 200_000  # of a notebook in an old format, which is converted with all that is in it
MAX_NESTING = 40
MAX_ENTRIES = 20_000  # of all folders together that are looked at
MAX_DEPTH = 5  # folders in folders, as a checkout in an unpacked archive has them


@dataclass(frozen=True)
class Entry:
    """Something that lies in a hand-in.

    Attributes:
        path: where, for messages; inside an archive the archive's path goes on.
        kind: "file", "folder", "link" or "other".
        size, time: bytes, and seconds since 1970, as they were listed.
        read: gives the bytes, of which there may be so many at most; raises BrokenSubmission or OSError.
    """

    path: Path
    kind: str
    size: int
    time: float
    read: Callable[[int], bytes]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name


def everything(folder: Path) -> list[Entry]:
    """What lies in a student's folder and, level by level, in the folders in it; folders are not listed themselves.

    Raises:
        OSError: the folder itself cannot be opened; one that is not there holds nothing.
    """
    found, level, room, trusted = [], [folder], MAX_ENTRIES, opening.above(folder)
    for _ in range(MAX_DEPTH):
        entries: list[Entry] = []
        for place in level:
            with suppress(OSError if place != folder else FileNotFoundError):  # nobody's work is in there
                entries += _entries(place, trusted, room - len(entries))
        room -= len(entries)
        level = [entry.path for entry in entries if entry.kind == "folder"]
        listed = [entry for entry in entries if entry.kind != "folder" or entry.path.suffix == ".safetensors"]
        found += sorted(listed, key=lambda entry: entry.path)
    return found


def _entries(folder: Path, trusted: Path, most: int) -> list[Entry]:
    """What lies in a folder, without hidden files and macOS's additions to archives."""
    found: list[Entry] = []
    with opening.listed(folder, trusted) as listed:
        for item in listed:
            if len(found) >= most:
                break
            if not hidden(item.name):
                found.append(entry(folder / item.name, trusted, item.stat(follow_symlinks=False)))
    return found


def hidden(name: str) -> bool:
    """Whether a name is a hidden file's or one of macOS's additions to archives."""
    return name.startswith((".", "__"))


def entry(path: Path, trusted: Path, status: os.stat_result) -> Entry:
    """An entry of a folder; `trusted` as for `opening.opened`."""
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    kind = kinds.get(stat.S_IFMT(status.st_mode), "other")
    return Entry(path, kind, status.st_size, status.st_mtime, partial(opening.content, path, trusted))


def parse(raw: bytes, notes: list[str] | None = None) -> NotebookNode:
    """The content of a file as a notebook of format 4, with nothing in it but what is read.

    Raises:
        BrokenSubmission: no JSON, nested too deeply, or no notebook.
    """
    try:
        parts = sum(map(raw.count, (b"[", b"{", b",")))
        if parts > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
        loaded = _needed(_loaded(raw, [] if notes is None else notes), parts)
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


CELL, GRADING, COURSE = ("cell_type", "source", "id", "attachments"), ("nbgrader",), ("course",)


def _needed(content: object, parts: int) -> object:
    """The same without outputs and metadata that nobody reads and that can be large."""
    if not isinstance(content, dict) or content.get("nbformat") != 4:
        if parts > MAX_OLD_PARTS:
            raise ValueError(f"it is in an old format and has more than {MAX_OLD_PARTS} parts")
        return content
    cells = content.get("cells")
    return {
        **_only(content, ("nbformat", "nbformat_minor")),
        "metadata": _only(content.get("metadata"), COURSE),
        "cells": [_cell(cell) for cell in cells] if isinstance(cells, list) else cells,
    }


def _cell(cell: object) -> object:
    if not isinstance(cell, dict):
        return None
    return {**_only(cell, CELL), "metadata": _only(cell.get("metadata"), GRADING), "outputs": []}


def _only(found: object, names: Sequence[str]) -> dict:
    """Those fields of a dict that have one of the names."""
    return {name: found[name] for name in names if name in found} if isinstance(found, dict) else {}


def _depth(content: object) -> int:
    """Nesting of lists and dicts, without recursion."""
    deepest, waiting = 0, [(content, 1)]
    while waiting:
        value, depth = waiting.pop()
        deepest = max(deepest, depth)
        if depth <= MAX_NESTING and isinstance(value, dict | list):
            waiting.extend((item, depth + 1) for item in (value.values() if isinstance(value, dict) else value))
    return deepest
