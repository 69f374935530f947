"""Which of the files of weights in a hand-in is the one: by its name, by what is in it, by its place and its age."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import BrokenSubmission
from autograder.intake import choice, names
from autograder.intake.copied import is_the_course_s
from autograder.intake.files import Entry

ENDING = ".safetensors"
MAX_WEIGHTS = 64 * 2**20
MAX_HEADER = 2**20
MOST, MOST_BYTES = 10, 2 * MAX_WEIGHTS  # files that are opened, of all of them together
UNIT = re.compile(r"\d\d[_ -][a-z]+(?:[_ -][a-z]+)*")  # what a unit's name looks like
ASKED = re.compile(r"""\bweights\[["']([\w.]+)["']\]""")  # what an exercise reads of its weights
CHECKPOINT = {"steps", "losses", "seconds"}  # what a training that was interrupted goes on from


@dataclass(frozen=True)
class Weights:
    """A file of weights.

    Attributes:
        content: all of it, read once.
        tensors: the names of what is in it; None where it is no such file.
        fit: how well its name fits; below 0 where it is another unit's.
    """

    entry: Entry
    content: bytes
    tensors: frozenset[str] | None
    fit: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.entry.path

    @property
    def is_checkpoint(self) -> bool:
        """Whether it is what an interrupted training left."""
        return (self.tensors or frozenset()) >= CHECKPOINT


def found(
    there: Sequence[Entry],
    folder: Path,
    notebook: Path,
    unit: str,
    released: NotebookNode | None,
    notes: list[str],
    doubts: list[str],
) -> Weights | None:
    """The file that fits best, or None.

    Args:
        notebook: the work's path.
        released: the exercise, which says what it reads of its weights.
        doubts: gets what somebody should look at.
    """
    files = [entry for entry in there if entry.name.lower().endswith(ENDING)]
    near = [each for each in files if each.path.parent in (notebook.parent, folder) or _fit(each, notebook, unit) > 1]
    near.sort(key=lambda entry: -_fit(entry, notebook, unit))
    asked = _asked(released)
    opened: list[Weights] = []
    for entry in near[:MOST]:
        if not opened or sum(len(one.content) for one in opened) + entry.size <= MOST_BYTES:
            opened += _opened(entry, _fit(entry, notebook, unit), notes, doubts)
    foreign = [one for one in opened if one.fit < 0 and not (asked and asked <= (one.tensors or frozenset()))]
    halves = [one for one in opened if one.is_checkpoint and one not in foreign]
    broken = [one for one in opened if one.tensors is None and one not in foreign]
    left = [one for one in opened if one not in [*foreign, *halves, *broken]]
    copies = [one for one in left if is_the_course_s(one.content, one.tensors or frozenset())]
    usable = [one for one in left if one not in copies]
    if foreign and not usable:
        notes.append(f"{_listed(foreign, folder)} has the name of another unit and was not taken.")
        doubts.append(notes[-1])
    if halves and not usable:
        notes.append(f"{_listed(halves, folder)} is what an unfinished training left, and was not taken.")
        doubts.append(notes[-1])
    if broken and not usable:
        notes.append(f"{_listed(broken, folder)} cannot be read as weights (a part of a file?) and was not taken.")
        doubts.append(notes[-1])
    if copies:
        notes.append(f"{_listed(copies, folder)} holds weights that come with the course, and was not taken.")
        doubts.append(notes[-1])
    if not usable:
        return None
    best = max(usable, key=lambda one: _rank(one, asked, notebook))
    if len(usable) > 1:
        others = _listed([one for one in usable if one is not best], folder)
        notes.append(f"Several files of weights were handed in. Taken: {_listed([best], folder)}. Left out: {others}.")
    elif best.path not in (place / f"{unit}{ENDING}" for place in (folder, notebook.parent)):
        notes.append(f"The weights were handed in as {_listed([best], folder)}, expected {unit}{ENDING}.")
    return best


def _rank(one: Weights, asked: frozenset[str], notebook: Path) -> tuple:
    """Names decide, then what the exercise reads of it, then the place, then the age."""
    return one.fit, len(asked & (one.tensors or frozenset())), one.path.parent == notebook.parent, one.entry.time


def _asked(released: NotebookNode | None) -> frozenset[str]:
    sources = [cell.source for cell in released.cells if cell.cell_type == "code"] if released else []
    return frozenset(name for source in sources for name in ASKED.findall(source))


def _fit(entry: Entry, notebook: Path, unit: str) -> int:
    """How well the name of a file of weights fits; below 0 where it is another unit's."""
    stem = names.spelled(entry.path.stem).casefold()
    like = re.sub(r"[\s-]+", "_", stem)
    if notebook != entry.path and stem == names.spelled(choice.stem(notebook)).casefold():
        return 4
    if stem == unit:
        return 3
    if unit in like:
        return 2
    return -1 if UNIT.match(stem) else int("weight" in stem)


def _opened(entry: Entry, fit: int, notes: list[str], doubts: list[str]) -> list[Weights]:
    """A file, read; none and a note where it is no ordinary file of sensible size."""
    shown, most = names.shown(entry.name[:60]), f"{MAX_WEIGHTS // 2**20} MB"
    try:
        content = entry.read(MAX_WEIGHTS)
    except (BrokenSubmission, OSError) as error:
        why = " ".join(str(error).split()) if isinstance(error, BrokenSubmission) else error.strerror
        notes.append(f"{shown} is not an ordinary, readable file of at most {most} and was not read ({why}).")
        doubts.append(notes[-1])
        return []
    return [Weights(entry, content, tensors_in(content), fit)]


def tensors_in(content: bytes) -> frozenset[str] | None:
    """The names of the tensors in a safetensors file; None where it is none."""
    length = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + length]) if 0 < length <= min(MAX_HEADER, len(content) - 8) else None
    except (ValueError, RecursionError):
        return None
    return frozenset(header) - {"__metadata__"} if isinstance(header, dict) else None


def _listed(files: Sequence[Weights], folder: Path) -> str:
    return choice.listed([one.path for one in files], folder)
