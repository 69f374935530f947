"""Run All of every notebook in `mini`, beside what students are promised: python -m benchmarks.run_all [UNIT …]

Lectures and exercises as they are released, solutions as they are built; each in a kernel of its own with an empty
cache, two at a time. An exercise as released stops at its first check.
"""

import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import typer
from nbformat import NotebookNode

from benchmarks.grading import BenchmarkError
from benchmarks.load import busy
from benchmarks.turns import machine, row
from course_lib import units
from tools import ROOT
from tools.budgets import CHECK_SECONDS, FIRST_PICTURE_SECONDS, LECTURE_SECONDS, PEAK_BYTES, SOLUTION_SECONDS
from tools.build.notebooks import build_exercise
from tools.figures.run_notebooks import Run, run_notebook

SECONDS = {"solution": SOLUTION_SECONDS, "lecture": LECTURE_SECONDS, "exercise": None}  # the longest runs first
STOPS = ("CheckFailed", "NotImplementedError")
TABLE = f"""
## Every notebook

*Run All* of each notebook in `mini`, once, in a kernel of its own with an empty cache, one thread, two notebooks at a
time (where the table says *busy*, a process on each core computes without a pause beside them). The time runs from the
kernel's start to the end of the last cell; an exercise as released stops at its first check, which says that the
function is still to write. The first picture is there when its cell has ended. Of the checks of students' functions the
slowest is named (the experiment's, which runs a whole network, is left out). All other times and all budgets are
seconds of a processor: {LECTURE_SECONDS:g} for a lecture, {SOLUTION_SECONDS:g} for a solution,
{FIRST_PICTURE_SECONDS:g} until the first picture of a lecture, {CHECK_SECONDS:g} for one check; and the kernel has
{PEAK_BYTES / 1e9:g} GB of memory. There is no peer: what a notebook does is the course's own.

| notebook | machine | by the clock, s | processor, s | budget | first picture | slowest check | memory, GB |
|---|---|--:|--:|--:|--:|---|--:|
"""


@dataclass(frozen=True)
class Ran:
    """One notebook's run, its kernel's start included.

    Attributes:
        kind: a key of SECONDS.
        seconds, worked: by the clock and of a processor.
        peak: bytes that the kernel held at most.
        picture: processor seconds until the first picture was there; None where there is none.
        check: the name and the processor seconds of the check that took longest; None where there is none.
    """

    kind: str
    unit: str
    busy: bool
    seconds: float
    worked: float
    peak: int
    picture: float | None = None
    check: tuple[str, float] | None = None

    @property
    def over(self) -> list[str]:
        """The budgets that it does not keep."""
        bounds = {
            "time": (self.worked, SECONDS[self.kind]),
            "first picture": (self.picture, FIRST_PICTURE_SECONDS if self.kind == "lecture" else None),
            "check": (self.check and self.check[1], CHECK_SECONDS),
            "memory": (self.peak, PEAK_BYTES),
        }
        return [name for name, (took, most) in bounds.items() if None not in (took, most) and took > most]


def notebook_of(kind: str, unit: str) -> NotebookNode:
    """A notebook of the course."""
    found = units.find(unit)
    if kind == "solution":
        return build_exercise(ROOT / found.solution.with_suffix(".py"))[0]
    return nbformat.read(ROOT / (found.lecture if kind == "lecture" else found.exercise), as_version=4)


def run(kind: str, unit: str, crowded: bool = False, keep: Path | None = None) -> Ran:
    """Run a notebook from top to bottom as a student does for the first time.

    Args:
        crowded: whether it has neighbours, which are the caller's.
        keep: the folder in which the weights stay that it writes.

    Raises:
        BenchmarkError: it did not end as it should.
    """
    with TemporaryDirectory(prefix="benchmark-") as folder:
        variables = {"COURSE_PROFILE": "mini", "COURSE_CACHE": str(Path(folder, "cache"))}
        ran = run_notebook(notebook_of(kind, unit), Path(folder), variables)
        for learned in Path(folder).glob("*.safetensors") if keep else ():
            shutil.copy(learned, keep)
        return summed(kind, unit, crowded, ran)


