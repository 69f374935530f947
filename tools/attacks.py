"""Every attack against our grader and against stock nbgrader: python -m tools.attacks (make attacks)

All of tests/attacks in one class, graded by `autograder grade`; then against nbgrader's own autograde, inside a box.
Writes docs/attacks.md. The last line counts what happened to ours; the exit status is 1 unless all of it is zero.
Stock nbgrader's outcomes are kept in the course's cache, so that an attack is put to it once.
"""

import hashlib
import inspect
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from autograder.box.sandbox import require
from course_lib.download import atomic_write
from course_lib.errors import CourseError
from course_lib.settings import settings
from tools import attacks_ours, attacks_stock
from tools.attacks_host import Attack, collect
from tools.attacks_ours import Batch, Outcome
from tools.attacks_table import page, totals
from tools.build_notebooks import ROOT

KEPT = "attacks_stock.json"


class Kept:
    """Stock nbgrader's outcomes, in a file; an attack that was changed is forgotten."""

    def __init__(self, path: Path):
        self._path = path
        self._outcomes = json.loads(path.read_text()) if path.is_file() else {}

    def __getitem__(self, attack: Attack) -> Outcome | None:
        found = self._outcomes.get(_digest(attack))
        return Outcome(**found) if found else None

    def put(self, attacks: Sequence[Attack], outcomes: dict[str, Outcome]) -> None:
        """Keep the outcomes of a batch."""
        self._outcomes |= {_digest(each): asdict(outcomes[each.name]) for each in attacks if each.name in outcomes}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(self._path) as temporary:
            temporary.write_text(json.dumps(self._outcomes, indent=1))


def _digest(attack: Attack) -> str:
    """A name for one version of an attack: the text of its function, of its module where many share a function."""
    shared = "<locals>" in attack.make.__qualname__
    text = inspect.getsource(sys.modules[attack.make.__module__] if shared else attack.make)
    return f"{attack.name} {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def against_ours(attacks: Sequence[Attack]) -> Batch:
    """One class of all attacks, graded by ours."""
    with tempfile.TemporaryDirectory(prefix="attacks-", ignore_cleanup_errors=True) as folder:
        return attacks_ours.grade(attacks, Path(folder, "machine"))


def against_stock(attacks: Sequence[Attack], kept: Kept, seconds: float) -> None:
    """Put to stock nbgrader what it was not asked before, for about so many seconds."""
    missing = [attack for attack in attacks if kept[attack] is None]
    if not missing:
        return
    folder = Path(tempfile.mkdtemp(prefix="attacks-stock-"))
    try:
        given = attacks_stock.prepare(folder)
        folder.chmod(0o755)
        attacks_stock.grade(missing, given, lambda outcomes: _tell(missing, outcomes, kept), seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(attacks: Sequence[Attack], outcomes: dict[str, Outcome], kept: Kept) -> None:
    kept.put(attacks, outcomes)
    for name, outcome in outcomes.items():
        typer.echo(f"stock nbgrader: {name}: {outcome}")


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
