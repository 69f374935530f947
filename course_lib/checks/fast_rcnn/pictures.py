"""Unit 03: how counterexamples look that are drawn on a map of responses: expected blue, yours orange."""

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.kit.show import EXPECTED, YOURS, show_box


def grey(responses: Tensor, most: float = 0.0) -> Tensor:
    """A map as an image from black (the least) to white; with `most`, from -most to most. [1, h, w]"""
    low, high = (-most, most) if most else (float(responses.min()), float(responses.max()))
    return ((responses.float().nan_to_num(low) - low) / max(high - low, 1e-9))[None]


def bins(start: Tensor, end: Tensor, size: int, rounded: bool = False) -> Tensor:
    """The bins of the region from `start` to `end`, (x, y) in cells, row by row; `rounded` to cells. [size², 4]"""
    edges = start + torch.arange(size + 1)[:, None] * (end - start) / size  # [size + 1, 2]
    lower, upper = (edges[:-1].floor(), edges[1:].ceil()) if rounded else (edges[:-1], edges[1:])
    places = [(i, j) for i in range(size) for j in range(size)]
    return torch.stack([torch.stack([lower[j, 0], lower[i, 1], upper[j, 0], upper[i, 1]]) for i, j in places]).float()


def draw_grids(responses: Tensor, grids: list[Tensor], at: int, title: str):
    """The map, the expected bins (blue, all of them thin) and, where it is known, yours (orange); bin `at` is thick."""
    import matplotlib.pyplot as plt

    ax = plt.subplots(figsize=(7, 5.5), layout="constrained")[1]
    plots.draw_boxes(grey(responses), grids[0], ax=ax, colors=plots.SKY, title=title, linewidth=1)
    for grid, color in list(zip(grids, (EXPECTED, YOURS), strict=False))[::-1]:
        if color == YOURS:
            plots.draw_boxes(grey(responses), grid, ax=ax, colors=plots.ORANGE, title=title, linewidth=1)
        plots.draw_boxes(grey(responses), grid[at : at + 1], ax=ax, colors=color, title=title, linewidth=3)
    ax.set_aspect("equal")
    return _near(ax, torch.cat(grids))


def _near(ax, boxes: Tensor):
    """Show what lies around these bins, and a cell more."""
    x1, y1 = (boxes[:, :2].amin(dim=0) - 1).tolist()
    x2, y2 = (boxes[:, 2:].amax(dim=0) + 1).tolist()
    ax.set(xlim=(x1, x2), ylim=(y2, y1), facecolor="#DDDDDD")  # beyond the map it is pale
    return ax


def legend(ax):
    """A legend below the map, where it hides nothing."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.02), ncols=2, fontsize=8, frameon=False)
    return ax


def show_roi(roi: Tensor) -> str:
    """A region as text: its image and its box."""
    return f"(image {int(roi[0])}, {show_box(roi[1:])[1:]}"
