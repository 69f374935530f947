"""Pictures of unit 03 that no slider moves: the network both ways, gradients, targets, RoI align's points."""

from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.plots import (
    BLACK,
    BLUE,
    DASHES,
    GREEN,
    ORANGE,
    PALETTE,
    SKY,
    VERMILLION,
    YELLOW,
    Arrow,
    Block,
    diagram,
    draw_boxes,
    image_grid,
)

STAGES = ("image", "convolutions", "map", "pooling", "fc")
SIZE = (9.5, 2.3)  # inches of a diagram


def draw_fast_rcnn(ax=None):
    """Draws Fast R-CNN forward: what is computed once per image (blue), and what for each region (orange)."""
    blocks = _blocks() | {
        "p": Block(9.5, 1.7, "probabilities p\nof 21 classes", ORANGE, 1.6),
        "t": Block(9.5, 0.7, "deltas t\nfor each class", ORANGE, 1.6),
    }
    arrows = [*zip(STAGES, STAGES[1:], strict=False), ("proposals", "pooling"), ("fc", "p"), ("fc", "t")]
    return diagram(blocks, arrows, ax, "forward: blue once per image, orange for each region", SIZE)


def draw_fast_rcnn_backward(ax=None):
    """Draws the way back: two losses are added, and their gradient runs (red) into the convolutions."""
    blocks = _blocks() | {
        "p": Block(9.5, 1.7, r"$-\log\,p_u$" "\nall regions", VERMILLION, 1.6),
        "t": Block(9.5, 0.7, "smooth L1\nobjects only", VERMILLION, 1.6),
    }
    back = [("p", "fc"), ("t", "fc"), ("fc", "pooling"), ("pooling", "map"), ("map", "convolutions")]
    words = {("pooling", "map"): "to the winners,\nsummed"}
    arrows = [Arrow(*pair, VERMILLION, words.get(pair, "")) for pair in back]
    return diagram(blocks, arrows, ax, "backward: no gradient reaches the proposals", SIZE)


def _blocks() -> dict[str, Block]:
    """What both directions share."""
    return {
        "image": Block(0, 1.2, "image", SKY, 0.9),
        "convolutions": Block(1.6, 1.2, "convolutions", BLUE, 1.4),
        "map": Block(3.2, 1.2, "map", BLUE, 0.7),
        "proposals": Block(5.9, 0.2, "proposals", YELLOW, 1.3),
        "pooling": Block(5.9, 1.2, "RoI pooling", ORANGE, 1.3),
        "fc": Block(7.6, 1.2, "fc6, fc7", ORANGE, 1.1, 1.5),
    }


def draw_counts(
    maps: Mapping[str, Float[Tensor, "i j"]], regions: Float[Tensor, "2 4"], which: Sequence[Sequence[int]]
):
    """Draws maps side by side, each with the number of every cell that is not 0.

    Args:
        maps: title → values, not negative; all in one brightness.
        regions: two boxes in cells; the first is blue, the second orange.
        which: for each map the regions that are drawn on it.

    Returns:
        The Axes.
    """
    most = max(float(values.max()) for values in maps.values())
    axes = image_grid([values / most for values in maps.values()], columns=len(maps), width=10)
    for ax, (title, values), chosen in zip(axes, maps.items(), which, strict=True):
        colors = [(BLUE, ORANGE)[i] for i in chosen]
        draw_boxes(values / most, regions[list(chosen)], ax=ax, colors=colors, title=title)
        for i, j in values.nonzero().tolist():
            ink = "black" if values[i, j] > most / 2 else "white"
            ax.text(j + 0.5, i + 0.5, f"{values[i, j]:g}", ha="center", va="center", color=ink, fontsize=9)
    return axes


def draw_targets(targets: Float[Tensor, "n 4"], spread: Float[Tensor, "4"]):
    """Draws how often each value occurs among the targets tx, ty, tw, th: as they are, and divided by `spread`.

    Returns:
        Two Axes.
    """
    import matplotlib.pyplot as plt

    axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")[1]
    for ax, values, title, most in zip(
        axes, (targets, targets / spread), ("as they are", "divided"), (0.8, 4), strict=True
    ):
        edges = torch.linspace(-most, most, 26)
        for i, (name, column) in enumerate(zip(("tx", "ty", "tw", "th"), values.T.contiguous(), strict=True)):
            share = torch.histogram(column, edges)[0] / len(column)
            style = {"color": PALETTE[i], "linestyle": DASHES[i], "linewidth": 2}
            ax.stairs(share, edges, label=f"{name}: standard deviation {column.std():.2f}", **style)
        ax.set(xlabel="target", ylabel="share of the regions", title=f"targets {title}", ylim=(0, 0.6))
        ax.legend(fontsize=8, loc="upper left")
    return axes


