"""How grading grows: from ten submissions to five hundred, with one worker and with two, idle and beside others."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from benchmarks.grading import OURS, class_of, run
from benchmarks.load import Held, busy

PLAN = (  # submissions, workers, whether others keep every core busy
    (10, 2, False),
    (50, 2, False),
    (200, 1, False),
    (200, 2, False),
    (500, 2, False),
)
# beside neighbours
BUSY = ((10, 2, True), (50, 2, True), (200, 1, True), (200, 2, True), (500, 2, True))
TABLE = """
## Growth

`autograder grade` on the two-function class, one run of each size; there is no peer. Memory is that of the command and
of all processes below it, at the fullest of several looks half a second or more apart; what they share is counted once.

| submissions | workers | machine | seconds | submissions a minute | memory, GB |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Grown:
    """One run; `memory` is that of all processes together."""

    students: int
    workers: int
    busy: bool
    seconds: float
    memory: Held

    @property
    def per_minute(self) -> float:
        """Submissions."""
        return 60 * self.students / self.seconds


def measure(plan: Sequence[tuple[int, int, bool]] = PLAN) -> list[Grown]:
    """Grade a class of each size, made once, in the order of the plan."""
    found = []
    with TemporaryDirectory(prefix="benchmark-") as folder:
        made = {
            size: class_of(Path(folder, str(size)), size, small=True) for size in dict.fromkeys(n for n, *_ in plan)
        }
        for students, workers, crowded in plan:
            with busy() if crowded else nullcontext():
                one = run(OURS, made[students], options=("--workers", str(workers)))
            found.append(Grown(students, workers, crowded, one.seconds, one.memory))
            typer.echo(f"  {students} submissions, {workers} workers{', busy' * crowded}: {one.seconds:.1f} s")
    return found


def table(found: Sequence[Grown]) -> str:
    """As Markdown."""
    rows = [
        f"| {one.students} | {one.workers} | {'busy' if one.busy else 'idle'} | {one.seconds:.1f} | "
        f"{one.per_minute:.0f} | {one.memory.peak / 1e9:.2f} |\n"
        for one in found
    ]
    return TABLE + "".join([*rows, *(f"\n{sentence}\n" for sentence in _sentences(found))])


def _sentences(found: Sequence[Grown]) -> list[str]:
    """What one more worker brings and takes, where one class was graded by one and by two."""
    known = {(one.students, one.workers, one.busy): one for one in found}
    pairs = [(one, known.get((one.students, 2, one.busy))) for one in found if one.workers == 1]
    return [
        f"{one.students} submissions: all processes together usually hold {one.memory.usual / 1e9:.2f} GB with one "
        f"worker and {two.memory.usual / 1e9:.2f} GB with two (the median of all looks), and two workers grade "
        f"{two.per_minute / one.per_minute:.2f} times as many a minute."
        for one, two in pairs
        if two
    ]
