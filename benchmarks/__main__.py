"""Everything that is measured beside its peers, on this machine in one run: python -m benchmarks (make bench)

First the parts of `idle`. Then grading: the same submissions of a two-function exercise by stock nbgrader and by ours
in turn; the whole exercise of 02_rcnn, with the weights that its solution has learned among the notebooks.
docs/benchmarks.md is written anew; the last printed line is "ratio: R", submissions per minute of `autograder grade`
over those of `nbgrader autograde`, on the two-function class.

With --busy (make bench-busy) the growth, every notebook and the same grading beside a neighbour on each core, into
docs/neighbours.md; the other parts of docs/benchmarks.md have their busy rows themselves. With --slower everything
into docs/slower.md: the budgets of tools/budgets.py are meant for the machine of docs/benchmarks.md.
"""

import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Annotated

import typer

from benchmarks import crowded, data, functions, grading, growth, load, loop, run_all
from benchmarks.document import IDLE, NEIGHBOURS, SLOWER, Measured, Overhead, document, machine, summary
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT
from tools.samples import sample_class


def tabled(module: ModuleType, **how: object) -> Callable[[], str]:
    """What measures a part, and tells it as a table."""
    return lambda: module.table(module.measure(**how))


def idle(learned: Path | None = None) -> dict[str, Callable[[], str]]:
    """The parts of docs/benchmarks.md beside grading; what the solutions have learned stays in the folder `learned`."""
    return {
        "graders": tabled(crowded),
        "growth": tabled(growth),
        "loop": tabled(loop),
        "notebooks": tabled(run_all, keep=learned),
        "functions": tabled(functions),
        "data": tabled(data),
    }


def beside(learned: Path | None = None) -> dict[str, Callable[[], str]]:
    """Those of docs/neighbours.md."""
    return {
        "growth": tabled(growth, plan=growth.BUSY),
        "notebooks": tabled(run_all, crowded=True, keep=learned),
    }


def sections(parts: Mapping[str, Callable[[], str]]) -> str:
    """The tables of these parts, in their order."""
    return "".join(_timed(name, work) for name, work in parts.items())


def _timed(name: str, work: Callable[[], str]) -> str:
    start = time.monotonic()
    found = work()
    typer.echo(f"{name}: {time.monotonic() - start:.0f} s")
    return found


def graded(students: int, stock: int, ours: int, full: int, learned: Path) -> tuple[list[Measured], Overhead]:
    """Both classes by both graders, and one submission alone."""
    found = [grading.measure("two functions", students, stock, ours, small=True)]
    alone = grading.overhead(min(students, 30))
    if full:
        file = learned / f"{sample_class.UNIT}.safetensors"
        weights = file.read_bytes() if file.exists() else sample_class.trained()
        found.append(grading.measure("all of 02_rcnn, trained", full, 1, 1, small=False, weights=weights))
    return found, alone


def main(
    students: Annotated[int, typer.Option(help="Submissions of the two-function exercise.")] = 200,
    stock: Annotated[int, typer.Option(help="Runs of stock nbgrader on them.")] = 1,
    ours: Annotated[int, typer.Option(help="Runs of ours on them.")] = 3,
    full: Annotated[int, typer.Option(help="Submissions of the whole exercise; 0 leaves it out.")] = 2,
    busy: Annotated[bool, typer.Option("--busy", help="Beside a neighbour on each core.")] = False,
    slower: Annotated[bool, typer.Option("--slower", help="Into docs/slower.md, from a slower machine.")] = False,
    part: Annotated[list[str], typer.Option(help=f"Only this one of {', '.join(idle())}; printed alone.")] = [],  # noqa: B006
    write: Annotated[bool, typer.Option(help="Write the document.")] = True,
) -> None:
    """Measure, write docs/benchmarks.md, print the figures. Example: python -m benchmarks --students 30 --no-write"""
    if busy and slower:
        raise CourseError("A page has either --busy or --slower.", advice="leave one of them out")
    parts = beside if busy else idle
    if unknown := sorted({*part} - {*parts()}):
        raise CourseError("There is no such part.", expected=", ".join(parts()), got=", ".join(unknown))
    if part:
        typer.echo(sections({name: parts()[name] for name in part}))
        return
    start = time.monotonic()
    with TemporaryDirectory(prefix="benchmark-") as folder:
        learned = Path(folder)
        tables = sections(parts(learned)) if write else ""
        with load.busy() if busy else nullcontext():
            found, alone = graded(students, stock, ours, full, learned)
    if write:
        page = NEIGHBOURS if busy else SLOWER if slower else IDLE
        took = f"All of it took {(time.monotonic() - start) / 60:.1f} minutes."
        text = document(found, alone, tables, f"{machine()} {took}", page)
        with atomic_write(ROOT / "docs" / page.name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    typer.echo(summary(found, alone, promised=not busy))


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))
