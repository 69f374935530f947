"""Explorers of unit 09: temperature and confidence, a threshold on duplicates, and what a contaminated test reports.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
controls beside it.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.duplicates import Match, Split, draw_duplicates, histogram
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.reliability import TENTHS, draw_confidence, scale
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, VERMILLION, Picture, rgb, white

CELL, COLUMNS = 15, 24  # pixels of a test image's cell, cells in a row
BAR, ROW = 300, 74  # pixels of a bar of 100 %, from bar to bar
LEGEND = 3 * ROW + 74  # pixels: the height of three bars and what is said below them


def confidence_explorer(logits: Float[Tensor, "n c"], labels: Int[Tensor, " n"]):
    """A temperature → the reliability diagram, and both errors over all temperatures."""
    scaled = scale(logits, labels)

    def draw(tenths: float) -> tuple[Picture, str]:
        return draw_confidence(scaled, tenths)

    return panel(draw, {"tenths": slider("temperature", 1.0, TENTHS[0] / 10, TENTHS[-1] / 10, 0.1)})


def duplicates_explorer(split: Split, ways: Mapping[str, Match], low: float = 0.5):
    """A way of comparing and a threshold → pairs next to it, precision and recall.

    Args:
        ways: name → what it finds.
        low: the smallest threshold.
    """
    import ipywidgets

    drawn = {name: histogram(found, split.copied, low) for name, found in ways.items()}

    def draw(name: str, threshold: float) -> tuple[Picture, str]:
        return draw_duplicates(split, ways[name], drawn[name], threshold)

    controls = {
        "name": ipywidgets.Dropdown(options=list(ways), description="compared by"),
        "threshold": slider("threshold on similarity", 0.7, low, 1.0, 0.01),
    }
    return panel(draw, controls)


def draw_contamination(
    new: Bool[np.ndarray, " n"], copies: Bool[np.ndarray, " m"], leaked: float, found: float
) -> tuple[Picture, str]:
    """A test set as a field of cells, the leaked ones first, and three accuracies of it as bars.

    Args:
        new, copies: whether the answers to n new images are right, and to m copies of training images.
        leaked: the share of the n places that copies take, from 0 to m / n.
        found: the share of these copies that an audit finds and leaves out.
    """
    count = round(leaked * len(new))
    gone = round(found * count)
    right = np.concatenate([copies[:count], new[count:]])
    accuracies = {"reported": right.mean(), "after the audit": right[gone:].mean(), "on new images": new.mean()}
    words = (
        f"{count} of {len(new)} test images are copies, the audit finds {gone}<br>"
        f"reported <b>{accuracies['reported']:.1%}</b>, after the audit <b>{accuracies['after the audit']:.1%}</b> "
        f"(of {len(new) - gone} images), on new images alone {accuracies['on new images']:.1%}"
    )
    field = _field(right, count, gone)
    return np.hstack([field, white(len(field), 16), _bars(accuracies, len(field))]), words


def _field(right: Bool[np.ndarray, " n"], count: int, gone: int) -> Picture:
    """A cell per test image: blue where right, else red with a stripe; copies have a frame, those found are empty."""
    rows = -(-len(right) // COLUMNS)
    picture = white(max(rows * CELL, LEGEND), COLUMNS * CELL)
    for place, good in enumerate(right):
        top, left = CELL * (place // COLUMNS), CELL * (place % COLUMNS)
        cell = picture[top : top + CELL - 1, left : left + CELL - 1]
        if place < count:
            cell[:] = rgb(ORANGE)
        cell[2:-2, 2:-2] = 255 if place < gone else rgb(BLUE if good else VERMILLION)
        if not good and place >= gone:
            cell[6:8, 2:-2] = 255
    return picture


def _bars(accuracies: Mapping[str, float], height: int) -> Picture:
    """A bar for each accuracy, from 0 to 100 %, with its name above it."""
    picture = white(height, BAR + 20)
    colors = (ORANGE, GREEN, BLUE)
    for place, (value, color) in enumerate(zip(accuracies.values(), colors, strict=True)):
        picture[place * ROW + 32 : place * ROW + 60, : round(BAR * value)] = rgb(color)
    canvas = Canvas(picture)
    for place, (name, value) in enumerate(accuracies.items()):
        canvas.text(0, place * ROW + 26, f"{name}: {value:.1%}", WHITE, size=15)
    canvas.line((BAR, 0), (BAR, 3 * ROW), BLACK, width=1)
    canvas.text(BAR, 18, "100 %", WHITE, size=12, anchor="rb")
    canvas.text(0, 3 * ROW + 24, "orange frame: a copy of a training image", WHITE, size=13)
    canvas.text(0, 3 * ROW + 46, "white within it: found, left out", WHITE, size=13)
    canvas.text(0, 3 * ROW + 68, "red with a stripe: answered wrongly", WHITE, size=13)
    return canvas.picture


def contamination_explorer(new: Bool[np.ndarray, " n"], copies: Bool[np.ndarray, " m"]):
    """How many test images have leaked, and how many of these an audit finds → three accuracies."""
    most = min(95, 100 * len(copies) // len(new)) // 5 * 5

    def draw(leaked: int, found: int) -> tuple[Picture, str]:
        return draw_contamination(new, copies, leaked / 100, found / 100)

    controls = {
        "leaked": slider("leaked, % of the test", most // 10 * 5, 5, most, 5),
        "found": slider("found by the audit, %", 0, 0, 100, 10),
    }
    return panel(draw, controls)
