"""What a class did: how the points lie, what each check found, what to explain again, what waits. Pure.

Results of the exam and rows of the gradebook go in, a `Summary` of plain data comes out; `page` shows it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any, TypeVar

from autograder.exam.results import Checked, Result
from course_lib.checks.report import RUNG_WORDS

BINS = 10
SLOWEST = 5
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Row:
    """One submission in the gradebook.

    Attributes:
        points: with manual scores, without late penalties; `of` is the most that there is.
        waiting: the cells to which a human has given no score yet; `open` are the points that these are worth.
        changed: the cells whose work has changed since a human gave a score.
        late: points taken off for lateness; `seconds_late` is how late it was.
        handed_in: when, in words.
    """

    student: str
    points: float
    of: float
    waiting: tuple[str, ...] = ()
    open: float = 0.0
    changed: tuple[str, ...] = ()
    late: float = 0.0
    seconds_late: float = 0.0
    handed_in: str = ""


@dataclass(frozen=True)
class CheckLine:
    """One check over the class.

    Attributes:
        passed, partly, none: submissions with all, some and no points.
        mean: of the points; `of` is the most.
        stopped: how often which rung of the ladder was the first to fail, the most frequent first; apart from it the
            functions that are still to write.
        failed: the cases that most often were the first to fail, e.g. ("touching boxes", 4).
        median, worst: seconds in the students' function; `slow` counts those far slower than the reference.
    """

    name: str
    of: float
    passed: int
    partly: int
    none: int
    mean: float
    stopped: tuple[tuple[str, int], ...]
    failed: tuple[tuple[str, int], ...]
    median: float
    worst: float
    slow: int


@dataclass(frozen=True)
class Taught:
    """A misconception of the class: in how many submissions, the sentence to explain again, and whose, where asked."""

    check: str
    name: str
    students: int
    sentence: str
    who: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """A unit's class.

    Attributes:
        rows: the gradebook's.
        examined: how many submissions' results were read.
        histogram: how many submissions lie in each tenth of the points.
        cells: the slowest (cell, student, seconds).
        waiting: (cell, the students whose answer waits for a human).
        changed: (cell, the students whose answer has changed since a human marked it).
        notes: (note, the students who have it): repairs, errors in cells, warnings; the most frequent first.
        unboxed: the students whose code ran without a sandbox.
    """

    unit: str
    rows: tuple[Row, ...]
    examined: int
    mean: float
    median: float
    histogram: tuple[int, ...]
    checks: tuple[CheckLine, ...]
    taught: tuple[Taught, ...]
    cells: tuple[tuple[str, str, float], ...] = ()
    waiting: tuple[tuple[str, tuple[str, ...]], ...] = ()
    changed: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unboxed: tuple[str, ...] = ()

    @property
    def of(self) -> float:
        """The most points that there are."""
        return max((row.of for row in self.rows), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {**asdict(self), "of": self.of}


def summarize(
    unit: str,
    rows: Sequence[Row],
    results: Sequence[Result],
    sentences: Mapping[tuple[str, str], str],
    names: bool = False,
) -> Summary:
    """Put a class together.

    Args:
        rows: what the gradebook says.
        results: of the exam; one a student.
        sentences: what a misconception's author should read, by (check, misconception).
        names: say whose each misconception is.
    """
    points = [row.points for row in rows]
    times = [(cell, result.student, seconds) for result in results for cell, seconds in result.times.items()]
    return Summary(
        unit,
        tuple(sorted(rows, key=lambda row: row.student)),
        len(results),
        round(fmean(points), 2) if points else 0.0,
        median(points) if points else 0.0,
        _histogram(rows),
        tuple(_line(name, found) for name, found in _by_check(results).items()),
        _taught(results, sentences, names),
        tuple(sorted(times, key=lambda each: -each[2])[:SLOWEST]),
        _grouped((cell, row.student) for row in rows for cell in row.waiting),
        _grouped((cell, row.student) for row in rows for cell in row.changed),
        _grouped((note, result.student) for result in results for note in dict.fromkeys(result.notes)),
        tuple(sorted(result.student for result in results if result.sandbox == "none")),
    )


def _histogram(rows: Iterable[Row]) -> tuple[int, ...]:
    """Submissions in each tenth of the points; the last holds full marks too."""
    counts = [0] * BINS
    for row in rows:
        share = row.points / row.of if row.of else 0.0
        counts[min(BINS - 1, max(0, int(share * BINS)))] += 1
    return tuple(counts)


def _by_check(results: Iterable[Result]) -> dict[str, list[Checked]]:
    """Each check's outcomes, in the order of the unit."""
    found: dict[str, list[Checked]] = defaultdict(list)
    for result in results:
        for checked in result.checks:
            found[checked.name].append(checked)
    return dict(found)


def _line(name: str, found: Sequence[Checked]) -> CheckLine:
    rungs = Counter(_stopped(checked) for checked in found if checked.rung)
    cases = Counter(checked.case for checked in found if checked.case)
    seconds = [checked.seconds for checked in found]
    return CheckLine(
        name,
        max(checked.of for checked in found),
        sum(checked.points >= checked.of for checked in found),
        sum(0 < checked.points < checked.of for checked in found),
        sum(checked.points <= 0 for checked in found),
        round(fmean(checked.points for checked in found), 2),
        tuple(rungs.most_common()),
        tuple(cases.most_common(3)),
        round(median(seconds), 3),
        round(max(seconds), 3),
        sum(checked.slow > 0 for checked in found),
    )


def _stopped(checked: Checked) -> str:
    return "still to write" if checked.status == "unwritten" else RUNG_WORDS.get(checked.rung, checked.rung)


def _grouped(found: Iterable[tuple[Thing, str]]) -> tuple[tuple[Thing, tuple[str, ...]], ...]:
    """(thing, student) pairs by thing, the most frequent first."""
    groups: dict[Thing, list[str]] = defaultdict(list)
    for thing, student in found:
        groups[thing].append(student)
    return tuple((thing, tuple(sorted(who))) for thing, who in sorted(groups.items(), key=lambda item: -len(item[1])))


def _taught(results: Iterable[Result], sentences: Mapping[tuple[str, str], str], names: bool) -> tuple[Taught, ...]:
    """The class's misconceptions, the most frequent first."""
    found = _grouped(((c.name, c.misconception), r.student) for r in results for c in r.checks if c.misconception)
    return tuple(Taught(*key, len(who), sentences.get(key, ""), who if names else ()) for key, who in found)
