"""Lay down a new unit: python -m tools.unit NAME [--title TITLE] (make unit)"""

import sys
from typing import Annotated

import typer

from course_lib.errors import CourseError
from tools.unit.lay import ROOT, lay_down


def main(
    name: Annotated[str, typer.Argument(help="The name of its modules, for example mask_rcnn.")],
    title: Annotated[str, typer.Option(help="As students read it, for example “Mask R-CNN”.")] = "",
) -> None:
    """Write the files of a new unit and enter it into the list, README.md and the start page."""
    try:
        for path in lay_down(name, title):
            typer.echo(f"written {path.relative_to(ROOT)}")
    except CourseError as error:
        sys.exit(str(error))


typer.run(main)
