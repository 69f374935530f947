"""Measured figures: a notebook names each by one call, so that text, picture and docs/figures.md agree.

    figure("box regression gains AP at IoU 0.7", 0.043, target=0.03, unit="AP", paper="+3 to 4 mAP (CVPR 2014)")

shows "measured 0.043 AP, target at least 0.03 AP: met". With one value per seed it shows their mean and standard
deviation: "measured 0.043 ± 0.004 AP over 3 seeds". When COURSE_FIGURES names a file, the call also appends one line of
JSON there, from which `make figures` rewrites docs/figures.md.
"""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import SupportsFloat

from course_lib.download import atomic_write
from course_lib.errors import CourseError
from course_lib.settings import settings

BETTER = ("above", "below")
RECORDED = Path(__file__).parent / "recorded.json"


class FigureError(CourseError):
    """A figure of a notebook has no finite number, or compares to its target in an unknown way."""


@dataclass(frozen=True)
class Figure:
    """One measured figure; the notebook shows it as a sentence.

    `value` is None where only another profile can measure it. `target` is None for a figure that is only reported.
    `better` says on which side of the target the value should lie: "above" or "below" (the target itself meets it).
    Over several seeds `value` is the mean, and `spread` the standard deviation of one run.
    """

    name: str
    value: float | int | None
    target: float | int | None = None
    better: str = "above"
    unit: str = ""
    paper: str = ""
    seeds: int = 1
    spread: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the value, the mean over the seeds, reaches its target; None without a value or without a target."""
        if self.value is None or self.target is None:
            return None
        return self.value >= self.target if self.better == "above" else self.value <= self.target

    @property
    def measured(self) -> str:
        """The value with its spread and unit, or "not measured"."""
        if self.value is None or self.spread is None:
            return "not measured" if self.value is None else quantity(self.value, self.unit)
        return f"{quantity(self.value, '')} ± {quantity(self.spread, self.unit)} over {self.seeds} seeds"

    @property
    def wanted(self) -> str:
        """The target with its side and unit ("at least 0.03 AP"), or an empty string."""
        if self.target is None:
            return ""
        side = "at least" if self.better == "above" else "at most"
        return f"{side} {quantity(self.target, self.unit)}"

    def __str__(self) -> str:
        parts = [f"{self.name}: {'' if self.value is None else 'measured '}{self.measured}"]
        if self.wanted:
            verdict = {True: ": met", False: ": not met", None: ""}[self.met]
            parts.append(f", target {self.wanted}{verdict}")
        if self.paper:
            parts.append(f"; paper: {self.paper}")
        return "".join(parts)

    __repr__ = __str__

    def _repr_markdown_(self) -> str:
        return f"**{self.name}**{str(self).removeprefix(self.name)}"


def figure(
    name: str,
    value: SupportsFloat | Sequence[SupportsFloat | None] | None,
    target: SupportsFloat | None = None,
    better: str = "above",
    unit: str = "",
    paper: str = "",
) -> Figure:
    """Name a measured figure: show it, and append it to the file COURSE_FIGURES where that is set.

    `value` and `target` are numbers (Python's, NumPy's, or tensors of one element) in `unit`; `value` may also be a
    list of them, one per seed, and is None where this profile cannot measure it. `paper` is the published value with
    its source.
    Raises FigureError for NaN, infinity or anything that is no number, for a list with fewer than two numbers, and for
    an unknown `better`.
    """
    if better not in BETTER:
        raise FigureError(
            f"The figure {name!r} has an unknown side of its target.", expected=" or ".join(BETTER), got=repr(better)
        )
    seeds, spread = 1, None
    if isinstance(value, list | tuple):
        value, seeds, spread = _over_seeds(name, value)
    measured = Figure(name, _number(name, value), _number(name, target), better, unit, paper, seeds, spread)
    if path := settings().figures:
        with path.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(measured)) + "\n")
    return measured


def read_figures(path: Path) -> list[Figure]:
    """The figures that notebooks appended to `path`, in their order; none when the file was never written."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def recorded(name: str) -> float | None:
    """What the course's own run of an earlier unit measured under this name (docs/figures.md), in `mini`.

    None in `full`, where other images are meant. Raises FigureError, with the known names, for an unknown one.
    """
    if settings().profile != "mini":
        return None
    known = json.loads(RECORDED.read_text(encoding="utf-8"))
    if name not in known:
        raise FigureError(f"No figure {name!r} is recorded.", expected=" or ".join(known), advice="make figures")
    return known[name]


def record(figures: list[Figure]) -> None:
    """Keep the values of these figures for `recorded`, beside those of other units."""
    known = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    known |= {figure.name: figure.value for figure in figures}
    with atomic_write(RECORDED) as temporary:
        temporary.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


def quantity(value: float | int, unit: str) -> str:
    """A number as text, three significant digits (whole numbers in full, with thousands separated), and its unit."""
    whole = isinstance(value, int) or abs(value) >= 1000
    text = f"{value:,.0f}" if whole else f"{value:.3g}"
    return f"{text} {unit}".rstrip()


def _over_seeds(name: str, values: Sequence[object]) -> tuple[float, int, float]:
    """Mean, number and standard deviation of one value per seed."""
    numbers = [_number(name, value) for value in values]
    if None in numbers or len(numbers) < 2:
        raise FigureError(
            f"The figure {name!r} has not a number for each of several seeds.",
            expected="two numbers or more",
            got=repr(list(values)),
        )
    return statistics.fmean(numbers), len(numbers), statistics.stdev(numbers)


def _number(name: str, value: object) -> float | int | None:
    """`value` as a plain Python number."""
    plain = value.item() if hasattr(value, "item") else value
    if plain is None:
        return None
    if isinstance(plain, bool) or not isinstance(plain, (int, float)) or not math.isfinite(plain):
        raise FigureError(
            f"The figure {name!r} has no measured number.",
            expected="a finite number, or None where this profile cannot measure it",
            got=repr(value),
            advice="look at the cell that computes it",
        )
    return plain
