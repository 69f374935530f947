"""What the benchmark found, as docs/benchmarks.md and as printed lines."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

STOCK, OURS = "nbgrader autograde", "autograder grade"
TARGET = 30.0  # times as many submissions per minute
BOUND = 0.7  # seconds of overhead for one submission
SHARE = 1.3  # times the seconds of the notebook's own code that a trained unit's exam may take
STAGES = ("taking in", "drawing questions", "sitting the exam", "judging")
CLOCK, EMPTY = "sitting the exam, by the clock", "an empty box, by the clock"
PACKAGES = ("nbgrader", "torch", "torchvision", "ipython", "torchmetrics", "pytorch-metric-learning")
HEADER = """# Benchmarks

Where there is a peer, the part names it and says what both did; a part without one says so. Every ratio comes from one
run on one machine, which the last line names; none of it is a promise for another. Where a part says *busy*, a process
on each core computed without a pause, in a session of its own, as other users' do on a shared machine;
[neighbours.md](neighbours.md) has the other parts on such a machine. `make bench` writes this file in half an hour.
[slower.md](slower.md) has all of it once more from a machine with a slower processor.
"""
BUSY_HEADER = """# Beside neighbours

What [benchmarks.md](benchmarks.md) measures on an idle machine, once more while a process on each core computes without
a pause, in a session of its own, as other users' do on a shared machine: the same grading, its growth, and every
notebook. No time is promised here; what has to hold is that everybody is graded and that every notebook keeps its
budgets, which are seconds of a processor. `make bench-busy` writes this file in three quarters of an hour.
"""
SLOW_HEADER = """# On a slower machine

What [benchmarks.md](benchmarks.md) measures, once more on a machine with a slower processor. The targets are the same,
though all that are seconds were set for the processor of that page: what is not met here says what to expect of such a
machine. How much slower it is, the notebooks' seconds tell, here and there. `python -m benchmarks --slower` writes this
file; the last line says how long it took.
"""
GRADING = """
## Grading

Both graders get the same submissions: the thirty of the sample class, again under other names where there are more.
What stock nbgrader cannot read (an empty file, a broken one, one under another name) is replaced by right answers.

Stock `nbgrader autograde` has its own configuration and a fresh gradebook; it grades one submission after the other and
runs the released checks in a kernel for each. `autograder grade` has a fresh gradebook, too; it grades in the sandbox,
asks its own hidden questions of the same kinds, and has as many workers as there are cores. Times are those of the
whole command, by the clock. *Own code* counts a student's cells by the clock, and the questions to their functions in
seconds of a processor, as the grader notes them. That both give all points to the same students is verified not here
but on a smaller class (*Three graders* in [benchmarks.md](benchmarks.md)).

"""
TABLE = """| class | submissions | grader | runs | seconds of each | submissions per minute |
|---|---|---|---|---|---|
"""
BESIDE = "`autograder grade` / `nbgrader autograde`"


@dataclass(frozen=True)
class Page:
    """A file in docs/ that begins with `header`; `promised`: whether its times have targets."""

    name: str
    header: str
    promised: bool


IDLE = Page("benchmarks.md", HEADER, promised=True)
SLOWER = Page("slower.md", SLOW_HEADER, promised=True)
NEIGHBOURS = Page("neighbours.md", BUSY_HEADER, promised=False)


@dataclass(frozen=True)
class Overhead:
    """Seconds that one submission took from a warm start to its grade in the gradebook, the student's code included.

    Attributes:
        recording: the median of the seconds that recording its grades in nbgrader's way takes.
        stages: seconds of the steps before that, on average, measured by themselves (see stages.py).
    """

    median: float
    worst: float
    submissions: int
    recording: float = 0.0
    stages: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Measured:
    """One class, graded by both.

    Attributes:
        graded: how many of the students got a grade from each grader.
        seconds: of each run of each grader.
        loads: the load average before each run, all graders.
        own: median and largest of the seconds that a submission's own code took, where that is known.
        beside: median of a whole exam's seconds by the clock over those of its code, where that took long.
    """

    about: str
    students: int
    graded: dict[str, int]
    seconds: dict[str, list[float]]
    loads: list[float]
    own: tuple[float, float] | None = None
    beside: float | None = None

    def per_minute(self, grader: str) -> float:
        """Submissions, by the median run."""
        return 60 * self.students / median(self.seconds[grader])

    @property
    def ratio(self) -> float:
        """How many times as many submissions per minute ours handles."""
        return self.per_minute(OURS) / self.per_minute(STOCK)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio of two single runs."""
        ratios = [stock / ours for stock in self.seconds[STOCK] for ours in self.seconds[OURS]]
        return min(ratios), max(ratios)


