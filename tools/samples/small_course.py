"""A course of one short unit to try graders on: python -m tools.samples.small_course FOLDER

Unit 02_rcnn cut down to some of its functions, without the experiment. Its exercise is graded by the examiner and by
stock nbgrader alike: `check("nms", nms)` raises where the function is wrong.
"""

import shutil
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated

import jupytext
import typer
from nbformat import NotebookNode

from course_lib.errors import CourseError
from tools import ROOT
from tools.build.cells import BuildError, definition, read_source
from tools.build.notebooks import as_text, build_exercise

UNIT = "02_rcnn"
TWO = ("box_iou", "nms")


def make_course(folder: Path, functions: Collection[str] = TWO, written: bool = False) -> Path:
    """Write the course: nbgrader_config.py, solutions/ and exercises/. No gradebook, no submission.

    Args:
        functions: names of the unit's functions that stay.
        written: whether the written question stays too.

    Returns:
        The folder.

    Raises:
        BuildError: the unit has no such function.
    """
    source = folder / "solutions" / UNIT / f"{UNIT}.py"
    source.parent.mkdir(parents=True)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    jupytext.write(shortened(ROOT / "solutions" / UNIT / f"{UNIT}.py", functions, written), source, fmt="py:percent")
    solution, exercise = build_exercise(source, ROOT, functions)
    source.with_suffix(".ipynb").write_text(as_text(solution), encoding="utf-8")
    released = folder / "exercises" / UNIT / f"{UNIT}.ipynb"
    released.parent.mkdir(parents=True)
    released.write_text(as_text(exercise), encoding="utf-8")
    return folder


def shortened(source: Path, functions: Collection[str], written: bool = False) -> NotebookNode:
    """A unit's source with its introduction and the sections of some functions only.

    Raises:
        BuildError: a function has no section.
    """
    notebook, known, cells = read_source(source), set(), []
    introduction = _introduction(notebook.cells)
    for number, section in enumerate(sections(notebook.cells)):
        tags = {tag for cell in section for tag in cell.metadata.get("tags", [])}
        mine = {definition(source, cell).name for cell in section if "solution" in cell.metadata.get("tags", [])}
        known |= mine
        if number < introduction or mine & {*functions} or (written and "written" in tags):
            cells += section
    if missing := sorted({*functions} - known):
        raise BuildError(f"{source.name}: no such function.", expected=", ".join(sorted(known)), got=", ".join(missing))
    notebook.cells = cells
    return notebook


def sections(cells: list[NotebookNode]) -> Iterator[list[NotebookNode]]:
    """The cells from one second-level heading to the next."""
    section: list[NotebookNode] = []
    for cell in cells:
        if section and cell.cell_type == "markdown" and cell.source.startswith("## "):
            yield section
            section = []
        section.append(cell)
    yield section


def _introduction(cells: list[NotebookNode]) -> int:
    """How many sections stand before the first function."""
    graded = [any("solution" in c.metadata.get("tags", []) for c in section) for section in sections(cells)]
    return graded.index(True)


def main(folder: Annotated[Path, typer.Argument(help="A folder that is not there yet.")]) -> None:
    """Make the course in a folder."""
    try:
        typer.echo(f"made {make_course(folder)}")
    except CourseError as error:
        typer.echo(error, err=True)
        sys.exit(1)


if __name__ == "__main__":
    typer.run(main)
