"""Every attack against our grader and against stock nbgrader: python -m tools.attacks (make attacks)

All of `cases` in one class, graded by `autograder grade`; then against nbgrader's own autograde, inside a box.
Writes docs/attacks.md. The last line counts what happened to ours; the exit status is 1 unless all of it is zero.
Stock nbgrader's outcomes are kept in the course's cache, so that an attack is put to it once.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from autograder.box.sandbox import require
from course_lib.errors import CourseError
from course_lib.settings import settings
from tools import ROOT
from tools.attacks.attack import Attack, collect
from tools.attacks.kept import KEPT, Kept, against_stock
from tools.attacks.ours import Batch, grade
from tools.attacks.table import page, totals


def against_ours(attacks: Sequence[Attack]) -> Batch:
    """One class of all attacks, graded by ours."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        return grade(attacks, Path(folder, "machine"))


def main(
    only: Annotated[str, typer.Option(help="Attacks whose family or name holds these words.")] = "",
    stock: Annotated[bool, typer.Option(help="Also against stock nbgrader.")] = True,
    ours: Annotated[bool, typer.Option(help="Also against our grader.")] = True,
    again: Annotated[bool, typer.Option("--again", help="Forget what stock nbgrader did before.")] = False,
    minutes: Annotated[float, typer.Option(help="No new attack on stock nbgrader after so long.")] = 120.0,
) -> None:
    """Attack both graders; write the table when all attacks were put to ours."""
    attacks = [attack for attack in collect() if only in f"{attack.family} {attack.name}"]
    try:
        require("bubblewrap")
        if again:
            (settings().cache / KEPT).unlink(missing_ok=True)
        kept = Kept(settings().cache / KEPT)
        if stock:
            against_stock(attacks, kept, 60 * minutes)
        if not ours:
            raise typer.Exit
        batch = against_ours(attacks)
    except CourseError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error
    for line in report(attacks, batch):
        typer.echo(line)
    rows = [(attack, batch.outcomes[attack.name], kept[attack]) for attack in attacks]
    if not only:
        (ROOT / "docs" / "attacks.md").write_text(page(rows, batch))
    counts = totals([(attack, outcome) for attack, outcome, _ in rows], batch.effects, batch.honest)
    typer.echo(counts.line())
    raise typer.Exit(0 if counts.spotless() else 1)


def report(attacks: Sequence[Attack], batch: Batch) -> list[str]:
    """A line for everything that ours should not have let happen."""
    lines = [f"neighbour without the grade that he earned: {name}" for name in batch.honest]
    lines += [f"effect on the host: {effect}" for effect in batch.effects]
    for attack in attacks:
        outcome = batch.outcomes[attack.name]
        if outcome.points != attack.deserved or outcome.effects:
            lines.append(f"{attack.name}: deserves {attack.deserved:g}, got {outcome.points}; {outcome.effects}")
    return lines


if __name__ == "__main__":
    typer.run(main)
