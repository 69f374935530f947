"""Which of the notebooks in a submitted folder is the work.

A copy of the exercise is known by its cells: by their names, by the text of checks, by the functions it defines; its
file's name comes last. Of several copies the newest counts among those in which most is written: a copy that was begun
anew does not replace a finished one, whatever its date. A lecture or another unit's notebook is never the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import reference
from autograder.errors import BrokenSubmission
from autograder.intake import exported, files, names, written
from autograder.intake.files import Entry, parse
from autograder.release.setup import is_setup
from course_lib.units import UNITS

ENDINGS = (".ipynb", ".ipynb.json", ".ipynb.txt")
MOST = 30  # notebooks that are looked at
MOST_BYTES = 200 * 2**20  # of all of them together
MOST_CODE = 3_000_000  # characters of code in all of them together
MOST_CELLS = 2000  # of each
SAME_TIME = 2.0  # seconds; archives know no less
SHOWN = 5  # names in a note
LECTURE = 0.5  # of a notebook's cells are a lecture's


@dataclass(frozen=True)
class Candidate:
    """A notebook that was handed in, and how much of the exercise it is.

    Attributes:
        kin: 2 where it holds cells of the exercise, 1 where it defines some of its functions, 0 where neither, -1 where
            it is something else for certain.
        solved: how many of the exercise's functions are written in it.
        own: whether anything else in it is the student's.
        notes, doubts: what was odd when it was read, and what somebody should look at.
    """

    entry: Entry
    notebook: NotebookNode
    cells: Sequence[written.Cell] = ()
    kin: int = 1
    solved: int = 0
    own: bool = False
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.entry.path


def notebook(
    there: Sequence[Entry],
    folder: Path,
    unit: str,
    course: Path | None,
    released: NotebookNode | None,
    notes: list[str],
    doubts: list[str],
) -> Candidate:
    """The work among all that lies there.

    Args:
        doubts: gets what somebody should look at.

    Raises:
        BrokenSubmission: there is none, or it cannot be told which; the message names what was found.
    """
    entries = [entry for entry in there if entry.kind == "file" and entry.name.lower().endswith(ENDINGS)]
    entries = entries or [entry for entry in there if entry.kind == "file" and exported.is_script(entry.path)]
    entries.sort(key=lambda entry: (-_fit(entry.path, unit), len(entry.path.parts)))
    found, broken = _parsed(entries, unit, course, released)
    able = [each for each in found if each.kin >= 0]
    kin = [each for each in able if each.kin == max(other.kin for other in able)] if able else []
    if able and kin[0].kin == 0 or released is None:
        named = [each for each in kin if _fit(each.path, unit) == 2]
        kin = named[:1] or (kin if len(kin) == 1 else [])
    if not kin:
        paths = [entry.path for entry in entries]
        raise _none(unit, paths, folder, [each for each in found if each.kin < 0], broken)
    best = _best(kin, unit)
    notes += best.notes + best.doubts
    doubts += best.doubts
    _note(best, [each for each in kin if each is not best], folder, unit, notes, doubts)
    for path, error in broken.items():
        if _fit(path, unit):  # another's trouble is of no interest
            notes.append(f"{listed([path], folder)} was left out: {str(error).splitlines()[0]}")
            doubts.append(notes[-1])
    return best


def _parsed(
    entries: Sequence[Entry], unit: str, course: Path | None, released: NotebookNode | None
) -> tuple[list[Candidate], dict[Path, BrokenSubmission]]:
    """The notebooks that can be read, and why others cannot."""
    found, broken, room, code = [], {}, MOST_BYTES, MOST_CODE
    for entry in entries[:MOST]:
        try:
            if found and (entry.size > room or code <= 0):
                raise BrokenSubmission("All notebooks together are too large.")
            room -= entry.size
            found.append(_candidate(entry, unit, course, released))
            code -= sum(len(cell.source) for cell in found[-1].cells if cell.kind == "code")
        except BrokenSubmission as error:
            broken[entry.path] = error
        except OSError as error:
            broken[entry.path] = BrokenSubmission(f"The submission cannot be read: {error.strerror or error}.")
    return found, broken


def _candidate(entry: Entry, unit: str, course: Path | None, released: NotebookNode | None) -> Candidate:
    notes: list[str] = []
    doubts: list[str] = []
    raw = entry.read(files.MAX_NOTEBOOK)
    content = exported.notebook(raw, entry.path, doubts) if exported.is_script(entry.path) else parse(raw, notes)
    found = Candidate(entry, content, notes=notes, doubts=doubts)
    if released is None:
        return found
    about = content.metadata.get("course", {})
    claimed = str(about.get("unit", "")) if isinstance(about, dict) else ""
    if claimed not in ("", unit) and claimed in {known.id for known in UNITS}:
        return replace(found, kin=-1)
    cells = written.within(written.each_cell(content.cells[:MOST_CELLS]), doubts)
    solved = len(written.answered(cells, released))
    kin = 2 if written.shared(cells, released) else int(solved > 0)
    if kin < 2 and (_is_lecture(cells, course) or (not kin and exported.is_script(entry.path))):
        return replace(found, kin=-1)
    given = {cell.source.strip() for cell in released.cells}
    own = any(text not in given and not is_setup(text) for cell in cells if (text := cell.source.strip()))
    return replace(found, cells=cells, kin=kin, solved=solved, own=own)


def _is_lecture(cells: Sequence[written.Cell], course: Path | None) -> bool:
    texts = [cell.source.strip() for cell in cells if cell.source.strip()]
    known = _lectures(reference.ROOT) | (_lectures(course) if course else frozenset())
    return bool(texts) and sum(text in known for text in texts) >= LECTURE * len(texts)


@cache
def _lectures(course: Path) -> frozenset[str]:
    """The text of all cells of the course's lectures."""
    notebooks = [nbformat.read(path, as_version=4) for path in sorted((course / "lectures").glob("*.ipynb"))]
    return frozenset(cell.source.strip() for notebook in notebooks for cell in notebook.cells)