def document(found: Sequence[Measured], overhead: Overhead | None, parts: str, machine: str, page: Page = IDLE) -> str:
    """The whole of a page; the first of `found` is the one that has a target."""
    lines = [page.header, GRADING, TABLE]
    for one in found:
        for grader in (STOCK, OURS):
            seconds = ", ".join(f"{value:.1f}" for value in one.seconds[grader])
            runs = len(one.seconds[grader])
            lines.append(
                f"| {one.about} | {one.students} | `{grader}` | {runs} | {seconds} | {one.per_minute(grader):.1f} |\n"
            )
    lines.append(f"\n| class | {BESIDE} | target |\n|---|---|---|\n")
    for number, one in enumerate(found):
        target = f"at least {TARGET:g}{_met(one.ratio >= TARGET)}" if page.promised and number == 0 else "–"
        least, most = one.spread
        runs = f" ({least:.1f}–{most:.1f})" if least < most else ", one run of each"
        lines.append(f"| {one.about} | {one.ratio:.1f}{runs} | {target} |\n")
    lines += [f"\n{sentence}\n" for sentence in _sentences(found, overhead, page.promised)]
    return "".join(lines) + parts + f"\n{machine}\n"


def _sentences(found: Sequence[Measured], overhead: Overhead | None, promised: bool) -> list[str]:
    said = [
        f"Own code of a submission, {one.about}: median {one.own[0]:.2f} s, at most {one.own[1]:.2f} s."
        for one in found
        if one.own
    ]
    said += [
        f"In its worker, from the exam's questions to the verdict, a submission of {one.about} takes by the clock "
        f"{one.beside:.2f} times as long as the code of its notebook (median); wanted within {SHARE:g}"
        f"{_met(one.beside <= SHARE)}."
        for one in found
        if one.beside and promised  # beside neighbours the clock and a processor's seconds are not to be compared
    ]
    said += [
        f"{one.about}: `{grader}` gave up on {one.students - count} of {one.students}."
        for one in found
        for grader, count in one.graded.items()
        if count < one.students
    ]
    if overhead:
        said.append(
            f"One submission alone, from a warm start to its grade in the gradebook, the student's own code included: "
            f"median {overhead.median:.2f} s, at most {overhead.worst:.2f} s of {overhead.submissions}"
            + f"; wanted below {BOUND} s{_met(overhead.worst < BOUND)}" * promised
            + f". Of that, nbgrader's own steps and recording the grades take {overhead.recording:.3f} s (median)."
        )
    if overhead and overhead.stages:
        parts = ", ".join(f"{name} {overhead.stages[name]:.3f} s" for name in STAGES)
        said.append(
            f"Its other stages, measured by themselves, take on average, in seconds of a processor: {parts}. By the "
            f"clock, sitting the exam takes {overhead.stages[CLOCK]:.3f} s, and a sandbox in which nothing is run "
            f"{overhead.stages[EMPTY]:.3f} s."
        )
    loads = [load for one in found for load in one.loads]
    said.append(f"Load average of the machine before the runs: {', '.join(f'{load:.2f}' for load in loads)}.")
    return said


def _met(met: bool) -> str:
    return ", met" if met else ", **not met**"


def summary(found: Sequence[Measured], overhead: Overhead | None, promised: bool = True) -> str:
    """The printed figures; the last line is the ratio of the first class."""
    lines = [f"{one.about}, {g}: {one.per_minute(g):.1f} submissions a minute" for one in found for g in (STOCK, OURS)]
    lines += [f"{one.about}: {one.ratio:.1f} times as many" for one in found[1:]]
    return "\n".join([*lines, *_sentences(found, overhead, promised), f"ratio: {found[0].ratio:.1f}"])


def machine() -> str:
    """This machine and its software, in one sentence."""
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    box = subprocess.run(["bwrap", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    cores = len(os.sched_getaffinity(0))
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {cores} cores ({_processor()}), {memory:.0f} GB of memory, "
        f"Python {platform.python_version()}, {packages}, {box}."
    )


def _processor() -> str:
    """The processor's kind and, where the system tells it, its model."""
    cpus = Path("/proc/cpuinfo")
    models = re.findall(r"(?m)^model name\s*: (.+)$", cpus.read_text(encoding="utf-8") if cpus.exists() else "")
    return ", ".join([platform.machine(), *dict.fromkeys(models)])
