"""Everything that is measured beside its peers, on this machine in one run: python -m benchmarks (make bench)

Grading first: the same submissions of a two-function exercise by stock nbgrader and by ours in turn, then the whole
exercise of 02_rcnn; then the parts of PARTS. docs/benchmarks.md is written anew; the last printed line is "ratio: R",
submissions per minute of `autograder grade` over those of `nbgrader autograde`, on the two-function class.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from benchmarks import crowded, data, functions, grading, growth, loop, run_all
from benchmarks.document import document, machine, summary
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT
from tools.samples import sample_class

PARTS: dict[str, Any] = {
    "graders": crowded,
    "growth": growth,
    "loop": loop,
    "notebooks": run_all,
    "functions": functions,
    "data": data,
}


def sections(parts: Sequence[str]) -> str:
    """The tables of these parts, in their order."""
    return "".join(_timed(name, lambda name=name: PARTS[name].table(PARTS[name].measure())) for name in parts)


def _timed(name: str, work: Callable[[], str]) -> str:
    start = time.monotonic()
    found = work()
    typer.echo(f"{name}: {time.monotonic() - start:.0f} s")
    return found


def main(
    students: Annotated[int, typer.Option(help="Submissions of the two-function exercise.")] = 200,
    stock: Annotated[int, typer.Option(help="Runs of stock nbgrader on them.")] = 1,
    ours: Annotated[int, typer.Option(help="Runs of ours on them.")] = 3,
    full: Annotated[int, typer.Option(help="Submissions of the whole exercise; 0 leaves it out.")] = 4,
    part: Annotated[list[str], typer.Option(help=f"Only this one of {', '.join(PARTS)}; printed alone.")] = [],  # noqa: B006
    write: Annotated[bool, typer.Option(help="Write docs/benchmarks.md.")] = True,
) -> None:
    """Measure, write docs/benchmarks.md, print the figures. Example: python -m benchmarks --students 30 --no-write"""
    if unknown := sorted({*part} - {*PARTS}):
        raise CourseError("There is no such part.", expected=", ".join(PARTS), got=", ".join(unknown))
    if part:
        typer.echo(sections(part))
        return
    found = [grading.measure("two functions", students, stock, ours, small=True)]
    alone = grading.overhead(min(students, 30))
    if full:
        weights = sample_class.trained()
        found.append(grading.measure("all of 02_rcnn, trained", full, 1, 1, small=False, weights=weights))
    if write:
        text = document(found, alone, sections([*PARTS]), machine())
        with atomic_write(ROOT / "docs" / "benchmarks.md") as temporary:
            temporary.write_text(text, encoding="utf-8")
    typer.echo(summary(found, alone))


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))
