"""Diagrams: boxes with words, and arrows between them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from course_lib.plots.style import BLACK, BLUE, GREEN, VERMILLION

GAP = 0.05  # between a box and an arrow's end


class Block(NamedTuple):
    """A box of a diagram: its middle (y upwards), its words, its colour and its size, in the diagram's own units."""

    x: float
    y: float
    text: str
    color: str
    width: float = 1.4
    height: float = 0.55


class Arrow(NamedTuple):
    """An arrow from box to box, by name, with a colour, a word beside its middle, and a bend (0: straight)."""

    start: str
    end: str
    color: str = BLACK
    text: str = ""
    bend: float = 0.0


def diagram(
    blocks: Mapping[str, Block],
    arrows: Sequence[Arrow | tuple[str, str]],
    ax=None,
    title: str = "",
    size: tuple[float, float] = (6, 3.6),
):
    """Draws boxes with words, and arrows from box to box. Returns the Axes.

    An arrow runs straight down or across where the middle of the narrower box lies within the other, else aslant.

    Args:
        blocks: name → box.
        arrows: each an Arrow, or only the names of its two boxes.
        size: of a new figure, in inches.
    """
    from matplotlib import pyplot
    from matplotlib.patches import FancyBboxPatch

    if ax is None:
        ax = pyplot.subplots(figsize=size, layout="constrained")[1]
    for x, y, text, color, width, height in blocks.values():
        corner = (x - width / 2, y - height / 2)
        ax.add_patch(FancyBboxPatch(corner, width, height, "round,pad=0.04", facecolor=color, edgecolor="black"))
        ink = "white" if color in (BLUE, GREEN, VERMILLION) else "black"
        ax.text(x, y, text, ha="center", va="center", color=ink, fontsize=10)
    for arrow in arrows:
        _draw(ax, blocks, Arrow(*arrow))
    across = [b.x + side * b.width / 2 for b in blocks.values() for side in (-1, 1)]
    along = [b.y + side * b.height / 2 for b in blocks.values() for side in (-1, 1)]
    limits = {"xlim": (min(across) - 0.2, max(across) + 0.2), "ylim": (min(along) - 0.15, max(along) + 0.15)}
    ax.set(**limits, title=title)
    ax.axis("off")
    return ax


def _draw(ax, blocks: Mapping[str, Block], arrow: Arrow) -> None:
    """One arrow, with its word."""
    start, end = _ends(blocks[arrow.start], blocks[arrow.end])
    style = {"arrowstyle": "->", "color": arrow.color, "shrinkA": 0, "shrinkB": 0}
    if arrow.bend:
        style |= {"connectionstyle": f"arc3,rad={arrow.bend}"}
    ax.annotate("", xy=end, xytext=start, arrowprops=style)
    if arrow.text:
        middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        ax.text(*middle, arrow.text, ha="center", va="center", color=arrow.color, fontsize=9, bbox=paper)


def _ends(start: Block, end: Block) -> tuple[tuple[float, float], tuple[float, float]]:
    """Where an arrow leaves one box and meets the other."""
    narrow, low = min(start, end, key=lambda b: b.width), min(start, end, key=lambda b: b.height)
    if abs(start.x - end.x) < max(start.width, end.width) / 2:
        down = 1 if start.y > end.y else -1
        return (narrow.x, _edge(start.y, start.height, -down)), (narrow.x, _edge(end.y, end.height, down))
    right = 1 if start.x < end.x else -1
    if abs(start.y - end.y) < max(start.height, end.height) / 2:
        return (_edge(start.x, start.width, right), low.y), (_edge(end.x, end.width, -right), low.y)
    down = 1 if start.y > end.y else -1
    return (start.x, _edge(start.y, start.height, -down)), (end.x, _edge(end.y, end.height, down))


def _edge(middle: float, size: float, side: int) -> float:
    """Just beside a box, on its side -1 or 1."""
    return middle + side * (size / 2 + GAP)
