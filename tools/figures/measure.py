"""The figures that a unit's solution notebook records, and all units' as a table for docs/figures.md."""

import tempfile
from pathlib import Path

from course_lib.errors import CourseError
from course_lib.figures import Figure, quantity, read_figures
from tools.build.notebooks import build_exercise
from tools.figures.run_notebooks import run_notebook

COLUMNS = """| unit | figure | target | measured | ± | seeds | paper |
|---|---|---|--:|--:|--:|---|
"""
HEADER = f"""# Figures

What the course's experiments measure, beside what the papers report. `make figures` writes this file: it runs every
solution notebook in the `mini` profile. "not measured" needs the `full` profile: real data, a GPU and a download. What
a CPU measures on real photographs stands below, in a table of its own.
Where there are several seeds "measured" is their mean, and "±" the standard deviation of one run. A target is met,
or missed, by the mean.

{COLUMNS}"""


class FigureRunError(CourseError):
    """A solution notebook stopped before it had measured its figures."""


def measure(source: Path) -> list[Figure]:
    """The figures that one unit's solution notebook records in `mini`, in their order.

    Raises FigureRunError, naming cell and error, when the notebook does not run through.
    """
    solution, _ = build_exercise(source)
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "figures.jsonl")
        run = run_notebook(solution, Path(folder), {"COURSE_PROFILE": "mini", "COURSE_FIGURES": str(lines)})
        if run.failure:
            raise FigureRunError(f"{source.name} did not run through.", got=str(run.failure))
        return read_figures(lines)


def table(figures: dict[str, list[Figure]]) -> str:
    """docs/figures.md for the figures of each unit."""
    return HEADER + rows(figures)


def rows(figures: dict[str, list[Figure]]) -> str:
    """A line of the table for each figure of each unit."""
    lines = [
        (unit, figure.name, figure.wanted or "–", *_columns(figure), figure.paper or "–")
        for unit, measured in figures.items()
        for figure in measured
    ]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def summary(figures: dict[str, list[Figure]]) -> str:
    """The last line: how many of the figures that have a target and a value meet it."""
    verdicts = [figure.met for measured in figures.values() for figure in measured if figure.met is not None]
    return f"figures: {sum(verdicts)} of {len(verdicts)} met"


def _columns(figure: Figure) -> tuple[str, str, str]:
    """What was measured with its verdict, the spread, the seeds."""
    if figure.value is None:
        return figure.measured, "–", "–"
    verdict = {True: ", met", False: ", **not met**", None: ""}[figure.met]
    spread = "–" if figure.spread is None else quantity(figure.spread, "")
    return quantity(figure.value, figure.unit) + verdict, spread, str(figure.seeds)
