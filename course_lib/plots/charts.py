"""Charts: curves over numbers, precision over recall, bars."""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.plots.style import BLUE, DASHES, MARKERS, ORANGE, PALETTE, new_axes


def curve(
    x, lines: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, ax=None, title: str = "", step: bool = False
):
    """Draws one or several lines over the same x, each with its name, its colour, its dash and its marker.

    Args:
        x: the common x values.
        lines: name → y values, one for each x.
        step: draw steps (a value holds until the next x) instead of straight lines.

    Returns:
        The Axes.
    """
    ax = new_axes() if ax is None else ax
    for i, (name, y) in enumerate(lines.items()):
        marker = MARKERS[i % len(MARKERS)] if len(x) <= 40 else None
        style = {"color": PALETTE[i % len(PALETTE)], "linestyle": DASHES[i % len(DASHES)], "marker": marker}
        ax.plot(x, y, label=name, drawstyle="steps-post" if step else "default", **style)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.grid(alpha=0.3)
    if len(lines) > 1:
        ax.legend()
    return ax


def pr_curve(
    recall: Sequence[float], precision: Sequence[float], ax=None, name: str = "precision", envelope: bool = True
):
    """Draws precision over recall; with `envelope`, also the best precision at this recall or above, as in VOC.

    Returns:
        The Axes, both axes from 0 to 1.
    """
    ax = new_axes(5, 4) if ax is None else ax
    precision = np.asarray(precision, dtype=float)
    ax.plot(recall, precision, color=BLUE, marker="o", label=name)
    if envelope and len(precision):
        best = np.maximum.accumulate(precision[::-1])[::-1]
        steps = np.concatenate([[0], np.asarray(recall, dtype=float)])
        ax.stairs(best, steps, baseline=0, fill=True, color=ORANGE, alpha=0.35, label="area of average precision")
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    ax.grid(alpha=0.3)
    ax.legend(loc="lower left")
    return ax


def reliability(bins: Mapping[str, tuple[Sequence[float], Sequence[float]]], ax=None):
    """Draws how often answers are right over how sure they are, in bins, beside the diagonal on which both are equal.

    Args:
        bins: name → the mean confidences and the accuracies of its bins, without empty ones.

    Returns:
        The Axes, both axes from 0 to 1.
    """
    ax = new_axes(5, 4) if ax is None else ax
    ax.plot([0, 1], [0, 1], color="#BBBBBB", label="as sure as right")
    for i, (name, (confidence, accuracy)) in enumerate(bins.items()):
        style = {"color": PALETTE[i % len(PALETTE)], "linestyle": DASHES[i % len(DASHES)]}
        ax.plot(confidence, accuracy, label=name, marker=MARKERS[i % len(MARKERS)], **style)
        ax.vlines(confidence, confidence, accuracy, color=style["color"], alpha=0.4)
    ax.set(xlabel="mean confidence of a bin", ylabel="share that is right", xlim=(0, 1.02), ylim=(-0.03, 1.03))
    ax.grid(alpha=0.3)
    ax.legend(loc="upper left")
    return ax


def bars(
    names: Sequence[str],
    values: Sequence[float],
    xlabel: str,
    ax=None,
    colors: str | Sequence[str] = BLUE,
    form="{:.1f}",
):
    """Draws horizontal bars from the top down, each with its value written behind it. Returns the Axes."""
    ax = new_axes(7, 0.45 * len(names) + 0.8) if ax is None else ax
    drawn = ax.barh(range(len(names)), values, color=colors)
    ax.bar_label(drawn, labels=[form.format(value) for value in values], padding=3)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set_xlabel(xlabel)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
