"""What a student waits for again and again: imports, a check, a lecture's first picture: python -m benchmarks.loop

Everything begins in a fresh process, with byte code there and the files in the machine's memory: one run before the
others is not counted.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbformat import NotebookNode

from benchmarks.grading import BenchmarkError
from benchmarks.load import busy
from benchmarks.run_all import has_picture, notebook_of
from benchmarks.turns import machine, number, ratio, row, told
from tools import ROOT
from tools.budgets import CHECK_SECONDS, FIRST_PICTURE_SECONDS
from tools.figures.run_notebooks import Run, run_notebook

UNIT, FUNCTION = "02_rcnn", "box_iou"
TORCH, COURSE, CELL = "import torch", "import torch, course_lib", f"first cell of the exercise {UNIT}"
RIGHT, WRONG = "area1[:, None] + area2 - intersection", "area1[:, None] + area2"
FIRST, EDITED, AGAIN = "the first check, of a wrong answer", "after an edit, now right", "after one more edit, right"
CHECKS = (FIRST, EDITED, AGAIN)
STARTED = "from the kernel's start to the end of the first cell"
LECTURES = ("02_rcnn", "08_embeddings")
ROUNDS = {False: 3, True: 2}  # not busy, busy
CHILD = """
import json, sys, time
clocks = time.perf_counter, time.process_time
before = [clock() for clock in clocks]
exec(sys.argv[1], {})
print(json.dumps([clock() - then for clock, then in zip(clocks, before)]))
"""


@dataclass(frozen=True)
class Waited:
    """One thing, of each run the seconds by the clock and those of a processor.

    Attributes:
        part: "imports", "checks" or "pictures".
        peer: those of what it is compared with, in the same rounds; () where there is nothing.
        budget: seconds of a processor, None without one.
    """

    part: str
    what: str
    busy: bool
    seconds: tuple[float, ...]
    worked: tuple[float, ...]
    peer: tuple[float, ...] = ()
    budget: float | None = None


def imports(rounds: int, crowded: bool = False) -> list[Waited]:
    """PyTorch alone, then with the course, then all that an exercise imports first, in turn."""
    first = next(cell for cell in notebook_of("exercise", UNIT).cells if cell.cell_type == "code").source
    code = {TORCH: TORCH, COURSE: COURSE, CELL: first}
    runs = [{what: _imported(source) for what, source in code.items()} for _ in range(rounds + 1)][1:]
    columns = {what: tuple(zip(*[one[what] for one in runs], strict=True)) for what in code}
    return [
        Waited("imports", what, crowded, seconds, worked, columns[TORCH][1] if what != TORCH else ())
        for what, (seconds, worked) in columns.items()
    ]


def _imported(source: str) -> tuple[float, float]:
    """Seconds by the clock and of a processor that some lines take in a fresh process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    words = [sys.executable, "-c", CHILD, source]
    said = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    seconds, worked = json.loads(said)
    return seconds, worked


def checks(rounds: int, crowded: bool = False) -> list[Waited]:
    """A student's first minutes: the imports, a wrong function and its check, mended and checked, edited and checked.

    Raises:
        BenchmarkError: a check did not say what it should.
    """
    notebook, places = first_minutes()
    runs = [_ran(notebook) for _ in range(rounds)]
    for one in runs:
        verdicts = ["error" in {output.output_type for output in one.notebook.cells[at].outputs} for at in places]
        if one.failure or verdicts != [True, False, False] or not has_picture(one.notebook.cells[places[0]]):
            raise BenchmarkError("A check did not say what it should.", got=f"{one.failure}, refused: {verdicts}")
    steps = {STARTED: (None, 0)} | {what: (at - 1, at) for what, at in zip(CHECKS, places, strict=True)}
    return [
        Waited("checks", what, crowded, *_between(runs, *pair), budget=None if what == STARTED else CHECK_SECONDS)
        for what, pair in steps.items()
    ]


