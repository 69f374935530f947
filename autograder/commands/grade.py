"""`autograder grade`: a class is graded, on all cores or on a cluster."""

import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autograder.commands.common import AsJson, Database, Unit, open_course, readable_errors

if TYPE_CHECKING:
    from autograder.cohort import Event, Graded

STOPPED = 130
Submissions = Annotated[str, typer.Option(help="The folder of the students' folders.", metavar="DIR")]
Workers = Annotated[int, typer.Option(help="Processes on this machine; by default one for each core.", min=0)]
Scheduler = Annotated[str, typer.Option(help="A Dask scheduler, tcp://…; its workers examine.", metavar="URL")]
Kind = Annotated[str, typer.Option(help="Where student code runs: bubblewrap, or none.", metavar="KIND")]
Force = Annotated[bool, typer.Option("--force", help="Examine and record again what is graded already.")]


def grade(
    unit: Unit,
    submissions: Submissions = "",
    workers: Workers = 0,
    scheduler: Scheduler = "",
    database: Database = "",
    sandbox: Kind = "",
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Grade what a class handed in, new or changed; stop it at any moment, start it again, and it goes on.

    Example: autograder grade 02_rcnn --workers 4
    """
    from autograder import crew

    workers = workers or len(os.sched_getaffinity(0))
    if not scheduler:
        crew.begin(sandbox != "none")
    sys.modules.setdefault("rfc3987_syntax", None)  # 1.4 s for web addresses in JSON schemas; notebooks have none
    with readable_errors(), _ending_in_order():
        gc.disable()  # a fifth of the time of importing
        from autograder import cohort

        gc.freeze()
        gc.enable()

        _, config = open_course(database)
        plan = cohort.Plan(unit, submissions, workers, scheduler, sandbox, force)
        with _Screen() as screen:
            graded = cohort.grade(plan, config, screen.tell)
    _show(graded, as_json)
    if graded.failed:
        typer.echo("Not graded as they should be:", err=True)
        for student, reason in sorted(graded.failed.items()):
            typer.echo(f"{student}: {' '.join(reason.split())}", err=True)
        raise typer.Exit(1)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Ctrl-C and a polite kill end the run in order, and no process is left behind."""
    from autograder import crew

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt as stop:
        logging.disable(logging.CRITICAL)  # what Dask's unfinished tasks would say of being stopped
        typer.echo("Stopped. What is graded is kept: start again to go on.", err=True)
        raise typer.Exit(STOPPED) from stop
    finally:
        crew.end()
        signal.signal(signal.SIGTERM, before)


class _Screen(Progress):
    """A line for each student, and a bar with the time left."""

    def __init__(self):
        columns = TextColumn("graded"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
        super().__init__(*columns, console=Console(stderr=True, highlight=False))

    def tell(self, event: "Event") -> None:
        """Show what happened."""
        if event.kind == "found":
            self._bar = self.add_task("graded", total=event.count)
            known = f", of which {event.known} were examined before" if event.known else ""
            self.print(f"{event.count} to grade{known}")
            return
        if event.kind == "waiting":
            self.print(event.reason)
            return
        if event.result:
            said = [f"{checked.name}: {checked.comment}" for checked in event.result.checks if checked.comment]
            text = f"{event.result.points:g} of {event.result.of:g}  {'; '.join(said)}"
        else:
            text = f"not graded: {event.reason}"
        self.print(f"[bold]{escape(event.student)}[/]  {escape(_short(text))}", soft_wrap=True)
        self.advance(self._bar)


def _short(text: str, most: int = 160) -> str:
    """One line, not longer than a terminal or two."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _show(graded: "Graded", as_json: bool) -> None:
    if as_json:
        for row in graded.rows:
            typer.echo(json.dumps(row))
        return
    table = Table(
        "student", "points", "of", "late", title=_written(max((r["written"] for r in graded.rows), default=0))
    )
    for row in graded.rows:
        late = f"-{row['late']:g}" if row["late"] else ""
        table.add_row(escape(row["student"]), f"{row['points']:g}", f"{row['max']:g}", late)
    Console().print(table)


def _written(points: float) -> str | None:
    """Why "of" is more here than in the students' lines above."""
    return f"Written questions wait for a human: {points:g} points, not counted above" if points else None
