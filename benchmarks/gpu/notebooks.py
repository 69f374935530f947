"""Every notebook of `mini` on a GPU: does it run through, and does it find what a CPU finds?

The CPU's results are those that `make figures` recorded (docs/figures.md). What comes with the course is the same
everywhere. What a notebook trains itself may differ by its spread: that of its own seeds or, where it trains once, that
of the same training from three seeds, whose results come with the course. Times are no results.
"""

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from nbclient.exceptions import CellTimeoutError

from course_lib.figures import Figure, quantity, read_figures, recorded
from course_lib.trainings import shipped
from tools.build.notebooks import build_exercise, build_lecture
from tools.figures.run_notebooks import run_notebook

DEVIATIONS = 2  # standard deviations of one run that two results may be apart
LONGEST = 300  # seconds for one cell
TOGETHER = 8  # notebooks at once at most: each has its own context on the GPU
SPREADS = {  # figures of one training: the training from three seeds, and what it measured
    "Fast R-CNN's mAP at IoU 0.5": ("fast_rcnn", "test mAP"),
    "Faster R-CNN's mAP at IoU 0.5": ("ladder", "Faster R-CNN, test"),
    "mean IoU of your FCN-8s on the test scenes": ("segmentation", "FCN-8s: test mean IoU"),
    "PCK@0.2 of your network gained over the mean pose": ("pose", "disks: test PCK"),
    "TAR at FAR 1 % of your network": ("faces", "semi-hard: TAR"),
    "F1 of your audit": ("leaks", "audit: F1"),
}


@dataclass(frozen=True)
class Ran:
    """One notebook: its name, seconds from kernel start to last cell, what stopped it or "", its figures."""

    name: str
    seconds: float
    failure: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Compared:
    """One figure on both devices; `spread` is the standard deviation of one run, None where none is known."""

    notebook: str
    figure: Figure
    cpu: float
    spread: float | None

    @property
    def equal(self) -> bool:
        """Whether both are the same but for the last digits of a float."""
        return abs(self.figure.value - self.cpu) <= 1e-6 * abs(self.cpu)

    @property
    def fits(self) -> bool:
        """Whether the GPU's result is the CPU's, within the spread."""
        return self.equal or (self.spread is not None and abs(self.figure.value - self.cpu) <= DEVIATIONS * self.spread)


def ran(source: Path, device: str) -> Ran:
    """Run one lecture or solution on a device, in a kernel and a folder of its own."""
    lecture = source.parent.name == "lectures"
    notebook = build_lecture(source) if lecture else build_exercise(source)[0]
    with TemporaryDirectory() as folder:
        lines = Path(folder, "figures.jsonl")
        variables = {"COURSE_PROFILE": "mini", "COURSE_DEVICE": device, "COURSE_FIGURES": str(lines)}
        name = f"{'lecture' if lecture else 'exercise'} {source.stem}"
        try:
            run = run_notebook(notebook, Path(folder), variables, limit=LONGEST)
        except CellTimeoutError as error:
            return Ran(name, LONGEST, str(error), tuple(read_figures(lines)))
        return Ran(name, run.seconds, str(run.failure or ""), tuple(read_figures(lines)))


def all_ran(sources: Sequence[Path], device: str, together: int | None = None) -> list[Ran]:
    """Run several, a core for each; the solutions, which take longest, begin."""
    together = together or min(TOGETHER, len(os.sched_getaffinity(0)))
    ordered = sorted(sources, key=lambda source: source.parent.name == "lectures")
    with ProcessPoolExecutor(together, mp_context=get_context("spawn")) as pool:
        return list(pool.map(ran, ordered, [device] * len(ordered)))


def compared(runs: Iterable[Ran]) -> list[Compared]:
    """Each figure that is no time beside the CPU's. Raises FigureError for one that was never recorded."""
    return [
        Compared(run.name, figure, recorded(figure.name), spread_of(figure))
        for run in runs
        for figure in run.figures
        if figure.value is not None and not is_time(figure)
    ]


def is_time(figure: Figure) -> bool:
    """Whether a figure tells how long something takes, or how much faster something is."""
    return figure.unit in ("h", "s") or " is faster than " in figure.name


def spread_of(figure: Figure) -> float | None:
    """The standard deviation of one run, over the figure's own seeds or those of the shipped training."""
    if figure.spread is not None:
        return figure.spread
    if figure.name not in SPREADS:
        return None
    training, measured = SPREADS[figure.name]
    return float(shipped(training).results[measured].std(ddof=1))


def table(runs: Sequence[Ran]) -> str:
    """As Markdown: what differs, how much is equal, and what stopped a notebook."""
    found = compared(runs)
    differing = [one for one in found if not one.equal]
    through = sum(not run.failure for run in runs)
    lines = [
        f"{through} of {len(runs)} notebooks run through. {len(found) - len(differing)} of {len(found)} figures are "
        f"the CPU's, digit by digit: most of them come with the course. "
        f"{sum(one.fits for one in differing)} of the other {len(differing)} are within {DEVIATIONS} standard "
        "deviations of one run.\n"
    ]
    if differing:
        lines.append("\n| notebook | figure | CPU | GPU | ± | within its spread |\n|---|---|--:|--:|--:|---|\n")
        lines += [_line(one) for one in differing]
    lines += [f"\n**{run.name} stopped**: {_short(run.failure)}\n" for run in runs if run.failure]
    return "".join(lines)


def _line(one: Compared) -> str:
    unit, spread = one.figure.unit, "–" if one.spread is None else quantity(one.spread, "")
    verdict = "yes" if one.fits else "**no**"
    return (
        f"| {one.notebook} | {one.figure.name.replace('|', chr(92) + '|')} | {quantity(one.cpu, unit)} | "
        f"{quantity(one.figure.value, unit)} | {spread} | {verdict} |\n"
    )


def _short(failure: str, most: int = 200) -> str:
    line = " ".join(failure.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
