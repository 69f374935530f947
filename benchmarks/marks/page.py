"""What was measured, as docs/marks.md."""

import textwrap
from collections.abc import Callable, Mapping, Sequence
from statistics import median

from benchmarks.marks.contest import RANDOM, Task
from benchmarks.marks.measure import Found, Row
from benchmarks.marks.train import Run

HEADER = """# Training to a mark

How many CPU seconds does a training need until a network is this good? For each of four tasks a mark was set before
the comparison, and the course's solution trains until it reaches the mark on validation data, from which it does not
learn; so does the model of a library for the same task. Both draw the same batches from the same data, and the same
function measures both.

The seconds are those of the processor, with one thread: of drawing batches and of training, not of drawing the scenes
beforehand and not of measuring, which is done every so many steps. A training ends at the mark, at its ceiling, or when
its planned steps are done. Each contestant that has a choice tries a few recipes for a short time on one seed (the peer
first of all its own recommendation), goes on with the one that is ahead on the same validation data, and trains with it
from every seed. A recipe that has reached the mark is ahead of all that have not, and the earlier of two that have;
otherwise the highest metric counts, and where the metrics are equal the lowest loss. Of several seeds the median is
told, with the smallest and the largest in brackets. The course's weights are
those that a notebook begins with: they learnt to name 24 families of drawn objects, none of which is a class of
Tinytown. So it is the trainings from random weights that are compared.

`python -m benchmarks.marks` measures all this and writes this file; `python -m benchmarks.marks pose` measures one task
anew. It takes hours and is no part of `make bench`.
"""
TABLE = """| contestant | begins with | recipe | trainings | steps | images seen | CPU seconds to the mark |
|---|---|---|--:|--:|--:|---|
"""


def document(tasks: Sequence[Task], found: Mapping[str, Found]) -> str:
    """The whole file: a section for each task."""
    return HEADER + "".join(section(task, found.get(task.name)) for task in tasks)


def section(task: Task, found: Found | None) -> str:
    """One task: its mark, its table, the comparison in words, what differs, the recipes that were tried."""
    heading = f"\n## {task.name.capitalize()}: {100 * task.mark:g} % {task.metric}\n"
    if not found:
        return f"{heading}\nNot measured.\n"
    rows = "".join(line(row, task.mark) for row in found.rows)
    said = [
        compared(found.rows, task.mark),
        f"{task.origin} {task.about}",
        *tried(found.rows),
        found.beside,
        found.machine,
    ]
    return f"{heading}\n{TABLE}{rows}\n" + "\n".join(f"{paragraph(one)}\n" for one in said if one)


def paragraph(text: str) -> str:
    """Its words on lines of 120 characters at most."""
    return textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False)


def line(row: Row, mark: float) -> str:
    """A contestant as a line of the table."""
    steps = median(run.steps for run in row.runs)
    return (
        f"| {row.name} | {row.begins} | {row.recipe} | {len(row.runs)} | {steps:,.0f} | "
        f"{steps * row.images:,.0f} | {seconds(row, mark)} |\n"
    )


def seconds(row: Row, mark: float) -> str:
    """How long it took; or within what time it did not arrive, and how far it came."""
    late = [run for run in row.runs if run.best < mark]
    if late:
        how_many = f", {len(late)} of {len(row.runs)} trainings" if len(row.runs) > 1 else ""
        best = ", ".join(f"{100 * run.best:.1f} %" for run in late)
        return f"not within {min(run.seconds for run in late):,.0f} s{how_many}; reached {best}"
    spent = [run.seconds for run in row.runs]
    spread = f" ({min(spent):,.1f}–{max(spent):,.1f})" if len(spent) > 1 else ""
    return f"{median(spent):,.1f}{spread}"


def compared(rows: Sequence[Row], mark: float) -> str:
    """The peer beside ours, both from random weights, in a sentence; with a ratio only where both have arrived.

    Where one of them was not measured, it says so.
    """
    equal = [row for row in rows if row.begins == RANDOM]
    if len(equal) < 2:
        return "Only one side is measured; there is no ratio yet."
    peer, both = equal[-1], (equal[0], equal[-1])
    spent = [median(run.seconds for run in row.runs) for row in both]
    arrived = [all(run.best >= mark for run in row.runs) for row in both]
    if all(arrived):
        return (
            f"From random weights, {peer.name} needs {spent[1] / spent[0]:.2g} times the CPU seconds of ours"
            f"{between(*both)}: {quotient(both, lambda run: run.steps)} times as many steps, each of which takes "
            f"{quotient(both, lambda run: run.seconds / run.steps)} times as long."
        )
    if arrived[0]:
        least = min(run.seconds for run in peer.runs if run.best < mark)
        return (
            f"From random weights, {peer.name} has not arrived after {least / spent[0]:.2g} times the CPU seconds "
            "that ours needs: the ratio is larger than that."
        )
    if arrived[1]:
        return f"From random weights, {peer.name} arrives, and ours does not."
    return "From random weights, neither has arrived; there is no ratio."


def between(ours: Row, peer: Row) -> str:
    """The smallest and the largest ratio of two single trainings, where there are several."""
    if len(ours.runs) + len(peer.runs) == 2:
        return ""
    ratios = [theirs.seconds / own.seconds for theirs in peer.runs for own in ours.runs]
    return f" (by single trainings {min(ratios):.2g} to {max(ratios):.2g} times)"


def quotient(both: tuple[Row, Row], figure: Callable[[Run], float]) -> str:
    """How many times as large a figure of the peer's trainings is, by the medians."""
    ours, peers = (median(map(figure, row.runs)) for row in both)
    return f"{peers / ours:.2g}"


def tried(rows: Sequence[Row]) -> list[str]:
    """What each recipe reached in the trial; where several reached the same, the loss that decided."""
    told = []
    for row in rows:
        reached = [run.best for run in row.tried.values()]
        trials = [
            f"{recipe}: {100 * run.best:.1f} % after {run.seconds:.0f} s"
            + (f", loss {run.loss:.3g}" if reached.count(run.best) > 1 else "")
            for recipe, run in row.tried.items()
        ]
        told += [f"Recipes tried by {row.name}, {row.begins}: {'; '.join(trials)}."] if trials else []
    return told
