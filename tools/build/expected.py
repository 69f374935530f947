"""Build the public cases' inputs and answers from the solution: python -m tools.build.expected [UNIT]

solutions/NN_name/NN_name.py -> course_lib/checks/expected/NN_name.npz    committed

What is stored already and agrees with the fresh values is kept, so that no processor changes the file. The wrong
versions' answers are stored beside, so that a notebook can name a mistake.
"""

import sys
from typing import Annotated

import typer

from autograder import misconceptions, reference
from autograder.exam import papers
from course_lib import units
from course_lib.checks.publish import save_public
from course_lib.errors import CourseError


def build(unit: str, write: bool = True) -> bool:
    """Build one unit's file. Returns whether it changed, or without `write` whether it would."""
    return save_public(unit, papers.checks_of(unit), reference.load(unit), misconceptions.of(unit), write)


def main(
    unit: Annotated[str | None, typer.Argument(help="One unit; all without it.")] = None,
    check: Annotated[bool, typer.Option(help="Write nothing; exit status 1 where something would change.")] = False,
) -> None:
    """Build the expected answers of the public cases."""
    changed = []
    try:
        wanted = [units.find(unit)] if unit else units.UNITS
    except CourseError as error:
        sys.exit(str(error))
    for name in (found.id for found in wanted):
        if build(name, write=not check):
            changed.append(name)
        said = "unchanged:" if name not in changed else "would change" if check else "built"
        typer.echo(f"{said} course_lib/checks/expected/{name}.npz")
    raise typer.Exit(1 if check and changed else 0)


if __name__ == "__main__":
    typer.run(main)
