"""Which submissions share code: copydetect over the students' own cells. Nothing of a student's is run.

Names and comments do not count, released code is ignored. Short functions look alike when they are right: likeness is a
reason to read two submissions side by side, never a verdict.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import nbformat
from copydetect import CodeFingerprint, compare_files

from autograder import clean, intake, release
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
    given = _given(released)
    prints = {student: _print(_joined(cells), given) for student, cells in works.items()}
    found = []
    for one, other in combinations(sorted(s for s, known in prints.items() if known.hashes), 2):
        pair = _compared(one, other, prints, works)
        if max(pair.shares) >= threshold:
            found.append(pair)
    return sorted(found, key=lambda pair: (-max(pair.shares), -min(pair.shares), pair.students))


def read_only_in_part(works: Mapping[str, Cells]) -> list[str]:
    """The students whose code is longer than what is read of it."""
    return [student for student, cells in works.items() if sum(len(source) for _, source in cells) > MAX_CODE]


def _joined(cells: Cells) -> str:
    return "".join(f"{source}\n" for _, source in cells)[:MAX_CODE]


def _given(released: Iterable[str]) -> list[int]:
    """The fingerprints of the released code, every one of them."""
    known = (_print(f"{source}\n", [], window=1) for source in released)
    return sorted({int(value) for each in known for value in each.hashes})


def _print(code: str, given: list[int], window: int = GUARANTEE - NOISE + 1) -> CodeFingerprint:
    """copydetect's fingerprint of Python code; without hashes where there is less of it than NOISE."""
    return CodeFingerprint("", NOISE, window, given, language="python", fp=io.StringIO(code))


def _compared(one: str, other: str, prints: Mapping[str, CodeFingerprint], works: Mapping[str, Cells]) -> Pair:
    _, shares, slices = compare_files(prints[one], prints[other])
    named = tuple(_cells_in(works[student], runs) for student, runs in zip((one, other), slices, strict=True))
    return Pair((one, other), tuple(min(1.0, float(share)) for share in shares), named)


def _cells_in(cells: Cells, runs: Iterable[Iterable]) -> tuple[str, ...]:
    """The names of the cells of which the shared runs (starts, ends) cover at least CELL_SHARE."""
    spans = [(int(start), int(end)) for start, end in zip(*runs, strict=True)]
    named, at = [], 0
    for name, source in cells:
        end = at + len(source)
        shared = sum(max(0, min(end, stop) - max(at, start)) for start, stop in spans)
        if source.strip() and shared >= CELL_SHARE * len(source):
            named.append(name)
        at = end + 1
    return tuple(named)


def released_sources(unit: str, course: Path) -> list[str]:
    """The sources of a unit's releases, the present and the kept ones."""
    paths = [release.released(unit, course), *sorted((course / release.KEPT / unit).glob("*.ipynb"))]
    return [c.source for path in paths for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def works_of(unit: str, submitted: Path, course: Path) -> tuple[dict[str, Cells], dict[str, str]]:
    """The cells that each student wrote, by name; and whose folder cannot be read, and why.

    Raises:
        DataMissing: nobody handed anything in.
    """
    students, works = clean.students_of(submitted, unit), {}
    failed = {repr(name): reason for name, reason in clean.misnamed(submitted, unit).items()}
    if not students:
        raise DataMissing(f"Nothing was handed in for {unit}.", expected=f"{submitted}/STUDENT/{unit}/{unit}.ipynb")
    present = release.find(unit, course, "")[0]
    for student in students:
        try:
            works[student] = _written(intake.read(submitted / student / unit, present, unit).notebook)
        except Exception as error:  # one student's folder is nobody else's trouble
            failed[student] = f"{type(error).__name__}: {' '.join(str(error).split())}"
    return works, failed


def _written(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """(name, source) of the code cells that are not locked."""
    cells = [c for c in notebook.cells if c.cell_type == "code" and not c.metadata.get("nbgrader", {}).get("locked")]
    names = [c.metadata.get("nbgrader", {}).get("grade_id") or f"own cell {c.id.removeprefix('own-')}" for c in cells]
    return [(name, cell.source) for name, cell in zip(names, cells, strict=True)]