def first_minutes() -> tuple[NotebookNode, list[int]]:
    """The exercise's imports, then its first function and check three times; and where the checks are."""
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook_of("solution", UNIT).cells if _graded(cell)}
    function, check = cells[FUNCTION], cells[f"check_{FUNCTION}"]
    if RIGHT not in function.source:
        raise BenchmarkError(f"The solution's {FUNCTION} is written otherwise.", expected=RIGHT)
    goes_on = {"tags": ["raises-exception"]}  # after a refusal, as a student does
    found = [cells["given_1"]]
    for source in (function.source.replace(RIGHT, WRONG), function.source, f"{function.source}\n# as it was"):
        asked = nbformat.v4.new_code_cell(check.source, metadata=goes_on)
        found += [nbformat.v4.new_code_cell(source), asked]
    return nbformat.v4.new_notebook(cells=found), [2, 4, 6]


def _graded(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "nbgrader" in cell.metadata


def _between(runs: Sequence[Run], begin: int | None, end: int) -> list[tuple[float, ...]]:
    """Seconds of each run, by both clocks, from the end of one cell (or the kernel's start) to that of another."""
    pairs = [(one.clocks[begin] if begin is not None else (0.0, 0.0), one.clocks[end]) for one in runs]
    return [tuple(after[clock] - before[clock] for before, after in pairs) for clock in (0, 1)]


def _ran(notebook: NotebookNode) -> Run:
    with TemporaryDirectory(prefix="benchmark-") as folder:
        variables = {"COURSE_PROFILE": "mini", "COURSE_CACHE": str(Path(folder, "cache"))}
        return run_notebook(notebook, Path(folder), variables)


def pictures(rounds: int, crowded: bool = False, lectures: Sequence[str] = LECTURES) -> list[Waited]:
    """From the start of a lecture's kernel to its first picture, with an empty cache."""
    found = []
    for unit in lectures:
        notebook = to_first_picture(notebook_of("lecture", unit))
        runs = [_ran(notebook) for _ in range(rounds)]
        failed = [one.failure for one in runs if one.failure or not has_picture(one.notebook.cells[-1])]
        if failed:
            raise BenchmarkError(f"{unit}: the lecture's first picture did not come.", got=str(failed[0]))
        times = _between(runs, None, -1)
        found.append(Waited("pictures", f"lecture {unit}", crowded, *times, budget=FIRST_PICTURE_SECONDS))
    return found


def to_first_picture(notebook: NotebookNode) -> NotebookNode:
    """The notebook up to the first cell that calls plots.show."""
    shows = [cell.cell_type == "code" and "plots.show(" in cell.source for cell in notebook.cells]
    last = shows.index(True)
    return nbformat.v4.new_notebook(cells=deepcopy(notebook.cells[: last + 1]), metadata=notebook.metadata)


PARTS: dict[str, Callable[..., list[Waited]]] = {"imports": imports, "checks": checks, "pictures": pictures}


def measure(rounds: dict[bool, int] = ROUNDS, parts: Sequence[str] = tuple(PARTS)) -> list[Waited]:
    """All of it on an idle machine, then beside neighbours that never wait."""
    found = []
    for crowded, count in rounds.items():
        with busy() if crowded else nullcontext():
            found += [one for part in parts for one in PARTS[part](count, crowded)]
    return found


def table(found: Sequence[Waited]) -> str:
    """As Markdown."""
    return HEAD.format(torch=version("torch")) + "".join(map(_line, found))


HEAD = f"""
## A student's loop

Median of several runs (smallest–largest), each in a fresh process or kernel, one thread, with bytecode that is already
compiled; *busy* means that a process on each core computes without a pause. The peer of our imports is `import torch`
alone ({{torch}}), in turn with them; the ratio is that of processor seconds. A check is called as the exercise calls
it, in a kernel: `{FUNCTION}` of {UNIT}, first with a union that counts the overlap twice (the check refuses it and
draws the counterexample), then mended, then edited again; a kernel's processor time is read in steps of 0.01 s. A
lecture is opened with an empty cache, without a browser: from the start of its kernel until the cell with its first
picture has ended.

| what | machine | runs | by the clock, s | processor, s | beside `import torch` | budget, processor s |
|---|---|--:|--:|--:|--:|--:|
"""


def _line(one: Waited) -> str:
    beside = number(ratio(one.worked, one.peer)) if one.peer else "–"
    bound = "–" if one.budget is None else f"{one.budget:g}{', **not met**' * (max(one.worked) > one.budget)}"
    times = told(one.seconds), told(one.worked)
    return row(one.what, machine(one.busy), len(one.seconds), *times, beside, bound)


if __name__ == "__main__":
    try:
        print(table(measure()))
    except BenchmarkError as error:
        sys.exit(str(error))
