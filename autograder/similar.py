"""Which submissions share code: copydetect over the students' own cells. Nothing of a student's is run.

Names and comments do not count, released code is ignored. Short functions look alike when they are right: likeness is a
reason to read two submissions side by side, never a verdict.
"""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copydetect import CodeFingerprint

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


def _print(code: str, given: list[int], window: int = GUARANTEE - NOISE + 1) -> "CodeFingerprint":
    """copydetect's fingerprint of Python code; without hashes where there is less of it than NOISE."""
    from copydetect import CodeFingerprint

    return CodeFingerprint("", NOISE, window, given, language="python", fp=io.StringIO(code))


def _compared(one: str, other: str, prints: "Mapping[str, CodeFingerprint]", works: Mapping[str, Cells]) -> Pair:
    from copydetect import compare_files

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
