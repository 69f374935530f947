"""CPU seconds that trainings need to a mark, ours and the usual libraries': python -m benchmarks.marks [TASK…]

Writes docs/marks.md, and what was measured into measured.json beside this module. A training that was interrupted, or
ended at its ceiling, is kept in the course's cache and goes on with the next call.
"""

import sys
from dataclasses import replace
from typing import Annotated

import typer

from benchmarks.marks import detection, faces, page, pose, segmentation
from benchmarks.marks.contest import Task
from benchmarks.marks.measure import measure, read
from course_lib import threads
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from tools import ROOT

TASKS = {one.name: one for one in (module.task() for module in (detection, segmentation, pose, faces))}


def main(
    tasks: Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help=f"{', '.join(TASKS)}; or all.")] = None,
    only: Annotated[str, typer.Option(help="The contestants whose name holds this, e.g. torchvision.")] = "",
    ceiling: Annotated[float | None, typer.Option(help="CPU seconds of a training, in place of the task's.")] = None,
    afresh: Annotated[bool, typer.Option(help="Do not go on with what an earlier call began.")] = False,
    write: Annotated[bool, typer.Option(help="Measure nothing: only write docs/marks.md.")] = False,
) -> None:
    """Train to the marks. Example: python -m benchmarks.marks detection --only torchvision --ceiling 7200"""
    threads.limit(1)
    for task in [] if write else [known(name) for name in tasks or TASKS]:
        measure(replace(task, ceiling=ceiling) if ceiling else task, only=only, afresh=afresh)
    with atomic_write(ROOT / "docs" / "marks.md") as temporary:
        temporary.write_text(page.document(list(TASKS.values()), read()), encoding="utf-8")


def known(name: str) -> Task:
    """The task of this name. Raises CourseError for another one."""
    if name not in TASKS:
        raise CourseError("There is no such task.", expected=", ".join(TASKS), got=name)
    return TASKS[name]


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))
