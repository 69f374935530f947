"""A task measured: recipes tried, trainings run, what was found kept beside this module."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.document import machine
from benchmarks.marks.contest import Contestant, Task
from benchmarks.marks.recipes import Recipe
from benchmarks.marks.train import Run, forget, train
from course_lib.download import atomic_write

MEASURED = Path(__file__).parent / "measured.json"


@dataclass(frozen=True)
class Row:
    """A contestant's trainings.

    Attributes:
        recipe: the one that was chosen. tried: the trial of each recipe; empty for a single one.
    """

    name: str
    begins: str
    recipe: str
    tried: dict[str, Run]
    images: int
    runs: Sequence[Run]


@dataclass(frozen=True)
class Found:
    """A task's rows, in the order of its contestants; `beside` is a sentence, `machine` says where and when."""

    rows: Sequence[Row]
    beside: str
    machine: str


def chosen(one: Contestant, task: Task) -> tuple[Recipe, dict[str, Run]]:
    """The recipe that is ahead after the trial, and the trial of each.

    A recipe that is at the mark already beats one that is not, and an earlier one a later one; else the higher metric
    counts, and of equals the lower loss. A single recipe is not tried.
    """
    if len(one.recipes) == 1:
        return one.recipes[0], {}
    runs = []
    for recipe in one.recipes:
        print(f"{one.name}, {one.begins}, {recipe.name}", flush=True)
        runs.append(train(one, recipe, one.seeds[0], task.mark, one.trial))
    ahead = max(range(len(runs)), key=lambda row: rank(runs[row], task.mark))
    return one.recipes[ahead], {recipe.name: run for recipe, run in zip(one.recipes, runs, strict=True)}


def rank(run: Run, mark: float) -> tuple[float, ...]:
    """Of two trials the one with the greater rank is ahead."""
    return (1, -run.seconds, 0) if run.best >= mark else (0, run.best, -run.loss)


def contest(one: Contestant, task: Task) -> Row:
    """A contestant's trainings with the best recipe, each as far as the mark or the ceiling.

    The trial of that recipe is the beginning of its first training: its seconds are counted once.
    """
    recipe, tried = chosen(one, task)
    runs = []
    for seed in one.seeds:
        print(f"{one.name}, {one.begins}, {recipe.name}, seed {seed}", flush=True)
        runs.append(train(one, recipe, seed, task.mark, task.ceiling))
    return Row(one.name, one.begins, recipe.name, tried, one.images, runs)


def measure(task: Task, path: Path = MEASURED, only: str = "", afresh: bool = False) -> None:
    """Run a task's contestants, those whose names hold `only`, and keep what each reached; others stay as they were.

    `afresh` begins trainings anew that an earlier call has begun. Trainings of a contestant that has arrived are
    forgotten at the end of the call, so that the next one after an interruption repeats nothing.
    """
    contestants, arrived = task.contestants(), []
    for one in contestants:
        if only not in one.name:
            continue
        if afresh:
            forget(one)
        row = contest(one, task)
        add(row, task, contestants, path)
        arrived += [one] if all(run.best >= task.mark for run in row.runs) else []
    if not only:
        keep(task.name, replace(read(path)[task.name], beside=task.beside()), path)
    for one in arrived:
        forget(one)


def add(row: Row, task: Task, contestants: Sequence[Contestant], path: Path) -> None:
    """Keep a row among a task's others, in the order of the contestants; rows of contestants that are no more go."""
    before = read(path).get(task.name, Found([], "", ""))
    rows = {(known.name, known.begins): known for known in (*before.rows, row)}
    ordered = [rows[key] for one in contestants if (key := (one.name, one.begins)) in rows]
    load = f"Load average of the last quarter of an hour: {os.getloadavg()[2]:.1f}."
    keep(task.name, Found(ordered, before.beside, f"{machine()} {load}"), path)


def read(path: Path = MEASURED) -> dict[str, Found]:
    """What was measured before, by task."""
    if not path.is_file():
        return {}
    told = json.loads(path.read_text(encoding="utf-8"))
    return {name: Found(**(one | {"rows": [_row(row) for row in one["rows"]]})) for name, one in told.items()}


def _row(told: dict) -> Row:
    tried = {recipe: Run(**run) for recipe, run in told["tried"].items()}
    return Row(**(told | {"tried": tried, "runs": [Run(**run) for run in told["runs"]]}))


def keep(name: str, found: Found, path: Path = MEASURED) -> None:
    """Write what was found for a task; the other tasks stay."""
    whole = {other: asdict(one) for other, one in (read(path) | {name: found}).items()}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