def sampled(box: Float[Tensor, "4"], spatial_scale: float, aligned: bool) -> Float[Tensor, "4"]:
    """The region that RoI align reads, counted so that cell (row i, column j) covers [j, j + 1).

    Not aligned, a cell's value is taken to be at its upper left corner and not in its middle: seen from the middles,
    the region lies half a cell further right and down. It is then at least one cell wide and high.
    """
    first, last = (box * spatial_scale).reshape(2, 2)
    return torch.cat([first, last] if aligned else [first + 0.5, torch.maximum(last, first + 1) + 0.5])


def sampling_points(region: Float[Tensor, "4"], output_size: int, sampling_ratio: int) -> Float[Tensor, "n 2"]:
    """The points (x, y) of all bins, in the middles of equal parts of the region, row by row."""
    count = output_size * sampling_ratio
    steps = (torch.arange(count) + 0.5) / count
    x, y = (region[:2] + steps[:, None] * (region[2:] - region[:2])).T
    return torch.cartesian_prod(y, x).flip(1)


def neighbours(point: Float[Tensor, "2"]) -> tuple[Float[Tensor, "4 2"], Float[Tensor, "4"]]:
    """The middles of the four cells around a point, and their weights in bilinear interpolation."""
    start = (point - 0.5).floor()
    a, b = (point - 0.5 - start).tolist()
    offsets = torch.tensor([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    return start + offsets + 0.5, torch.tensor([(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b])


def draw_sampling(feature: Float[Tensor, "i j"], box: Float[Tensor, "4"], spatial_scale: float):
    """Draws a box on its map without rounding, and where RoI align reads 2 × 2 bins with 2 × 2 points each.

    Green: the four cells that the first point is read from, with their weights. Aligned on the left; on the right the
    older convention.

    Args:
        feature: one channel, not negative.
        box: xyxy in pixels of the image.

    Returns:
        Two Axes.
    """
    import matplotlib.pyplot as plt

    axes = plt.subplots(1, 2, figsize=(9, 4.8), layout="constrained")[1]
    exact = box * spatial_scale
    (x1, y1), (x2, y2) = (exact[:2].floor() - 1).int().tolist(), (exact[2:].ceil() + 1).int().tolist()
    for ax, aligned in zip(axes, (True, False), strict=True):
        draw_boxes(feature / feature.max(), exact[None], ax=ax, colors=BLUE, title=f"aligned = {aligned}")
        _mark_points(ax, sampled(box, spatial_scale, aligned))
        ax.set(xlim=(x1, x2), ylim=(y2, y1), xticks=range(x1, x2 + 1), yticks=range(y1, y2 + 1))
        ax.grid(color="white", alpha=0.35)
        ax.tick_params(length=0, labelbottom=False, labelleft=False)
    return axes


def _mark_points(ax, region: Tensor) -> None:
    """The bins of a region, dashed, their points, and how the first point is read."""
    x1, y1, x2, y2 = region.tolist()
    for share in (0, 0.5, 1):
        x, y = x1 + share * (x2 - x1), y1 + share * (y2 - y1)
        ax.plot([x, x], [y1, y2], "--", color=ORANGE, linewidth=1)
        ax.plot([x1, x2], [y, y], "--", color=ORANGE, linewidth=1)
    points = sampling_points(region, 2, 2)
    cells, weights = neighbours(points[0])
    plate = {"facecolor": GREEN, "edgecolor": "none", "pad": 1.5}
    for (x, y), weight in zip(cells.tolist(), weights.tolist(), strict=True):
        ax.plot([x, float(points[0, 0])], [y, float(points[0, 1])], color=GREEN, linewidth=2)
        ax.plot(x, y, "s", color=GREEN, markeredgecolor="white", markersize=7)
        away = 0.33 if x > points[0, 0] else -0.33
        ax.text(x + away, y, f"{weight:.2f}", color="white", fontsize=9, ha="center", va="center", bbox=plate)
    ax.plot(*points.T, "o", color=ORANGE, markeredgecolor=BLACK, markersize=8)
