"""`autograder grade`: a class is graded, on all cores or on a cluster."""

import json
import logging
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from autograder.commands.common import DOUBTFUL, AsJson, Database, Sandbox, Unit, open_course, readable_errors

if TYPE_CHECKING:
    from autograder.cohort.coordinator import Event, Graded

STOPPED = 130  # exit status
Submissions = Annotated[str, typer.Option(help="The folder of the students' folders.", metavar="DIR")]
Workers = Annotated[int, typer.Option(help="Processes on this machine; by default one for each core.", min=0)]
Scheduler = Annotated[str, typer.Option(help="A Dask scheduler, tls://…; its workers examine.", metavar="URL")]
Anyone = Annotated[bool, typer.Option("--anyone-may-connect", help="Use a scheduler that asks for no certificate.")]
Students = Annotated[list[str], typer.Option("--student", help="Only this one; may be repeated.", metavar="ID")]
NewKey = Annotated[bool, typer.Option("--new-key", help="Go on with another key: hidden inputs change from now on.")]
Force = Annotated[bool, typer.Option("--force", help="Examine and record again what is graded already.")]


def grade(
    unit: Unit,
    submissions: Submissions = "",
    student: Students = [],  # noqa: B006  typer reads it
    workers: Workers = 0,
    scheduler: Scheduler = "",
    anyone_may_connect: Anyone = False,
    database: Database = "",
    sandbox: Sandbox = "",
    force: Force = False,
    new_key: NewKey = False,
    as_json: AsJson = False,
) -> None:
    """Grade what a class handed in, new or changed; stop it at any moment, start it again, and it goes on.

    Example: autograder grade 02_rcnn --workers 4
    """
    from autograder.box import startup
    from autograder.cohort import local

    workers = workers or len(os.sched_getaffinity(0))
    if not scheduler:
        local.begin(sandbox != "none")
    with readable_errors(), _ending_in_order():
        with startup.uncollected():
            from autograder.cohort import coordinator

        _, config = open_course(database)
        plan = coordinator.Plan(
            unit, submissions, workers, scheduler, anyone_may_connect, sandbox, force, tuple(student), new_key
        )
        with _Screen() as screen:
            graded = coordinator.grade(plan, config, screen.tell)
    _show(graded, as_json)
    _explain("Not graded as they should be:", graded.failed)
    _explain("Graded, but somebody should look:", graded.doubtful)
    if graded.failed or graded.doubtful:
        raise typer.Exit(1 if graded.failed else DOUBTFUL)


def _explain(title: str, reasons: Mapping[str, str]) -> None:
    if reasons:
        typer.echo(title, err=True)
    for student, reason in sorted(reasons.items()):
        typer.echo(f"{student}: {' '.join(reason.split())}", err=True)


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Ctrl-C and a polite kill end the run in order, and no process is left behind."""
    from autograder.cohort import local

    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt as stop:
        logging.disable(logging.CRITICAL)  # what Dask's unfinished tasks would say of being stopped
        typer.echo("Stopped. What is graded is kept: start again to go on.", err=True)
        raise typer.Exit(STOPPED) from stop
    finally:
        local.end()
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
        if event.kind in ("waiting", "noticed"):
            self.print(escape(event.reason), soft_wrap=True)
            return
        if event.result:
            said = [f"{checked.name}: {checked.comment}" for checked in event.result.checks if checked.comment]
            text = f"{event.result.points:g} of {event.result.of:g} by checks  {'; '.join(said)}"
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
            typer.echo(json.dumps({**row, "look": _mark(graded, row["student"])}))
        return
    table = Table("student", "points", "of", "open", "late", "look")
    for row in graded.rows:
        late = " ".join(word for word in (row["late_by"], f"-{row['late']:g}" if row["late"] else "") if word)
        to_give = f"{row['open']:g}" if row["open"] else ""
        points, look = (f"{row['points']:g}", f"{row['max']:g}"), _mark(graded, row["student"])
        table.add_row(escape(row["student"]), *points, to_give, late, look)
    Console().print(table)
    if waiting := [row["open"] for row in graded.rows if row["open"]]:
        who = f"{len(waiting)} student{'s' if len(waiting) > 1 else ''}"
        typer.echo(f"open: {sum(waiting):g} points of {who} wait for a human, in Formgrader under Manual Grading")


def _mark(graded: "Graded", student: str) -> str:
    """ "!" where a student is not graded as they should be, "?" where somebody should look; the reasons follow."""
    return "!" * (student in graded.failed) or "?" * (student in graded.doubtful)