def _best(kin: Sequence[Candidate], unit: str) -> Candidate:
    """The newest of those in which most is written; of those that came at one time, the one of the right name."""
    most = max((each.solved, each.own) for each in kin)
    able = [each for each in kin if (each.solved, each.own) == most]
    newest = max(each.entry.time for each in able)
    new = [each for each in able if each.entry.time >= newest - SAME_TIME]
    return max(new, key=lambda each: (_fit(each.path, unit), -len(each.path.parts), each.entry.time))


def stem(path: Path) -> str:
    """A notebook's file name without its ending."""
    name = path.name
    return next((name[: -len(end)] for end in sorted(ENDINGS, key=len)[::-1] if name.lower().endswith(end)), name)


def _fit(path: Path, unit: str) -> int:
    """How well a notebook's name fits."""
    name = names.spelled(path.name)
    return 2 if name == f"{unit}.ipynb" else int(unit in name.casefold().replace("-", "_").replace(" ", "_"))


def _note(
    best: Candidate, others: Sequence[Candidate], folder: Path, unit: str, notes: list[str], doubts: list[str]
) -> None:
    """Say what was chosen where it was not obvious."""
    if others:
        written_in = "nothing is written in it" if not best.solved else f"{best.solved} functions are written in it"
        rest = ", ".join(f"{listed([each.path], folder)} ({each.solved})" for each in others[:SHOWN])
        rest += ", …" * (len(others) > SHOWN)
        notes.append(
            f"Several copies of the exercise were handed in. Graded: {listed([best.path], folder)} ({written_in}). "
            f"Left out: {rest}. Of those in which most is written the newest counts."
        )
        if any(each.solved or each.own for each in others):
            doubts.append(notes[-1])
    elif best.path != folder / f"{unit}.ipynb":
        notes.append(f"The notebook was handed in as {listed([best.path], folder)}, expected {unit}.ipynb.")
    if best.kin == 0:
        notes.append(f"{listed([best.path], folder)} holds no cell of the exercise.")
        doubts.append(notes[-1])


def listed(paths: Iterable[Path], folder: Path) -> str:
    """Some files' names, for a note."""
    paths = list(paths)
    shown = [names.shown(str(path.relative_to(folder)))[-90:] for path in paths[:SHOWN]]
    return ", ".join(shown) + ", …" * (len(paths) > SHOWN)


def _none(
    unit: str, paths: Sequence[Path], folder: Path, other: Sequence[Candidate], broken: dict[Path, BrokenSubmission]
) -> BrokenSubmission:
    """What to say where no notebook can be graded."""
    if len(paths) == 1 and broken:
        return broken[paths[0]]
    got = [listed([path], folder) + " (cannot be read)" * (path in broken) for path in paths[:SHOWN]]
    if other:
        got.append(f"of which {listed([each.path for each in other], folder)}: a lecture's or another unit's")
    return BrokenSubmission(
        f"There is no notebook {unit}.ipynb in this submission.",
        expected="one notebook of that name, an ordinary file",
        got=", ".join(got) or "none",
    )
