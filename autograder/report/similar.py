"""Which submissions share code: copydetect over the students' own cells. Nothing of a student's is run.

Names and comments do not count, released code is ignored. Short functions look alike when they are right: likeness is a
reason to read two submissions side by side, never a verdict.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import nbformat
import numpy as np
from copydetect import CodeFingerprint

from autograder.intake import clean, repair
from autograder.release import releases, setup
from course_lib.checks.cells import without_magics
from course_lib.errors import DataMissing

NOISE = 25  # characters of filtered code that must agree in a row to count at all
GUARANTEE = 30  # such a run of this length is always found
MAX_CODE = 200_000  # characters read of one submission
CELL_SHARE = 0.5  # of a cell must be shared for the cell to be named

Cells = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Pair:
    """Two submissions that share code.

    Attributes:
        students: the two.
        shares: for each, how much of its own code the other one has too, 0 to 1.
        cells: for each, the names of the cells that are mostly shared.
    """

    students: tuple[str, str]
    shares: tuple[float, float]
    cells: tuple[tuple[str, ...], tuple[str, ...]]


def pairs(works: Mapping[str, Cells], released: Iterable[str], threshold: float = 0.8) -> list[Pair]:
    """The pairs of which one shares at least `threshold` of its code, the likest first.

    Args:
        works: for each student (name, source) of the cells that the student wrote.
        released: sources that everyone was given.
        threshold: 0 to 1.
    """
    return among(fingerprints(works, released), threshold)


def fingerprints(works: Mapping[str, Cells], released: Iterable[str]) -> dict[str, list["Print"]]:
    """The fingerprint of each student's cells, without what everyone was given."""
    given = sorted({value for source in released for value in _print("", source, [], window=1).runs})
    return {student: [_print(*cell, given) for cell in _first(cells)] for student, cells in works.items()}


def among(prints: Mapping[str, Sequence["Print"]], threshold: float) -> list[Pair]:
    """`pairs`, from fingerprints."""
    found = []
    for one, other in combinations(sorted(prints), 2):
        pair = _compared((one, other), prints)
        if pair and max(pair.shares) >= threshold:
            found.append(pair)
    return sorted(found, key=lambda pair: (-max(pair.shares), -min(pair.shares), pair.students))


def read_only_in_part(works: Mapping[str, Cells]) -> list[str]:
    """The students whose code is longer than what is read of it."""
    return [student for student, cells in works.items() if sum(len(source) for _, source in cells) > MAX_CODE]


def _first(cells: Cells) -> Iterator[tuple[str, str]]:
    """The cells, as far as they are read."""
    left = MAX_CODE
    for name, source in cells:
        yield name, source[:left]
        left = max(0, left - len(source))


def groups(found: Sequence[Pair]) -> list[tuple[tuple[str, ...], list[Pair]]]:
    """Who hangs together, by one pair or by a chain of them: (students, their pairs), the largest group first."""
    of = {student: {student} for pair in found for student in pair.students}
    for one, other in (pair.students for pair in found):
        if of[one] is not of[other]:
            of[one] |= of[other]
            of |= dict.fromkeys(of[other], of[one])
    members = {id(group): tuple(sorted(group)) for group in of.values()}
    each = [(who, [pair for pair in found if pair.students[0] in who]) for who in members.values()]
    return sorted(each, key=lambda group: (-len(group[0]), group[0]))


@dataclass(frozen=True)
class Print:
    """A cell's fingerprint.

    Attributes:
        source: the cell's, as far as it is read.
        runs: where each run of NOISE characters begins in the filtered code.
        size: how many characters the runs cover.
        lines: for each character of the filtered code the line of the source from which it comes, from 0.
    """

    name: str
    source: str
    runs: dict[int, list[int]]
    size: int
    lines: np.ndarray


def _print(name: str, source: str, given: list[int], window: int = GUARANTEE - NOISE + 1) -> Print:
    """copydetect's fingerprint of Python code, without the runs that were given; empty where there is little code."""
    code = io.StringIO(f"{without_magics(source)}\n")
    found = CodeFingerprint("", NOISE, window, given, language="python", fp=code)
    runs = {int(value): [int(start) for start in starts] for value, starts in found.hash_idx.items()}
    return Print(name, source, runs, int(found.token_coverage), _lines(found))


def _lines(found: CodeFingerprint) -> np.ndarray:
    """For each character of the filtered code its line in the raw code."""
    at = np.arange(len(found.filtered_code))
    ends, removed = found.offsets[:, 0], np.maximum.accumulate(found.offsets[:, 1])
    raw = at + removed[np.clip(np.searchsorted(ends, at), 0, len(ends) - 1)]
    line = np.cumsum([character == "\n" for character in found.raw_code])
    return line[np.clip(raw, 0, len(line) - 1)]


def shared_lines(mine: Sequence[Print], theirs: Sequence[Print]) -> list[set[int]]:
    """For each of my cells the lines that stand in theirs too, from 0."""
    both = {run for cell in mine for run in cell.runs} & {run for cell in theirs for run in cell.runs}
    return [{int(cell.lines[place]) for place in _places(cell, both)} for cell in mine]


def _compared(students: tuple[str, str], prints: Mapping[str, Sequence[Print]]) -> Pair | None:
    """What two students share; None where they share nothing."""
    mine, theirs = ({value for cell in prints[student] for value in cell.runs} for student in students)
    both = mine & theirs
    if not both:
        return None
    shares, named = [], []
    for student in students:
        shared = [(cell, _covered(cell, both)) for cell in prints[student]]
        shares.append(round(sum(count for _, count in shared) / sum(cell.size for cell, _ in shared), 3))
        named.append(tuple(cell.name for cell, count in shared if count and count >= CELL_SHARE * cell.size))
    return Pair(students, tuple(shares), tuple(named))


def _covered(cell: Print, runs: set[int]) -> int:
    """How many characters of a cell some runs cover."""
    return len(_places(cell, runs))


def _places(cell: Print, runs: set[int]) -> set[int]:
    """The characters of the filtered code that some runs cover."""
    starts = (start for value in cell.runs.keys() & runs for start in cell.runs[value])
    return {place for start in starts for place in range(start, start + NOISE)}


def released_sources(unit: str, course: Path) -> list[str]:
    """The sources of a unit's releases, the present and the kept ones, and of the cell that installs the course."""
    cells = [cell for each in releases.every(unit, course) for cell in each.cells if cell.cell_type == "code"]
    return [*(cell.source for cell in cells), setup.TEXT]


def works_of(unit: str, submitted: Path, course: Path) -> tuple[dict[str, Cells], dict[str, str]]:
    """The cells that each student wrote, by name; and whose folder cannot be read, and why.

    Raises:
        DataMissing: nobody handed anything in.
    """
    students, works = clean.students_of(submitted, unit), {}
    failed = {repr(name): reason for name, reason in clean.misnamed(submitted, unit).items()}
    if not students:
        raise DataMissing(f"Nothing was handed in for {unit}.", expected=f"{submitted}/STUDENT/{unit}/{unit}.ipynb")
    present = releases.find(unit, course, "")[0]
    for student, folder in students.items():
        try:
            works[student] = _written(repair.read(folder, present, unit).notebook)
        except Exception as error:  # one student's folder is nobody else's trouble
            failed[student] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return works, failed


def _written(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """(name, source) of the code cells that are not locked."""
    cells = [c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("locked")]
    names = [c.metadata.get("nbgrader", {}).get("grade_id") or f"own cell {c.id.removeprefix('own-')}" for c in cells]
    return [(name, cell.source) for name, cell in zip(names, cells, strict=True)]
