"""Grading beside stock nbgrader, and how it grows: python -m benchmarks (make bench)

The same submissions of a two-function exercise, the two graders in turn; then the whole exercise of 02_rcnn with fewer
submissions; then ours alone on classes of several sizes. docs/benchmarks.md is written anew; the last printed line is
"ratio: R", submissions per minute of `autograder grade` over those of `nbgrader autograde`, on the two-function class.
"""

import sys
from typing import Annotated

import typer

from benchmarks import grading, growth
from benchmarks.document import document, machine, summary
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT
from tools.samples import sample_class


def main(
    students: Annotated[int, typer.Option(help="Submissions of the two-function exercise.")] = 200,
    stock: Annotated[int, typer.Option(help="Runs of stock nbgrader on them.")] = 1,
    ours: Annotated[int, typer.Option(help="Runs of ours on them.")] = 3,
    full: Annotated[int, typer.Option(help="Submissions of the whole exercise; 0 leaves it out.")] = 4,
    write: Annotated[bool, typer.Option(help="Write docs/benchmarks.md.")] = True,
) -> None:
    """Measure, write docs/benchmarks.md, print the figures. Example: python -m benchmarks --students 30 --no-write"""
    found = [grading.measure("two functions", students, stock, ours, small=True)]
    alone = grading.overhead(min(students, 30))
    if full:
        weights = sample_class.trained()
        found.append(grading.measure("all of 02_rcnn, trained", full, 1, 1, small=False, weights=weights))
    if write:
        text = document(found, alone, growth.table(growth.measure()), machine())
        with atomic_write(ROOT / "docs" / "benchmarks.md") as temporary:
            temporary.write_text(text, encoding="utf-8")
    typer.echo(summary(found, alone))


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))
