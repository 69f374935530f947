"""Several measurements of the same systems side by side, ours above the papers': one figure that tells a story."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib import plots

PAPER = "#999999"


@dataclass(frozen=True)
class Panel:
    """One measurement of every system.

    Attributes:
        label: what it is, with its unit.
        ours, papers: one value for each system; None where it was not measured or published.
        log: whether the axis is logarithmic; zeros then have no bar, only their number.
    """

    label: str
    ours: Sequence[float | None]
    papers: Sequence[float | None]
    log: bool = False


def story(names: Sequence[str], panels: Sequence[Panel], columns: int = 2) -> np.ndarray:
    """Draws a panel for each measurement, with two bars for each system: ours in blue, the papers' in grey below it.

    Returns:
        The Axes, one for each panel.
    """
    import matplotlib.pyplot as plt

    rows = -(-len(panels) // columns)
    size = (4.7 * columns, (0.6 * len(names) + 0.8) * rows)
    axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)[1].flatten()
    for ax, panel in zip(axes, panels, strict=False):
        _draw(ax, names, panel)
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    bars = axes[0].containers
    axes[0].figure.legend(bars, ["ours, measured", "the papers'"], loc="outside upper center", ncols=2)
    return axes


def _draw(ax, names: Sequence[str], panel: Panel) -> None:
    places = np.arange(len(names))
    for values, shift, color in ((panel.ours, -0.2, plots.BLUE), (panel.papers, 0.2, PAPER)):
        lengths = [_length(value, panel.log) for value in values]
        ax.barh(places + shift, lengths, height=0.36, color=color)
        for place, value, length in zip(places + shift, values, lengths, strict=True):
            where = (0, ax.get_yaxis_transform()) if np.isnan(length) else (length, ax.transData)
            offset = {"textcoords": "offset points", "xytext": (3, 0), "va": "center", "fontsize": "small"}
            ax.annotate(_number(value), (where[0], place), xycoords=where[1], **offset)
    ax.set_yticks(places, names)
    ax.set_ylim(len(names) - 0.5, -0.5)  # the first name on top; a row without bars keeps its place
    ax.set_xscale("log" if panel.log else "linear")
    ax.margins(x=0.2)
    ax.set_xlabel(panel.label)
    ax.spines[["top", "right"]].set_visible(False)


def _length(value: float | None, log: bool) -> float:
    return np.nan if value is None or (log and value <= 0) else value


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def table(names: Sequence[str], panels: Sequence[Panel]) -> str:
    """The same as text: a line for each measurement, ours and (the papers')."""
    lines = [f"{'':34}" + "".join(f"{name:>20}" for name in names)]
    for panel in panels:
        pairs = zip(panel.ours, panel.papers, strict=True)
        lines.append(f"{panel.label:34}" + "".join(f"{f'{_number(a)} ({_number(b)})':>20}" for a, b in pairs))
    return "\n".join(lines)
