"""Build the public cases' inputs and answers from the solution: python -m tools.build_expected [UNIT]

solutions/NN_name/NN_name.py -> course_lib/checks/expected/NN_name.npz    committed

Equal sources give equal bytes. The wrong versions' answers are stored beside, so that a notebook can name a mistake.
"""

from typing import Annotated

import typer

from autograder import misconceptions, papers, reference
from course_lib.checks.run import save_public


def build(unit: str) -> None:
    """Build one unit's file."""
    save_public(unit, papers.checks_of(unit), reference.load(unit), misconceptions.of(unit))


def units() -> list[str]:
    """All units that have a solution."""
    return sorted(path.stem for path in reference.SOLUTIONS.glob("*/[0-9]*.py"))


def main(unit: Annotated[str | None, typer.Argument(help="One unit; all without it.")] = None) -> None:
    """Build the expected answers of the public cases."""
    for name in [unit] if unit else units():
        build(name)
        typer.echo(f"built course_lib/checks/expected/{name}.npz")


if __name__ == "__main__":
    typer.run(main)
