"""Unit 02's still pictures: the pipeline of R-CNN, the merges of selective search, the margin of a linear SVM."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float, UInt8

from course_lib.plots import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    VERMILLION,
    YELLOW,
    Arrow,
    Block,
    diagram,
    image_grid,
    rgb,
)


def draw_pipeline(ax=None):
    """Draws R-CNN's stages at test time, and below them the three objectives that train them. Returns the Axes."""
    blocks = {
        "image": Block(0, 2, "image", SKY, 1.1, 0.8),
        "search": Block(1.9, 2, "selective\nsearch", YELLOW, 1.3, 0.8),
        "warp": Block(4.3, 2, "warp to\n227 × 227", YELLOW, 1.4, 0.8),
        "convolutions": Block(6.4, 2, "convolutions\n(pool5)", BLUE, 1.6, 0.8),
        "fc": Block(8.5, 2, "fc6, fc7", BLUE, 1.3, 0.8),
        "svm": Block(10.9, 2, "one SVM\nper class", VERMILLION, 1.4, 0.8),
        "nms": Block(13.2, 2, "NMS,\nper class", YELLOW, 1.3, 0.8),
        "boxes": Block(10.9, 3.3, "box regression,\nper class", GREEN, 1.9, 0.8),
        "softmax": Block(7.45, 0.6, "1 · fine-tuning:\nlog loss", BLUE, 2.4, 0.8),
        "hinge": Block(10.9, 0.6, "2 · SVMs:\nhinge loss", VERMILLION, 1.9, 0.8),
        "ridge": Block(13.6, 3.3, "3 · regressors:\nsquared error", GREEN, 2.0, 0.8),
    }
    arrows = [
        ("image", "search"),
        Arrow("search", "warp", BLACK, "2,000"),
        ("warp", "convolutions"),
        ("convolutions", "fc"),
        Arrow("fc", "svm", BLACK, "4,096"),
        ("svm", "nms"),
        Arrow("convolutions", "boxes", BLACK, "9,216"),
        ("boxes", "nms"),
        Arrow("softmax", "convolutions", BLUE),
        Arrow("softmax", "fc", BLUE),
        Arrow("hinge", "svm", VERMILLION),
        Arrow("ridge", "boxes", GREEN),
    ]
    return diagram(blocks, arrows, ax, size=(13, 3.6))


def draw_margin(points: Float[np.ndarray, "n 2"], positive: Bool[np.ndarray, " n"], svm, ax=None):
    """Draws points of two classes, the line where a linear SVM scores 0, dashed those where it scores -1 and 1.

    Points inside the margin or on its wrong side, whose hinge loss is above 0, are ringed, with their loss beside them.

    Args:
        points: two features for each example.
        positive: which examples are objects.
        svm: trained on them: `decision_function`, `coef_` and `intercept_` as in scikit-learn.

    Returns:
        The Axes.
    """
    from matplotlib import pyplot

    if ax is None:
        ax = pyplot.subplots(figsize=(6, 4.2), layout="constrained")[1]
    for mine, color, marker, name in ((positive, BLUE, "o", "object"), (~positive, ORANGE, "s", "background")):
        ax.scatter(*points[mine].T, c=color, marker=marker, s=45, label=name, zorder=3)
    low, high = points.min(0) - 0.6, points.max(0) + 0.6
    (weight_x, weight_y), constant = svm.coef_[0], svm.intercept_[0]
    x = np.array([low[0], high[0]])
    for score, dash in ((-1, "--"), (0, "-"), (1, "--")):
        ax.plot(
            x, (score - constant - weight_x * x) / weight_y, dash, color=BLACK, label=f"score {score}".replace("-", "−")
        )
    losses = np.maximum(0, 1 - np.where(positive, 1, -1) * svm.decision_function(points))
    for point, loss in zip(points, losses, strict=True):
        if loss > 0.005:  # the solver stops a little short of 0
            ax.scatter(*point, s=180, facecolors="none", edgecolors=BLACK)
            ax.annotate(f"{loss:.2f}", point, xytext=(10, -4), textcoords="offset points")
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xlabel="feature 1", ylabel="feature 2")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


Region = Bool[np.ndarray, "h w"]


def grouping(
    regions: Sequence[Region], similarity: Callable[[Region, Region], float]
) -> list[tuple[float, Region, Region]]:
    """Merge the two most similar neighbours, again and again, as selective search does.

    Args:
        regions: masks that do not overlap; together they are one connected area.
        similarity: of two masks.

    Returns:
        The merges in their order: the similarity of the two regions, and their masks.
    """
    from skimage.morphology import dilation

    regions, merges = list(regions), []
    while len(regions) > 1:
        pairs = [(i, j) for i, a in enumerate(regions) for j in range(i) if (dilation(a) & regions[j]).any()]
        alike, i, j = max((similarity(regions[i], regions[j]), i, j) for i, j in pairs)
        merges.append((alike, regions[i], regions[j]))
        regions = [region for k, region in enumerate(regions) if k not in (i, j)] + [regions[i] | regions[j]]
    return merges


def draw_merges(
    pixels: UInt8[np.ndarray, "h w 3"], merges: Sequence[tuple[float, Region, Region]], shown: Sequence[int]
):
    """Draws some of the merges of a grouping over the paled picture: one region blue, the other orange.

    Args:
        pixels: the picture.
        merges: in their order, each the similarity of two regions and their masks.
        shown: which of the merges, counted from 0.

    Returns:
        The Axes, one for each merge that is shown.
    """
    pictures = []
    for number in shown:
        picture = (0.35 * pixels + 160).astype(np.uint8)
        for region, color in zip(merges[number][1:], (BLUE, ORANGE), strict=True):
            picture[region] = rgb(color)
        pictures.append(picture)
    titles = [f"merge {number + 1} of {len(merges)}: {merges[number][0]:.2f}" for number in shown]
    return image_grid(pictures, titles, columns=len(shown), width=12)
