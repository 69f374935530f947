"""A chart for explorers: curves that are drawn once, and an upright mark that moves over them in no time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from course_lib.plots import Picture, curve, pixels, rgb


@dataclass(frozen=True)
class Chart:
    """Curves over some numbers.

    Attributes:
        picture: with the legend above the axes, where no mark reaches.
        columns: the picture's column of each number.
        rows: first and last row of the axes.
    """

    picture: Picture
    columns: Mapping[int, int]
    rows: tuple[int, int]

    def marked(self, number: int, color: str) -> Picture:
        """The picture with an upright line at this number, from the top of the axes to their bottom."""
        marked, column = self.picture.copy(), self.columns[number]
        marked[self.rows[0] : self.rows[1] + 1, column - 1 : column + 2] = rgb(color)
        return marked


def new_figure(width: int, height: int):
    """A matplotlib Figure of so many pixels, to be drawn by `plots.pixels`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 100, height / 100), dpi=100, layout="constrained")


def chart(
    numbers: Sequence[int],
    lines: Mapping[str, Sequence[float]],
    ylabel: str,
    size: tuple[int, int],
    ticks: Sequence[int] = (),
) -> Chart:
    """Curves from 0 to 1 over the number of proposals, on a log scale.

    Args:
        lines: name → one value for each number.
        size: width and height in pixels.
        ticks: numbers to write below the axis; all by default.
    """
    figure = new_figure(*size)
    ax = curve(numbers, lines, "proposals used in each scene", ylabel, figure.subplots())
    ax.set(xscale="log", ylim=(0, 1.02))
    ax.set_xticks(list(ticks or numbers), [str(number) for number in ticks or numbers])
    ax.minorticks_off()
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(lines), frameon=False)
    picture = pixels(figure)
    columns = ax.transData.transform([(number, 0) for number in numbers])[:, 0].round().astype(int).tolist()
    frame = ax.get_window_extent()
    rows = round(len(picture) - frame.y1), round(len(picture) - frame.y0)
    return Chart(picture, dict(zip(numbers, columns, strict=True)), rows)
