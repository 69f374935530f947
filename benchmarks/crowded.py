"""Three graders on one class, idle and beside others: stock nbgrader, otter-grader and ours, in turn.

What falls apart where every core has a neighbour that never waits (a submission without a grade, other points) stands
in the table.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import typer

from benchmarks import grading, otter
from benchmarks.document import OURS, STOCK
from benchmarks.grading import BenchmarkError
from benchmarks.load import busy
from benchmarks.otter import OTTER
from tools.samples import sample_class

GRADERS = (OURS, STOCK, OTTER)
RUNS = {OURS: 3, STOCK: 1, OTTER: 1}
OTTERS = (3, 2)  # submissions that otter-grader grades idle and busy: it takes longest
PACKAGES = {STOCK: "nbgrader", OTTER: "otter-grader"}
TABLE = """
## Three graders, idle and busy

The same {students} submissions of the two-function exercise, graded by each grader in turn, whole commands from their
start to their end; `otter run`, which takes longest, grades some of them. *Busy* means that a process on each core
computes without a pause. Memory is that of the command and of all processes below it, at the fullest of several looks
half a second or more apart; what they share is counted once.

Stock `nbgrader autograde` starts a kernel for each submission, runs the notebook with the released checks in it, and
enters the points into its gradebook. `otter run` is one command for each submission: it starts a kernel as well, runs
the notebook without its check cells and then the same checks as tests of its own, and writes a file of results. Both
run what a student wrote as the person who grades, without a sandbox. `autograder grade` runs it in the sandbox, asks
hidden questions of the same kinds as the released checks, and enters the points into nbgrader's gradebook. `otter
grade` starts a Docker container for each submission; it needs Docker and is not measured.

On the idle machine the submissions that `otter run` grades get the same points as from stock nbgrader, and `autograder
grade` gives its highest score to the same students as stock nbgrader. The one exception is a submission with correct
functions that also write a warning to stderr: stock nbgrader takes that for an error and gives no points, while the
other two give their highest score. The run ends with an error where this does not hold.

| grader | machine | submissions | seconds of each run | seconds per submission | per minute | memory, GB | points |
|---|---|--:|---|---|--:|--:|---|
"""
Points = dict[str, float]


@dataclass(frozen=True)
class Row:
    """One grader, idle or busy.

    Attributes:
        students: how many submissions each run has.
        seconds: of each run over all of them.
        each: seconds of each submission, where each has a command of its own.
        memory: bytes, the largest run's.
        lost: who has no grade after a run.
        changed: who has other points than on the idle machine.
    """

    grader: str
    crowded: bool
    students: int
    seconds: tuple[float, ...]
    each: tuple[float, ...] = ()
    memory: int = 0
    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    @property
    def per_minute(self) -> float:
        """Submissions, by the median run."""
        return 60 * self.students / median(self.seconds)


@dataclass(frozen=True)
class Once:
    """One run of one grader: points of those whom it graded, seconds, and bytes."""

    points: Points
    seconds: float
    memory: int
    each: tuple[float, ...] = ()


def measure(students: int = 11, otters: tuple[int, int] = OTTERS, graders: Sequence[str] = GRADERS) -> list[Row]:
    """Grade one class by each grader, first on the machine as it is, then beside others.

    Args:
        students: one of each kind of the sample class, and more of them where there are to be more.
        otters: how many of the students otter-grader grades on the idle machine, and how many beside others.

    Raises:
        BenchmarkError: on the idle machine a submission is lost, or the graders do not agree.
    """
    with TemporaryDirectory(prefix="benchmark-") as folder:
        course = grading.class_of(Path(folder), students, small=True)
        noisy = loud(course, otter.students_of(course))
        everybody = sorted(otter.students_of(course), key=lambda student: student not in noisy)  # those to otter, too
        asked = [{grader: everybody[:few] if grader == OTTER else everybody for grader in graders} for few in otters]
        idle = in_turn(course, asked[0])
        expected = agreed(idle, asked[0], noisy)
        with busy():
            others = in_turn(course, asked[1])
    return [
        row(grader, crowded, runs[grader], expected[grader], asked[crowded][grader])
        for crowded, runs in ((False, idle), (True, others))
        for grader in graders
    ]


def in_turn(course: Path, asked: Mapping[str, Sequence[str]]) -> dict[str, list[Once]]:
    """All runs of all graders, one after the other: ours, stock, otter, ours, …

    Args:
        asked: by grader, whose submissions it grades.
    """
    runs: dict[str, list[Once]] = {grader: [] for grader in asked}
    for turn in range(max(RUNS.values())):
        for grader, students in asked.items():
            if turn < RUNS[grader]:
                runs[grader].append(once(grader, course, students))
                typer.echo(f"  {grader:20} {runs[grader][-1].seconds:7.1f} s")
    return runs


def once(grader: str, course: Path, students: Sequence[str]) -> Once:
    """Let one grader grade these students once: the class or, where it is otter-grader, some of it."""
    if grader != OTTER:
        found = grading.run(grader, course, all_graded=False)
        return Once(found.points, found.seconds, found.memory.peak)
    graded = otter.run(course, students)
    each = tuple(one.seconds for one in graded.values())
    points = {student: one.points for student, one in graded.items() if one.points is not None}
    return Once(points, sum(each), max(one.memory for one in graded.values()), each)


def loud(course: Path, students: Sequence[str]) -> set[str]:
    """Whose functions are right and write to stderr. Stock nbgrader takes that for an error, and gives nothing."""
    noisy = {sample.student for sample in sample_class.samples(course, readable=True) if sample.kind == "noisy"}
    return {student for student in students if student.partition("_")[0] in noisy}


def agreed(
    idle: Mapping[str, Sequence[Once]], asked: Mapping[str, Sequence[str]], loud: Collection[str] = ()
) -> dict[str, Points]:
    """Everybody's points by each grader on the idle machine.

    Args:
        loud: who is to have nothing from stock nbgrader and all points from the others.

    Raises:
        BenchmarkError: somebody has no grade; a grader's runs differ; otter-grader gives other points than stock
            nbgrader, with the same checks; or ours gives all points to others than stock nbgrader does.
    """
    for grader, runs in idle.items():
        for one in runs:
            if missing := sorted({*asked[grader]} - {*one.points}):
                raise BenchmarkError(f"`{grader}` left out {', '.join(missing)}.")
            _same(f"`{grader}` in two runs", one.points, runs[0].points)
    expected = {grader: runs[0].points for grader, runs in idle.items()}
    if STOCK in expected:
        most = max(expected[STOCK].values())
        quiet = expected[STOCK] | dict.fromkeys(loud, most)  # stock nbgrader's, if nobody wrote to stderr
        _same(f"`{STOCK}` of stderr", {one: expected[STOCK][one] for one in loud}, dict.fromkeys(loud, 0.0))
        if OTTER in expected:
            _same(f"`{OTTER}` and `{STOCK}`", expected[OTTER], quiet)
        if OURS in expected:
            _same(f"`{OURS}` and `{STOCK}`: who has all points?", *map(_complete, (expected[OURS], quiet)))
    return expected


def _complete(points: Points) -> dict[str, bool]:
    """Whether each student has as much as the best: wrong functions earn a part with ours and nothing with others."""
    return {student: value == max(points.values()) for student, value in points.items()}


def _same(who: str, found: dict, wanted: dict) -> None:
    if different := {student: value for student, value in found.items() if value != wanted[student]}:
        others = {student: wanted[student] for student in different}
        raise BenchmarkError(f"{who}: different points.", expected=str(others), got=str(different))


def row(grader: str, crowded: bool, runs: list[Once], expected: Points, students: Sequence[str]) -> Row:
    """The figures of one grader's runs over these students."""
    lost = {student for student in students for one in runs if student not in one.points}
    changed = {student for one in runs for student, value in one.points.items() if value != expected[student]}
    return Row(
        grader,
        crowded,
        len(students),
        tuple(one.seconds for one in runs),
        runs[0].each,
        max(one.memory for one in runs),
        tuple(sorted(lost)),
        tuple(sorted(changed)),
    )


def table(found: Sequence[Row]) -> str:
    """As Markdown."""
    lines = [TABLE.format(students=max(one.students for one in found))]
    lines += [_line(one) for one in found]
    return "".join([*lines, *(f"\n{sentence}\n" for sentence in _sentences(found))])


def _line(one: Row) -> str:
    package = PACKAGES.get(one.grader)
    name = f"`{one.grader}`" + (f", {package} {version(package)}" if package else "")
    runs = ", ".join(f"{value:.1f}" for value in one.seconds)
    whole = f"{median(one.seconds) / one.students:.2f}"
    spread = f"{whole} ({min(one.each):.2f} to {max(one.each):.2f})" if one.each else whole
    return (
        f"| {name} | {_machine(one)} | {one.students} | {runs} | {spread} | {one.per_minute:.1f} "
        f"| {one.memory / 1e9:.2f} | {_points(one)} |\n"
    )


def _machine(one: Row) -> str:
    return "busy" if one.crowded else "idle"


def _points(one: Row) -> str:
    """What became of everybody's points."""
    told = [f"**{len(one.lost)} lost** ({', '.join(one.lost)})"] * bool(one.lost)
    told += [f"**{len(one.changed)} other** ({', '.join(one.changed)})"] * bool(one.changed)
    return "; ".join(told) or ("as idle" if one.crowded else "all graded")


def _sentences(found: Sequence[Row]) -> list[str]:
    """Ours beside each peer, and each beside itself on the idle machine."""
    speed = {(one.grader, one.crowded): one.per_minute for one in found}
    peers = [grader for grader in (STOCK, OTTER) if (grader, False) in speed and (OURS, False) in speed]
    said = [
        f"`{OURS}` grades {speed[OURS, False] / speed[peer, False]:.1f} times as many submissions per minute as "
        f"`{peer}` on the idle machine, {speed[OURS, True] / speed[peer, True]:.1f} times as many on the busy one."
        for peer in peers
    ]
    slower = [
        f"`{grader}` takes {speed[grader, False] / speed[grader, True]:.1f} times as long"
        for grader in dict.fromkeys(one.grader for one in found)
    ]
    return [*said, f"Beside neighbours {', '.join(slower)} as on the idle machine."]
