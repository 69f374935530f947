"""What lies in a submitted folder: the notebook, the weights, the time stamp.

The folder is a stranger's. Nothing in it is followed, waited for, or read beyond a limit; what cannot be used is noted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.errors import BrokenSubmission
from autograder.intake import archives, choice, names, reading, texts, weights
from autograder.intake.files import Entry, everything
from autograder.intake.weights import Weights
from autograder.intake.written import Cell
from autograder.release import releases

MAX_STAMP = 400
SHOWN = 5  # names in a note
STAMP = "timestamp.txt"


@dataclass
class HandedIn:
    """What one student handed in for one unit.

    Attributes:
        notebook: as it is, in format 4, without outputs; None where none can be read.
        cells: what is taken over from it.
        weights: the trained experiment's file, where there is one.
        stamp: when it was handed in, in UTC, or "".
        notes: what is odd or missing, for the student and the instructor.
        doubts: those of the notes after which somebody should look.
    """

    notebook: NotebookNode | None = None
    cells: Sequence[Cell] = ()
    weights: Weights | None = None
    stamp: str = ""
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def release(self) -> str:
        """The release that it says it was made from: a name to look up, nothing else is believed."""
        return releases.release_of(self.notebook) if self.notebook else ""


def look(folder: Path, unit: str, course: Path | None = None, released: NotebookNode | None = None) -> HandedIn:
    """Look through a submitted folder.

    Args:
        course: its lectures are no work of a student's.
        released: the unit's exercise, by whose cells a student's copy is recognised under any name.
    """
    reading.forget()
    found, place, there = HandedIn(), folder, []
    try:
        if folder.is_symlink() or folder.parent.is_symlink():
            raise BrokenSubmission("The submitted folder is a link.", expected="an ordinary folder")
        there = everything(folder)
        found.stamp = _stamp_in(there, folder, found.notes)
        unpacked = archives.opened(there, found.doubts)
        found.notes += found.doubts
        there += unpacked
        chosen = choice.notebook(there, folder, unit, course, released, found.notes, found.doubts)
        place, found.notebook, found.cells = chosen.path, chosen.notebook, chosen.cells
        _note_helpers(there, place, found.notes)
    except (BrokenSubmission, OSError) as error:
        why = f"The submission cannot be read: {getattr(error, 'strerror', None) or type(error).__name__}."
        found.notes.append(str(error) if isinstance(error, BrokenSubmission) else why)
        found.doubts.append(found.notes[-1])
    found.weights = weights.found(there, folder, place, unit, released, found.notes, found.doubts)
    return found


def _note_helpers(there: Sequence[Entry], notebook: Path, notes: list[str]) -> None:
    """Say that Python files beside the notebook do not come along."""
    paths = [entry.path for entry in there if entry.path.parent == notebook.parent and entry.path != notebook]
    beside = [path.name[:60] for path in paths if path.suffix.lower() == ".py"]
    if beside:
        listed = ", ".join(map(names.shown, beside[:SHOWN])) + ", …" * (len(beside) > SHOWN)
        notes.append(
            f"Left out: {listed}. Only the notebook and its weights are graded; what the notebook imports from such a "
            "file must stand in one of its cells."
        )


def _stamp_in(there: Sequence[Entry], folder: Path, notes: list[str]) -> str:
    """The time stamp, in UTC; "" and a note where it can be read in no way or in several."""
    stamps = [entry for entry in there if entry.path == folder / STAMP]
    if not stamps:
        return ""
    try:
        text = texts.decoded(stamps[0].read(MAX_STAMP)).strip()
        if not text:
            return ""
        moment = texts.instant(text)
    except (OSError, ValueError, OverflowError, BrokenSubmission) as error:
        reason = f" ({error})" if type(error) is ValueError else ""
        notes.append(f"{STAMP} holds no date{reason}; the submission counts as handed in in time.")
        return ""
    if texts.NUMBERS.search(text):
        notes.append(f"{STAMP}: {text} was read as {moment:%d %B %Y, %H:%M} UTC.")
    return f"{moment.isoformat(' ')} UTC"
