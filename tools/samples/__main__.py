"""A class of thirty, made by this script, to grade and to try things on: python -m tools.samples FOLDER [--small]

    python -m tools.samples --grade      make it in a temporary folder, grade it, show table and report

FOLDER becomes a course of one unit, 02_rcnn, with thirty submissions: right ones in three styles, half done ones,
every misconception that we know, and what goes wrong with files. Students are invented, the class is always the same.
Nobody hands in a trained experiment, so that nothing is trained and its points stay out of reach, unless --train asks.
"""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from course_lib.errors import CourseError
from tools.samples.sample_class import UNIT, grade, make_class, make_course, trained


def main(
    folder: Annotated[Path | None, typer.Argument(help="Kept; a temporary one without it.", show_default=False)] = None,
    small: Annotated[bool, typer.Option("--small", help="Two functions, no experiment.")] = False,
    with_grade: Annotated[bool, typer.Option("--grade", help="Grade the class; show table and report.")] = False,
    with_train: Annotated[bool, typer.Option("--train", help="Hand in a trained experiment (a minute).")] = False,
) -> None:
    """Make a class of thirty sample submissions of 02_rcnn."""
    with tempfile.TemporaryDirectory(prefix="sample_class-") as temporary:
        course = (folder or Path(temporary, "course")).resolve()
        if course.exists() and any(course.iterdir()):
            raise CourseError("The folder for the class is not empty.", expected="a new folder", got=str(course))
        make_course(course, small)
        made = make_class(course, trained() if with_train and not small else b"")
        typer.echo(f"{len(made)} submissions of {UNIT} in {course}")
        raise typer.Exit(grade(course) if with_grade else 0)


if __name__ == "__main__":
    try:
        typer.run(main)
    except CourseError as error:
        sys.exit(str(error))
