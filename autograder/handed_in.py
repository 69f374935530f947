"""What lies in a submitted folder: the notebook, the weights, the time stamp.

The folder is a stranger's. Nothing in it is followed, waited for, or read beyond a limit; what cannot be used is noted.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder import choice, names, release, texts
from autograder.errors import BrokenSubmission
from autograder.files import content, everything, is_directory, is_regular

MAX_WEIGHTS = 64 * 2**20
MAX_STAMP = 400
SHOWN = 5  # names in a note
UNIT = re.compile(r"\d\d[_ -][a-z]+(?:[_ -][a-z]+)*")  # what a unit's name looks like


@dataclass
class HandedIn:
    """What one student handed in for one unit.

    Attributes:
        notebook: as it is, in format 4, without outputs; None where none can be read.
        weights: the trained experiment's file, where there is one.
        stamp: when it was handed in, in UTC, or "".
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


def look(folder: Path, unit: str, course: Path | None = None, released: NotebookNode | None = None) -> HandedIn:
    """Look through a submitted folder.

    Args:
        course: its solutions and releases are no work of a student's, whatever link leads to them.
        released: the unit's exercise, by whose cells a student's copy is recognised under any name.
    """
    found, place, there = HandedIn(), folder, []
    try:
        if folder.is_symlink() or folder.parent.is_symlink():
            raise BrokenSubmission("The submitted folder is a link.", expected="an ordinary folder")
        there = everything(folder)
        chosen = choice.notebook(there, folder, unit, course, released, found.notes)
        place, found.notebook = chosen.path, chosen.notebook
        _note_helpers(there, place, found.notes)
    except BrokenSubmission as error:
        found.notes.append(str(error))
    except OSError as error:
        found.notes.append(f"The submission cannot be read: {error.strerror or type(error).__name__}.")
    found.weights = _weights(there, folder, place, unit, found.notes)
    found.stamp = _stamp_in(folder, found.notes)
    return found


def _note_helpers(there: Sequence[Path], notebook: Path, notes: list[str]) -> None:
    """Say that Python files beside the notebook do not come along."""
    beside = [path.name[:60] for path in there if path.parent == notebook.parent and path.suffix.lower() == ".py"]
    if beside:
        listed = ", ".join(map(names.shown, beside[:SHOWN])) + ", …" * (len(beside) > SHOWN)
        notes.append(
            f"Left out: {listed}. Only the notebook and its weights are graded; what the notebook imports from such a "
            "file must stand in one of its cells."
        )


def _weights(there: Sequence[Path], folder: Path, notebook: Path, unit: str, notes: list[str]) -> Path | None:
    """The one file of weights that fits the unit, whatever its name; of several the one whose name fits best."""
    found = [path for path in there if path.name.lower().endswith(".safetensors")]
    near = [path for path in found if path.parent in (notebook.parent, folder) or _fit(path, notebook, unit) > 1]
    foreign = [path for path in near if _fit(path, notebook, unit) < 0]
    usable = [path for path in near if path not in foreign and _is_usable(path, notes)]
    if foreign and not usable:
        notes.append(f"{_listed(foreign, folder)} has the name of another unit and was not taken.")
    if not usable:
        return None
    best = max(usable, key=lambda path: (_fit(path, notebook, unit), path.parent == notebook.parent, _age(path)))
    if len(usable) > 1:
        others = _listed([path for path in usable if path != best], folder)
        notes.append(f"Several files of weights were handed in. Taken: {_listed([best], folder)}. Left out: {others}.")
    elif best not in (place / f"{unit}.safetensors" for place in (folder, notebook.parent)):
        notes.append(f"The weights were handed in as {_listed([best], folder)}, expected {unit}.safetensors.")
    return best


def _fit(path: Path, notebook: Path, unit: str) -> int:
    """How well the name of a file of weights fits; below 0 where it is another unit's."""
    stem = names.spelled(path.stem).casefold()
    like = re.sub(r"[\s-]+", "_", stem)
    if notebook != path and stem == names.spelled(choice.stem(notebook)).casefold():
        return 4
    if stem == unit:
        return 3
    if unit in like:
        return 2
    return -1 if UNIT.match(stem) else int("weight" in stem)


def _age(path: Path) -> float:
    return os.lstat(path).st_mtime


def _is_usable(path: Path, notes: list[str]) -> bool:
    """Whether it is an ordinary file of sensible size; a note where it is not."""
    usable = is_regular(path) and os.lstat(path).st_size <= MAX_WEIGHTS and os.access(path, os.R_OK)
    if not usable and len(notes) < 20:
        most = f"{MAX_WEIGHTS // 2**20} MB"
        shown = names.shown(path.name[:60])
        notes.append(f"{shown} is not an ordinary, readable file of at most {most} and was not read.")
    return usable


def _listed(paths: Sequence[Path], folder: Path) -> str:
    return choice.listed(paths, folder)


def _stamp_in(folder: Path, notes: list[str]) -> str:
    """The time stamp, in UTC; "" and a note where it can be read in no way or in several."""
    path = folder / "timestamp.txt"
    if not is_directory(folder) or not os.path.lexists(path):
        return ""
    try:
        text = texts.decoded(content(path, MAX_STAMP)).strip()
        if not text:
            return ""
        moment = texts.instant(text)
    except (OSError, ValueError, OverflowError, BrokenSubmission) as error:
        reason = f" ({error})" if type(error) is ValueError else ""
        notes.append(f"timestamp.txt holds no date{reason}; the submission counts as handed in in time.")
        return ""
    if texts.NUMBERS.search(text):
        notes.append(f"timestamp.txt: {text} was read as {moment:%d %B %Y, %H:%M} UTC.")
    return f"{moment.isoformat(' ')} UTC"
