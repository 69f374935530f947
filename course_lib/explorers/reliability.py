"""How well a classifier's confidence agrees with how often it is right: in bins, as a diagram, at each temperature."""

from functools import cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.chart import Chart, new_figure
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, VERMILLION, Picture, pixels, rgb

WIDTH, HEIGHT = 400, 340  # pixels of one pane
BINS = 10
TENTHS = range(5, 51)  # of the temperatures that can be chosen: 0.5 to 5


class Bins(NamedTuple):
    """Predictions by their confidence, in equally wide bins on (0, 1]; an empty bin has zeros.

    Attributes:
        counts: predictions of each bin.
        confidence, accuracy: their mean confidence, and the share of them that is right.
    """

    counts: Int[np.ndarray, " b"]
    confidence: Float[np.ndarray, " b"]
    accuracy: Float[np.ndarray, " b"]

    @property
    def error(self) -> float:
        """The expected calibration error (Guo et al., ICML 2017): |accuracy - confidence|, weighted by the counts."""
        gaps = np.abs(self.accuracy - self.confidence)
        return float(self.counts @ gaps / max(1, self.counts.sum()))


def binned(confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS) -> Bins:
    """The predictions in bins; a confidence on an inner edge belongs to the bin below it."""
    places = np.clip(np.ceil(np.asarray(confidence, dtype=float) * bins).astype(int) - 1, 0, bins - 1)
    counts, sums, hits = (np.bincount(places, weights, bins) for weights in (None, confidence, right))
    filled = np.maximum(counts, 1)
    return Bins(counts.astype(int), sums / filled, hits / filled)


def draw_reliability(
    confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS
) -> tuple[Picture, str]:
    """The reliability diagram: a bar as high as each bin's accuracy, at its mean confidence the gap to the diagonal.

    Below each bar stands how many predictions the bin has.
    """
    found, (frame, left, lower) = binned(confidence, right, bins), _frame()
    picture = frame.copy()
    for place in np.flatnonzero(found.counts):
        sides = [round(left[0] + (left[1] - left[0]) * edge / bins) for edge in (place, place + 1)]
        top = round(_row(found.accuracy[place], lower))
        picture[top : lower[0], sides[0] + 2 : sides[1] - 1] = rgb(BLUE)
    canvas = Canvas(picture)
    canvas.line((left[0], lower[0]), (left[1], lower[1]), BLACK, width=1)
    for place in np.flatnonzero(found.counts):
        x = left[0] + (left[1] - left[0]) * found.confidence[place]
        low, high = (_row(value, lower) for value in (found.confidence[place], found.accuracy[place]))
        canvas.line((x, low), (x, high), ORANGE, width=5)
        middle = left[0] + (left[1] - left[0]) * (place + 0.5) / bins
        canvas.number(middle, lower[0] + 15, str(found.counts[place]), BLACK, 12)
    return canvas.picture, told(confidence, right, bins)


def told(confidence: Float[np.ndarray, " n"], right: Bool[np.ndarray, " n"], bins: int = BINS) -> str:
    """Mean confidence, accuracy and the expected calibration error in words."""
    sure, accuracy = float(np.mean(confidence)), float(np.mean(right))
    points = abs(round(100 * sure) - round(100 * accuracy))
    verdict = (
        f"too {'sure' if sure > accuracy else 'modest'} by {points} point{'s' * (points > 1)}"
        if points
        else "as sure as it may be"
    )
    return (
        f"says <b>{sure:.0%}</b> on average and is right in <b>{accuracy:.0%}</b>: {verdict}<br>"
        f"expected calibration error <b>{binned(confidence, right, bins).error:.3f}</b>"
    )


@cache
def _frame() -> tuple[Picture, tuple[float, float], tuple[float, float]]:
    """Empty axes; the columns of confidence 0 and 1, the rows of accuracy 0 and 1."""
    figure = new_figure(WIDTH, HEIGHT)
    ax = figure.subplots()
    ax.set(xlim=(0, 1), ylim=(0, 1), ylabel="accuracy", xticks=np.linspace(0, 1, 6))
    ax.set_xlabel("confidence; above it: predictions in the bin")
    ax.tick_params(axis="x", pad=24)
    ax.spines[["top", "right"]].set_visible(False)
    picture = pixels(figure)
    (x0, y0), (x1, y1) = ax.transData.transform([(0, 0), (1, 1)])
    return picture, (x0, x1), (round(len(picture) - y0), round(len(picture) - y1))


def _row(value: float, lower: tuple[float, float]) -> float:
    return lower[0] + (lower[1] - lower[0]) * value


class Said(NamedTuple):
    """What a classifier says at a temperature: its confidences, which answers are right, the mean of -log p(label)."""

    confidence: Float[np.ndarray, " n"]
    right: Bool[np.ndarray, " n"]
    likelihood: float


def said_at(temperature: float, logits: Float[Tensor, "n c"], labels: Int[Tensor, " n"]) -> Said:
    """The logits divided by the temperature, then softmax."""
    from scipy.special import log_softmax

    logs, truth = log_softmax(logits.detach().double().numpy() / temperature, axis=1), labels.numpy()
    chosen = -logs[np.arange(len(truth)), truth].mean()
    return Said(np.exp(logs.max(axis=1)), logs.argmax(axis=1) == truth, float(chosen))


class Scale(NamedTuple):
    """A classifier's logits, the true labels, and the chart of both errors over the temperature."""

    logits: Float[Tensor, "n c"]
    labels: Int[Tensor, " n"]
    chart: Chart


def scale(logits: Float[Tensor, "n c"], labels: Int[Tensor, " n"]) -> Scale:
    """All that the diagram of any temperature needs."""
    said = [said_at(tenths / 10, logits, labels) for tenths in TENTHS]
    errors = [binned(one.confidence, one.right).error for one in said]
    return Scale(logits, labels, _chart([one.likelihood for one in said], errors))


def _chart(likelihoods: list[float], errors: list[float]) -> Chart:
    """Both errors over the temperature, each on an axis of its own."""
    figure = new_figure(WIDTH, HEIGHT)
    left = figure.subplots()
    right, temperatures = left.twinx(), [tenths / 10 for tenths in TENTHS]
    lines = left.plot(temperatures, likelihoods, color=BLUE, label="negative log-likelihood (left)")
    lines += right.plot(temperatures, errors, color=VERMILLION, linestyle="--", label="calibration error (right)")
    left.set(xlabel="temperature", ylim=(0, None))
    right.set(ylim=(0, None))
    left.legend(handles=lines, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    picture = pixels(figure)
    places = left.transData.transform([(temperature, 0) for temperature in temperatures])[:, 0]
    frame = left.get_window_extent()
    columns = dict(zip(TENTHS, places.round().astype(int).tolist(), strict=True))
    return Chart(picture, columns, (round(len(picture) - frame.y1), round(len(picture) - frame.y0)))


def draw_confidence(scaled: Scale, temperature: float) -> tuple[Picture, str]:
    """The reliability diagram at a temperature, beside it both errors over all temperatures with a mark at this one."""
    confidence, right, likelihood = said_at(temperature, scaled.logits, scaled.labels)
    diagram, words = draw_reliability(confidence, right)
    picture = np.hstack([diagram, scaled.chart.marked(round(10 * temperature), GREEN)])
    return picture, f"temperature {temperature:.1f}: {words}, mean negative log-likelihood <b>{likelihood:.3f}</b>"
