"""What the commands share: their common options, readable errors, and the course that they work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from course_lib.errors import CacheError, CourseError

if TYPE_CHECKING:
    from traitlets.config import Config

Unit = Annotated[str, typer.Argument(help="For example 02_rcnn; rcnn, 2 and exercises/02_rcnn are the same.")]
Sandbox = Annotated[str, typer.Option(help="Where student code runs: bubblewrap, or none.", metavar="KIND")]
Database = Annotated[str, typer.Option(help="The gradebook; by default what nbgrader_config.py says.", metavar="URL")]
Page = Annotated[Path | None, typer.Option("--html", help="Write a page that needs nothing else.", metavar="FILE")]
DOUBTFUL = 3  # exit status: done, but somebody should look at something
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


class Platform(StrEnum):
    """Where students hand in, and teachers look for grades and feedback."""

    moodle = "moodle"
    canvas = "canvas"


@contextmanager
def readable_errors() -> Iterator[None]:
    """A named error becomes one readable message and exit status 1."""
    try:
        yield
    except CourseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def open_course(database: str = "") -> tuple[Path, "Config"]:
    """The course's folder and its nbgrader configuration; reading that installs the examiner.

    Args:
        database: an address that goes before the configuration's.

    Raises:
        DataMissing: the working folder lies in no course.
    """
    from traitlets.config.loader import PyFileConfigLoader

    from autograder.book.examiner import find_course

    course = find_course(Path.cwd())
    config = PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()
    config.CourseDirectory.root = str(course)
    if database or "db_url" not in config.CourseDirectory:
        config.CourseDirectory.db_url = database or f"sqlite:///{course / 'gradebook.db'}"
    return course, config


def save(path: Path, page: str) -> None:
    """Write a page for its owner only, and say so.

    Raises:
        CacheError: it cannot be written.
    """
    from autograder.book import privacy

    try:
        privacy.write(path, page)
    except OSError as error:
        raise CacheError(f"{path} cannot be written.", got=error.strerror or str(error)) from error
    typer.echo(f"written: {path}", err=True)
