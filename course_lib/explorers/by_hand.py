"""Unit 04's small examples: which of five anchors show which of two objects, and which of ten boxes are duplicates."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.proposals import SIDE
from course_lib.plots import BLACK, BLUE, ORANGE, VERMILLION, Picture

LABELS = {1: ("positive", BLUE), -1: ("ignored", ORANGE), 0: ("negative", BLACK)}
DASHES = {1: "-", -1: "--", 0: ":"}


def draw_assignment(
    anchors: Float[Tensor, "n 4"],
    objects: Float[Tensor, "m 4"],
    labels: Int[Tensor, " n"],
    names: Sequence[str],
    ax=None,
):
    """Draws objects filled and anchors as numbered outlines: positive blue, ignored dashed orange, negative dotted.

    Args:
        labels: of the anchors, 1, -1 or 0.
        names: of the objects.

    Returns:
        The Axes.
    """
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    if ax is None:
        ax = pyplot.subplots(figsize=(6.5, 4.6), layout="constrained")[1]
    for (x1, y1, x2, y2), name in zip(objects.tolist(), names, strict=True):
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, facecolor="#cccccc", edgecolor="none"))
        ax.text(x1 + 1, y2 - 1, name, ha="left", va="bottom", fontsize=9)
    for i, ((x1, y1, x2, y2), label) in enumerate(zip(anchors.tolist(), labels.tolist(), strict=True)):
        color, dash = LABELS[label][1], DASHES[label]
        outline = {"fill": False, "edgecolor": color, "linestyle": dash, "linewidth": 2.5}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, **outline))
        paper = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
        ax.text(x2 - 1, y2 - 1, str(i + 1), color="white", ha="right", va="bottom", fontsize=10, bbox=paper)
    for label, (word, color) in LABELS.items():
        ax.plot([], [], color=color, linestyle=DASHES[label], linewidth=2.5, label=word)
    ax.set(xlim=(-4, 90), ylim=(64, -4), aspect="equal")
    ax.legend(loc="lower left", frameon=False)
    return ax


def draw_suppression(
    image: UInt8[Tensor, "3 h w"],
    anchors: Float[Tensor, "n 4"],
    boxes: Float[Tensor, "n 4"],
    kept: Int[Tensor, " k"],
) -> tuple[Picture, str]:
    """Left the anchors, right the boxes that they became: those that suppression keeps blue, the others dashed and red.

    Args:
        anchors: the best first; they are numbered so.
        boxes: the same, moved by their deltas.
        kept: positions of the boxes that stay.

    Returns:
        The picture, and the same in words.
    """
    stay = kept.tolist()
    gone = [i for i in range(len(boxes)) if i not in stay]
    pictures = []
    for some, removed, title in ((anchors, [], "anchors"), (boxes, gone, f"moved: {len(stay)} of {len(boxes)} stay")):
        canvas = Canvas(image, scale=SIDE / image.shape[-1])
        for i, box in enumerate(some):
            canvas.box(box, VERMILLION if i in removed else BLUE, width=2, dashed=i in removed)
        for i, box in enumerate(some):
            canvas.tag(*box[:2].tolist(), str(i + 1), VERMILLION if i in removed else BLUE, size=13)
        canvas.text(0, image.shape[1], title, WHITE, size=13)
        pictures.append(canvas.picture)
    names = ", ".join(str(i + 1) for i in gone) or "none"
    return np.hstack(pictures), f"Of {len(boxes)} boxes {len(stay)} stay; suppressed: {names}."
