"""What lies in a submitted folder: which file is the notebook, what it holds, the weights, the time stamp.

The folder is a stranger's. Nothing in it is followed, waited for, or read beyond a limit; what cannot be used is noted.
"""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import release
from autograder.errors import BrokenSubmission

MAX_NOTEBOOK = 100 * 2**20
MAX_PARTS = 4_000_000  # brackets and commas of its JSON: what bounds the memory that it takes
MAX_WEIGHTS = 64 * 2**20
MAX_NESTING = 40
MAX_STAMP = 100
MAX_ENTRIES = 10_000  # of a folder that are looked at
MAX_DEPTH = 3  # folders in folders, as unpacked archives have them
ENDINGS = (".ipynb", ".ipynb.json", ".ipynb.txt")


@dataclass
class HandedIn:
    """What one student handed in for one unit.

    Attributes:
        notebook: as it is, in format 4, without outputs; None where none can be read.
        weights: the trained experiment's file, where there is one.
        stamp: when it was handed in, or "".
        notes: what is odd or missing, for the student and the instructor.
    """

    notebook: NotebookNode | None = None
    weights: Path | None = None
    stamp: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def release(self) -> str:
        """The release that it says it was made from: a name to look up, nothing else is believed."""
        return release.release_of(self.notebook) if self.notebook else ""


def look(folder: Path, unit: str, course: Path | None = None) -> HandedIn:
    """Look through a submitted folder.

    Args:
        course: its solutions and releases are no work of a student's, whatever link leads to them.
    """
    found, place = HandedIn(), folder
    try:
        path = _notebook_in(folder, unit, found.notes)
        place = path.parent
        _refuse_ours(path, unit, course)
        found.notebook = parse(path, found.notes)
    except BrokenSubmission as error:
        found.notes.append(str(error))
    except OSError as error:
        found.notes.append(f"The submission cannot be read: {error.strerror or type(error).__name__}.")
    found.weights = _weights_in(place, unit, found.notes)
    found.stamp = _stamp_in(folder, found.notes)
    return found


def _notebook_in(folder: Path, unit: str, notes: list[str]) -> Path:
    """The file of the unit's name, or the only notebook there is; in the folder itself, or where an archive put it."""
    if folder.is_symlink() or folder.parent.is_symlink():
        raise BrokenSubmission("The submitted folder is a link.", expected="an ordinary folder")
    level, seen = [folder], []
    for _ in range(MAX_DEPTH):
        files = [path for place in level for path in _entries(place) if _regular(path) and _is_notebook(path)]
        named = [path for path in files if path.name == f"{unit}.ipynb"]
        if len(named or files) == 1:
            return _noted((named or files)[0], folder, unit, notes)
        seen += files
        level = [] if files else [path for place in level for path in _entries(place) if _directory(path)]
    raise BrokenSubmission(
        f"There is no notebook {unit}.ipynb in this submission.",
        expected="one notebook of that name, an ordinary file",
        got=", ".join(path.name[:60] for path in seen[:5]) or "none",
    )


def _noted(path: Path, folder: Path, unit: str, notes: list[str]) -> Path:
    """The same path; a note where it is not what was asked for."""
    if path != folder / f"{unit}.ipynb":
        notes.append(f"The notebook was handed in as {path.relative_to(folder)}, expected {unit}.ipynb.")
    return path


def _entries(folder: Path) -> Iterator[Path]:
    """What lies in a folder, without hidden files and macOS's additions to archives."""
    if not _directory(folder):
        return
    with os.scandir(folder) as found:
        for _, entry in zip(range(MAX_ENTRIES), found, strict=False):
            if not entry.name.startswith((".", "__")):
                yield Path(entry.path)


def _is_notebook(path: Path) -> bool:
    return path.name.lower().endswith(ENDINGS)


def _regular(path: Path) -> bool:
    """An ordinary file, not a link to one, a pipe or a device."""
    return os.path.lexists(path) and stat.S_ISREG(os.lstat(path).st_mode)


def _directory(path: Path) -> bool:
    return os.path.lexists(path) and stat.S_ISDIR(os.lstat(path).st_mode)


def _refuse_ours(path: Path, unit: str, course: Path | None) -> None:
    """A hard link to the solution, as an archive can hold one, is no work."""
    if course and os.lstat(path).st_nlink > 1:
        ours = [course / kind / unit / f"{unit}.ipynb" for kind in ("solutions", "exercises")]
        if any(other.exists() and other.samefile(path) for other in ours):
            raise BrokenSubmission("The notebook is a link to a file of the course.", expected="a file of your own")


def _weights_in(folder: Path, unit: str, notes: list[str]) -> Path | None:
    """The file of the unit's name, an ordinary one of sensible size."""
    path = folder / f"{unit}.safetensors"
    if not _directory(folder) or not os.path.lexists(path):
        return None
    if not _regular(path) or os.lstat(path).st_size > MAX_WEIGHTS or not os.access(path, os.R_OK):
        most = f"{MAX_WEIGHTS // 2**20} MB"
        notes.append(f"{path.name} is not an ordinary, readable file of at most {most} and was not read.")
        return None
    return path


def _stamp_in(folder: Path, notes: list[str]) -> str:
    """The time stamp, where nbgrader can read it."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    if not _directory(folder) or not os.path.lexists(path):
        return ""
    try:
        stamp = _content(path, MAX_STAMP).decode().strip()
        if stamp:
            parse_utc(stamp)
        return stamp
    except (OSError, ValueError, OverflowError, BrokenSubmission):
        notes.append("timestamp.txt holds no date; the submission counts as handed in in time.")
        return ""


def _content(path: Path, most: int) -> bytes:
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
    raw = _content(path, MAX_NOTEBOOK)
    try:
        if sum(map(raw.count, (b"[", b"{", b","))) > MAX_PARTS:
            raise ValueError(f"it has more than {MAX_PARTS} parts")
        content = _without_outputs(_loaded(raw, [] if notes is None else notes))
        if _depth(content) > MAX_NESTING:
            raise ValueError(f"it is nested more than {MAX_NESTING} levels deep")
        notebook = nbformat.from_dict(content)
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
