"""Which of the notebooks in a submitted folder is the work.

A copy of the exercise is known by its cells: by their names, by the text of checks, by the functions it defines; its
file's name comes last. Of several copies the one in which most is written counts, then the one of the right name, then
the newest. A lecture or another unit's notebook is never the work.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder import names, reference, written
from autograder.errors import BrokenSubmission
from autograder.files import is_regular, parse

ENDINGS = (".ipynb", ".ipynb.json", ".ipynb.txt")
MOST = 30  # notebooks that are looked at
MOST_BYTES = 200 * 2**20  # of all of them together
MOST_CELLS = 2000  # of each
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
    """

    path: Path
    notebook: NotebookNode
    kin: int = 1
    solved: int = 0
    own: bool = False


def notebook(
    there: Sequence[Path],
    folder: Path,
    unit: str,
    course: Path | None,
    released: NotebookNode | None,
    notes: list[str],
) -> Candidate:
    """The work among all that lies there.

    Raises:
        BrokenSubmission: there is none, or it cannot be told which; the message names what was found.
    """
    paths = [path for path in there if is_regular(path) and path.name.lower().endswith(ENDINGS)]
    paths.sort(key=lambda path: (-_fit(path, unit), len(path.parts)))
    found, broken = _parsed(paths, unit, course, released, notes)
    able = [each for each in found if each.kin >= 0]
    kin = [each for each in able if each.kin == max(other.kin for other in able)] if able else []
    if able and kin[0].kin == 0 or released is None:
        named = [each for each in kin if _fit(each.path, unit) == 2]
        kin = named[:1] or (kin if len(kin) == 1 else [])
    if not kin:
        raise _none(unit, paths, folder, [each for each in found if each.kin < 0], broken)
    best = max(kin, key=lambda each: _rank(each, unit))
    _note(best, [each for each in kin if each is not best], folder, unit, notes)
    for path, error in broken.items():
        if _fit(path, unit):  # another's trouble is of no interest
            notes.append(f"{listed([path], folder)} was left out: {str(error).splitlines()[0]}")
    return best


def _parsed(
    paths: Sequence[Path], unit: str, course: Path | None, released: NotebookNode | None, notes: list[str]
) -> tuple[list[Candidate], dict[Path, BrokenSubmission]]:
    """The notebooks that can be read, and why others cannot."""
    found, broken, room = [], {}, MOST_BYTES
    for path in paths[:MOST]:
        said: list[str] = []
        try:
            refuse_ours(path, unit, course)
            size = os.lstat(path).st_size
            if found and size > room:
                raise BrokenSubmission("All notebooks together are too large.")
            room -= size
            found.append(_candidate(path, parse(path, said), unit, course, released))
        except BrokenSubmission as error:
            broken[path] = error
        except OSError as error:
            broken[path] = BrokenSubmission(f"The submission cannot be read: {error.strerror or error}.")
        notes += [line for line in said if line not in notes]
    return found, broken


def _candidate(
    path: Path, content: NotebookNode, unit: str, course: Path | None, released: NotebookNode | None
) -> Candidate:
    if released is None:
        return Candidate(path, content)
    said = content.metadata.get("course", {})
    claimed = str(said.get("unit", "")) if isinstance(said, dict) else ""
    if claimed not in ("", unit) and claimed in reference.known():
        return Candidate(path, content, kin=-1)
    cells = list(written.each_cell(content.cells[:MOST_CELLS]))
    solved = len(written.answered(cells, released))
    kin = 2 if written.shared(cells, released) else int(solved > 0)
    if kin < 2 and _is_lecture(cells, course):
        return Candidate(path, content, kin=-1)
    given = {cell.source.strip() for cell in released.cells}
    own = any(cell.source.strip() not in given for cell in cells if cell.source.strip())
    return Candidate(path, content, kin, solved, own)


def _is_lecture(cells: Sequence[written.Cell], course: Path | None) -> bool:
    texts = [cell.source.strip() for cell in cells if cell.source.strip()]
    known = _lectures(reference.ROOT) | (_lectures(course) if course else frozenset())
    return bool(texts) and sum(text in known for text in texts) >= LECTURE * len(texts)


@cache
def _lectures(course: Path) -> frozenset[str]:
    """The text of all cells of the course's lectures."""
    notebooks = [nbformat.read(path, as_version=4) for path in sorted((course / "lectures").glob("*.ipynb"))]
    return frozenset(cell.source.strip() for notebook in notebooks for cell in notebook.cells)


def _rank(each: Candidate, unit: str) -> tuple:
    return each.solved, each.own, _fit(each.path, unit), -len(each.path.parts), os.lstat(each.path).st_mtime


def stem(path: Path) -> str:
    """A notebook's file name without its ending."""
    name = path.name
    return next((name[: -len(end)] for end in sorted(ENDINGS, key=len)[::-1] if name.lower().endswith(end)), name)


def _fit(path: Path, unit: str) -> int:
    """How well a notebook's name fits."""
    name = names.spelled(path.name)
    return 2 if name == f"{unit}.ipynb" else int(unit in name.casefold().replace("-", "_").replace(" ", "_"))


def _note(best: Candidate, others: Sequence[Candidate], folder: Path, unit: str, notes: list[str]) -> None:
    """Say what was chosen where it was not obvious."""
    if others:
        written_in = "nothing is written in it" if not best.solved else f"{best.solved} functions are written in it"
        rest = ", ".join(f"{listed([each.path], folder)} ({each.solved})" for each in others[:SHOWN])
        rest += ", …" * (len(others) > SHOWN)
        notes.append(
            f"Several copies of the exercise were handed in. Graded: {listed([best.path], folder)} ({written_in}). "
            f"Left out: {rest}. The one in which most is written counts, then the one named {unit}.ipynb, then the "
            "newest."
        )
    elif best.path != folder / f"{unit}.ipynb":
        notes.append(f"The notebook was handed in as {listed([best.path], folder)}, expected {unit}.ipynb.")
    if best.kin == 0:
        notes.append(f"{listed([best.path], folder)} holds no cell of the exercise.")


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


def refuse_ours(path: Path, unit: str, course: Path | None) -> None:
    """A hard link to the solution, as an archive can hold one, is no work.

    Raises:
        BrokenSubmission: it is one.
    """
    if course and os.lstat(path).st_nlink > 1:
        ours = [course / kind / unit / f"{unit}.ipynb" for kind in ("solutions", "exercises")]
        if any(other.exists() and other.samefile(path) for other in ours):
            raise BrokenSubmission("The notebook is a link to a file of the course.", expected="a file of your own")
