"""Pictures of unit 07: DeepFace's pipeline beside FaceNet's, and a batch of P persons with K pictures each."""

import numpy as np
from jaxtyping import Bool

from course_lib.plots import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW, Arrow, Block, diagram
from course_lib.plots.style import new_axes


def draw_pipelines(ax=None):
    """Draws DeepFace's way from a picture to a vector (above) and FaceNet's (below). Returns the Axes."""
    above = (
        ("picture", SKY, 1.2),
        ("align in\n2-D, then 3-D", PURPLE, 1.8),
        ("convolution,\npooling,\nconvolution", BLUE, 1.8),
        ("3 locally\nconnected\nlayers", GREEN, 1.6),
        ("F7:\n4,096 numbers", YELLOW, 1.8),
        ("softmax over\n4,030 persons", VERMILLION, 1.8),
    )
    below = (
        ("picture", SKY, 1.2),
        ("crop", PURPLE, 1.8),
        ("deep convolutional\nnetwork", BLUE, 3.8),
        ("128 numbers\nof length 1", YELLOW, 1.8),
        ("triplet loss", VERMILLION, 1.8),
    )
    blocks = {**_row(above, 1.6, (0, 2.1, 4.5, 6.8, 9.1, 11.5)), **_row(below, 0, (0, 2.1, 5.6, 9.1, 11.5))}
    arrows = [Arrow(f"{y}/{i}", f"{y}/{i + 1}") for y, row in ((1.6, above), (0, below)) for i in range(len(row) - 1)]
    return diagram(blocks, arrows, ax, size=(12.5, 3.4))


def _row(parts: tuple[tuple[str, str, float], ...], y: float, middles: tuple[float, ...]) -> dict[str, Block]:
    """The boxes of one network, from left to right."""
    pairs = enumerate(zip(parts, middles, strict=True))
    return {f"{y}/{i}": Block(x, y, words, color, width, 1.0) for i, ((words, color, width), x) in pairs}


def draw_pairs(same: Bool[np.ndarray, "n n"], names: list[str]):
    """Draws the table of all pairs of a batch: blue where they show one person, orange where two. Returns the Axes."""
    ax = new_axes(4.6, 4.6)
    for row, others in enumerate(same):
        for column, one in enumerate(others):
            color = "white" if row == column else BLUE if one else ORANGE
            ax.add_patch(_square(column, row, color))
            if one and row != column:
                ax.scatter(column + 0.5, row + 0.5, marker="$=$", color="white", s=70)
    ticks = np.arange(len(names)) + 0.5
    ax.set(xlim=(0, len(names)), ylim=(len(names), 0), aspect="equal")
    ax.set_xticks(ticks, names)
    ax.set_yticks(ticks, names)
    ax.xaxis.tick_top()
    return ax


def _square(x: float, y: float, color: str):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), 1, 1, facecolor=color, edgecolor="white", linewidth=2)
