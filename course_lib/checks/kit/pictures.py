"""How counterexamples show numbers: in words, and maps with their numbers in the cells."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from course_lib import plots

WIDEST = 9.0  # inches of a figure
PANEL, CELL = 2.0, 0.6  # inches: a map is at least so wide, a cell of a larger one at most
SMALLEST, LARGEST = 5.0, 11.0  # points of a number in a cell; below that none is written
Box = tuple[int, int, int, int]  # top, left, height, width in cells


def numbered(
    maps: Sequence[Tensor], boxes: Sequence[Box | None], titles: Sequence[str], right: Tensor, columns: int = 0
):
    """Maps side by side, each with its numbers in its cells and one rectangle on it.

    The last map is the student's; those of its numbers that are not the `right` ones are orange.

    Returns:
        The first Axes.
    """
    columns = columns or len(maps)
    panel = max(PANEL, CELL * max(one.shape[1] for one in maps))
    width = min(WIDEST, columns * panel)
    axes = plots.image_grid([_light(one) for one in maps], titles=titles, columns=columns, width=width)
    for ax, one, box in zip(axes, maps, boxes, strict=True):
        if box:
            plots.draw_boxes(_light(one), _corners(*box), ax=ax, title=ax.get_title())
        ax.set_title(ax.get_title(), fontsize=9)
        _write(ax, one, right if one is maps[-1] else one, width / columns)
    return axes.flat[0]


def _light(one: Tensor) -> Tensor:
    """A map as an image from light grey, its least number, to white: black numbers can be read on it."""
    one = one.double().nan_to_num(0, 0, 0)
    low, high = float(one.min()), float(one.max())
    return 0.75 + 0.25 * (one - low) / max(high - low, 1e-9)


def _corners(top: int, left: int, height: int, width: int) -> Tensor:
    return torch.tensor([[left, top, left + width, top + height]]).float()


def _write(ax, one: Tensor, right: Tensor, inches: float) -> None:
    """The numbers of a map, as large as its cells allow; those that are not `right` in orange."""
    texts = [[number(value) for value in row] for row in one.tolist()]
    longest = max((len(text) for row in texts for text in row), default=1)
    size = min(LARGEST, inches * 72 / max(1, one.shape[1]) / (0.65 * longest))
    wrong = ~torch.isclose(one.double(), right.double(), rtol=1e-3, atol=1e-4)
    if size < SMALLEST:
        return
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            style = {"color": plots.VERMILLION, "weight": "bold"} if wrong[i, j] else {"color": plots.BLACK}
            ax.text(j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=size, **style)


def number(value: float) -> str:
    """A number in few characters: whole ones without a point, others with two digits behind it, "nan", "inf"."""
    return f"{value:.0f}" if math.isfinite(value) and value == round(value) else f"{value:.2f}"


def both(answer: Tensor, expected: Tensor, place: tuple[int, ...]) -> str:
    """Both numbers of one place, in words."""
    return f"expected {number(float(expected[place]))}, yours {number(float(answer[place]))}"