def summed(kind: str, unit: str, crowded: bool, ran: Run) -> Ran:
    """The figures of a run.

    Raises:
        BenchmarkError: a lecture or a solution failed, or an exercise as released did not stop at a check.
    """
    if kind == "exercise":
        if ran.failure is None or ran.failure.name not in STOPS:
            raise BenchmarkError(f"{unit}: the exercise did not stop at a check.", got=str(ran.failure))
    elif ran.failure:
        raise BenchmarkError(f"{unit}: the {kind} did not run through.", got=str(ran.failure))
    pairs = list(zip(ran.notebook.cells, ran.clocks, strict=False))
    picture = next((worked for cell, (_, worked) in pairs if has_picture(cell)), None)
    checks = {} if ran.failure else check_seconds(ran)
    slowest = max(checks.items(), key=lambda one: one[1], default=None)
    return Ran(kind, unit, crowded, ran.seconds, ran.worked, ran.peak, picture, slowest)


def has_picture(cell: NotebookNode) -> bool:
    """Whether a cell that ran shows a picture: a PNG file, alone or in HTML."""
    shown = [output.get("data", {}) for output in cell.get("outputs", [])]
    return any("image/png" in data or "data:image/png" in data.get("text/html", "") for data in shown)


def check_seconds(ran: Run) -> dict[str, float]:
    """Processor seconds of each check of a student's function; the experiment's, which tests a network, left out."""
    found, before = {}, 0.0
    for cell, (_, worked) in zip(ran.notebook.cells, ran.clocks, strict=False):
        grade = cell.metadata.get("nbgrader", {})
        if grade.get("grade") and cell.cell_type == "code":
            found[grade["grade_id"].removeprefix("check_")] = worked - before
        before = worked
    return {name: seconds for name, seconds in found.items() if name != units.EXPERIMENT}


def measure(
    wanted: Sequence[str] = (),
    kinds: Sequence[str] = tuple(SECONDS),
    workers: int = 2,
    crowded: bool = False,
    keep: Path | None = None,
) -> list[Ran]:
    """Run the notebooks of these units, or of all; `crowded` beside neighbours that never wait. `keep` as in `run`."""
    ids = [units.find(unit).id for unit in wanted] or [unit.id for unit in units.UNITS]
    tasks = [(kind, unit) for kind in SECONDS if kind in kinds for unit in ids]
    found = []
    neighbours = busy() if crowded else nullcontext()
    with neighbours, ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for one in pool.map(partial(run, crowded=crowded, keep=keep), *zip(*tasks, strict=True)):
            typer.echo(f"  {one.kind} {one.unit}: {one.worked:.1f} s of a processor, {one.peak / 1e9:.2f} GB")
            found.append(one)
    order = [(unit, kind) for unit in ids for kind in ("lecture", "exercise", "solution")]
    return sorted(found, key=lambda one: order.index((one.unit, one.kind)))


def table(found: Sequence[Ran]) -> str:
    """As Markdown."""
    over = [f"{one.kind} {one.unit}: {', '.join(one.over)}" for one in found if one.over]
    verdict = f"Over a budget, **not met**: {'; '.join(over)}." if over else "Every notebook keeps every budget."
    return TABLE + "".join(map(_line, found)) + f"\n{verdict}\n"


def _line(one: Ran) -> str:
    budget = f"{SECONDS[one.kind]:g}" if SECONDS[one.kind] else "–"
    picture = "–" if one.picture is None else f"{one.picture:.1f}"
    check = "–" if one.check is None else f"`{one.check[0]}` {one.check[1]:.2f}"
    times = f"{one.seconds:.1f}", f"{one.worked:.1f}"
    return row(f"{one.kind} {one.unit}", machine(one.busy), *times, budget, picture, check, f"{one.peak / 1e9:.2f}")


if __name__ == "__main__":
    try:
        print(table(measure(sys.argv[1:])))
    except BenchmarkError as error:
        sys.exit(str(error))
