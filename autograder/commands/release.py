"""`autograder release`: the public repository, for students."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.commands.common import readable_errors

Repository = Annotated[
    str, typer.Option(help="Where the public repository lies; by default this one's.", metavar="URL")
]
Units = Annotated[str, typer.Option(help="Those that are given out, as in 00,01,rcnn; by default all.", metavar="LIST")]
Ref = Annotated[
    str, typer.Option(help="The tag of this version; by default from this checkout's commit.", metavar="TAG")
]


def release(
    folder: Annotated[Path, typer.Argument(help="Where it is written.", metavar="DIR")],
    repository: Repository = "",
    units: Units = "",
    ref: Ref = "",
) -> None:
    """Write what students get as a repository of its own: lectures, exercises, course_lib, badges; no solution.

    Example: autograder release --repository https://github.com/OWNER/NAME ../public
    """
    from autograder.book.examiner import find_course
    from autograder.bundle.address import of_checkout
    from autograder.bundle.write import bundle
    from course_lib import units as known

    with readable_errors():
        course = find_course(Path.cwd())
        chosen = [known.find(name) for name in units.split(",") if name.strip()] or list(known.UNITS)
        where = of_checkout(course, repository, ref)
        files = bundle(course, folder, where, sorted(set(chosen), key=lambda unit: unit.number))
        size = sum(file.stat().st_size for file in files)
        typer.echo(f"{len(files)} files, {size / 2**20:.1f} MB, in {folder}")
        typer.echo(
            f"Commit them, tag the commit `{where.ref}` and push both to {where.url}: the badges open that version."
        )
