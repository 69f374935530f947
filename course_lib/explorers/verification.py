"""Pairs of faces under a threshold: histograms of their distances, and the ROC that all thresholds make together."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from torch import Tensor

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.chart import new_figure
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, Picture, pixels

WIDTH, HEIGHT = 840, 340  # pixels of the picture
LARGEST = 3.0  # of the distances that are drawn
LEAST = 1e-3  # false acceptances on the logarithmic axis; what is below stands at its left end


class PairChart(NamedTuple):
    """What does not change with the threshold.

    Attributes:
        same, different: sorted squared distances of pairs of one person, and of pairs of two.
        eer: the share of errors where both kinds are equally frequent.
        picture: histograms on the left, ROC on the right.
        columns: the picture's columns of distance 0 and of distance 1.
        roc: columns of FAR 1 and of FAR 0.1, rows of TAR 0 and of TAR 1.
        rows: the first and the last row of the histograms' axes.
    """

    same: Float[np.ndarray, " s"]
    different: Float[np.ndarray, " d"]
    eer: float
    picture: Picture
    columns: tuple[float, float]
    roc: tuple[float, float, float, float]
    rows: tuple[float, float]


def equal_error(same: Float[np.ndarray, " s"], different: Float[np.ndarray, " d"]) -> float:
    """The equal error rate: false acceptances and false rejections where they are nearest, their mean."""
    false_accepts, true_accepts = roc(same, different)
    at = np.abs(false_accepts - (1 - true_accepts)).argmin()
    return float((false_accepts[at] + 1 - true_accepts[at]) / 2)


def roc(same: Float[np.ndarray, " s"], different: Float[np.ndarray, " d"]) -> tuple[np.ndarray, np.ndarray]:
    """False and true accept rates of all thresholds, from the strictest to the most generous."""
    from sklearn.metrics import roc_curve

    truth = np.repeat([1, 0], [len(same), len(different)])
    return roc_curve(truth, -np.concatenate([same, different]), drop_intermediate=False)[:2]


def pair_chart(same: Float[Tensor, " s"], different: Float[Tensor, " d"]) -> PairChart:
    """The chart of some pairs' squared distances."""
    one, two = (np.sort(np.asarray(distances, dtype=float)) for distances in (same, different))
    figure = new_figure(WIDTH, HEIGHT)
    left, right = figure.subplots(1, 2)
    bins = np.linspace(0, LARGEST, 51)
    for distances, color, name, hatch in ((one, BLUE, "one person", ""), (two, ORANGE, "two persons", "//")):
        shares = np.full(len(distances), 1 / len(distances))
        left.hist(distances, bins, weights=shares, alpha=0.6, color=color, label=name, hatch=hatch)
    left.set(xlabel="squared distance of a pair", xlim=(0, LARGEST), yticks=[], title="pairs of")
    left.legend(loc="upper left")
    false_accepts, true_accepts = roc(one, two)
    right.plot(np.clip(false_accepts, LEAST, 1), true_accepts, color=BLACK)
    right.set(xscale="log", xlim=(LEAST, 1), ylim=(0, 1.02), title="ROC")
    right.set(xlabel="FAR: two persons, accepted", ylabel="TAR: one person, accepted")
    right.grid(alpha=0.3)
    picture = pixels(figure)
    (zero, _), (unit, _) = left.transData.transform([(0, 0), (1, 0)])
    (all_of_them, bottom), (tenth, top) = right.transData.transform([(1, 0), (0.1, 1)])
    frame = left.get_window_extent()
    rows = len(picture) - frame.y1, len(picture) - frame.y0
    lines = all_of_them, tenth, len(picture) - bottom, len(picture) - top
    return PairChart(one, two, equal_error(one, two), picture, (zero, unit), lines, rows)


def draw_threshold(chart: PairChart, threshold: float) -> tuple[Picture, str]:
    """The chart with a threshold: a pair is accepted as one person where its squared distance is at most this."""
    right, wrong = (
        float(np.searchsorted(distances, threshold, side="right") / len(distances))
        for distances in (chart.same, chart.different)
    )
    canvas = Canvas(chart.picture)
    x = chart.columns[0] + threshold * (chart.columns[1] - chart.columns[0])
    canvas.line((x, chart.rows[0]), (x, chart.rows[1]), GREEN, width=3)
    one, tenth, bottom, top = chart.roc
    place = one + np.log10(max(wrong, LEAST)) * (one - tenth), bottom + right * (top - bottom)
    canvas.dot(*place, GREEN, radius=8)
    words = (
        f"threshold {threshold:.2f}: accepted <b>{right:.1%}</b> of the pairs of one person (TAR) and "
        f"<b>{wrong:.1%}</b> of the pairs of two (FAR); false rejections {1 - right:.1%}<br>"
        f"equal error rate {chart.eer:.1%}"
    )
    return canvas.picture, words
