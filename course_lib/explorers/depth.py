"""Unit 00's explorer of depth, and the diagrams of the two blocks that made networks deep.

`draw_depth` is a pure function that returns a picture and the same in words; `depth_explorer` puts sliders beside it.
"""

from collections.abc import Mapping, Sequence

from course_lib.explorers.chart import new_figure
from course_lib.explorers.panel import panel
from course_lib.plots import BLUE, GREEN, ORANGE, SKY, VERMILLION, YELLOW, Picture, curve, pixels

Boxes = Mapping[str, tuple[float, float, float, str, str]]  # name: x and y of the middle, width, text, colour
HIGH = 0.55  # of a diagram's box, in the diagram's units


def draw_depth(
    lines: Mapping[str, Sequence[float]], limits: tuple[float, float] | None = None, scale: str = "log"
) -> tuple[Picture, str]:
    """Length of the gradient in each layer, from the first layer to the last, one line for each network.

    Args:
        lines: name of the network → norm of its loss's gradient with respect to each layer's weights, all equally many.
        limits: of the vertical axis; by default what the lines need.
        scale: "log" or "linear".
    """
    figure = new_figure(640, 360)
    depth = len(next(iter(lines.values())))
    ax = curve(range(1, depth + 1), lines, "layer (1 reads the image)", "length of the gradient", figure.subplots())
    ax.set_yscale(scale)
    if limits:
        ax.set_ylim(limits[0] if scale == "log" else 0, limits[1])
    words = [f"{depth} layers, before the first step of training"]
    for name, norms in lines.items():
        ratio = norms[0] / norms[-1]
        told = f"{ratio:.3g} times the last" if ratio >= 1 else f"1/{1 / ratio:.3g} of the last"
        words.append(f"<b>{name}</b>: first layer {norms[0]:.3g}, last layer {norms[-1]:.3g}; the first is {told}")
    return pixels(figure), "<br>".join(words)


def depth_explorer(norms: Mapping[str, Mapping[int, Sequence[Sequence[float]]]]):
    """Depth, and which random start → the gradient's length in each layer.

    Args:
        norms: name of the network → depth → one list of norms for each random start; the same depths and as many starts
            for each network.
    """
    import ipywidgets

    depths = list(next(iter(norms.values())))
    starts = len(next(iter(norms.values()))[depths[0]])
    every = [value for runs in norms.values() for kind in runs.values() for run in kind for value in run]
    limits = (min(every) / 1.5, max(every) * 1.5)

    def draw(depth: int, start: int, scale: str) -> tuple[Picture, str]:
        lines = {name: runs[depth][start - 1] for name, runs in norms.items()}
        shown = limits if scale == "log" else (0.0, 1.1 * max(max(line) for line in lines.values()))
        return draw_depth(lines, shown, scale)

    controls = {
        "depth": ipywidgets.SelectionSlider(options=depths, value=depths[len(depths) // 2], description="layers"),
        "start": ipywidgets.SelectionSlider(options=range(1, starts + 1), value=2, description="random start"),
        "scale": ipywidgets.Dropdown(options=[("logarithmic", "log"), ("linear", "linear")], description="scale"),
    }
    return panel(draw, controls)


def diagram(boxes: Boxes, arrows: Sequence[tuple[str, str]], ax=None, title: str = ""):
    """Draws boxes with words, and arrows straight down from box to box (by name). Returns the Axes."""
    from matplotlib import pyplot
    from matplotlib.patches import FancyBboxPatch

    if ax is None:
        ax = pyplot.subplots(figsize=(6, 3.6), layout="constrained")[1]
    for x, y, width, text, color in boxes.values():
        corner = (x - width / 2, y - HIGH / 2)
        ax.add_patch(FancyBboxPatch(corner, width, HIGH, "round,pad=0.04", facecolor=color, edgecolor="black"))
        ink = "white" if color in (BLUE, GREEN, VERMILLION) else "black"
        ax.text(x, y, text, ha="center", va="center", color=ink, fontsize=10)
    for start, end in arrows:
        (x1, y1, wide1), (x2, y2, wide2) = boxes[start][:3], boxes[end][:3]
        x = x1 if wide1 < wide2 else x2
        points = {"xytext": (x, y1 - HIGH / 2 - 0.05), "xy": (x, y2 + HIGH / 2 + 0.05)}
        ax.annotate("", **points, arrowprops={"arrowstyle": "->", "color": "black"})
    sides = [x + side * width / 2 for x, _, width, _, _ in boxes.values() for side in (-1, 1)]
    rows = [box[1] for box in boxes.values()]
    ax.set(xlim=(min(sides) - 0.2, max(sides) + 0.2), ylim=(min(rows) - 0.4, max(rows) + 0.4), title=title)
    ax.axis("off")
    return ax


def draw_inception(
    in_channels: int,
    ch1x1: int,
    ch3x3red: int,
    ch3x3: int,
    ch5x5red: int,
    ch5x5: int,
    pool_proj: int,
    reduced: bool = True,
    ax=None,
):
    """Draws an Inception module with the channels of each branch, or the naive one without 1×1 reductions.

    The names are torchvision's; ch3x3red, ch5x5red and pool_proj are not used by the naive module. Returns the Axes.
    """
    out = ch1x1 + ch3x3 + ch5x5 + (pool_proj if reduced else in_channels)
    boxes = {
        "in": (1.8, 3, 4.6, f"{in_channels} in", SKY),
        "1": (0, 1, 1, f"1×1\n{ch1x1}", BLUE),
        "3": (1.2, 1, 1, f"3×3\n{ch3x3}", BLUE),
        "5": (2.4, 1, 1, f"5×5\n{ch5x5}", BLUE),
        "pool": (3.6, 2 if reduced else 1, 1, f"pool 3×3\n{in_channels}", GREEN),
        "out": (1.8, 0, 4.6, f"{out} out, side by side", ORANGE),
    }
    if reduced:
        boxes |= {
            "3red": (1.2, 2, 1, f"1×1\n{ch3x3red}", YELLOW),
            "5red": (2.4, 2, 1, f"1×1\n{ch5x5red}", YELLOW),
            "proj": (3.6, 1, 1, f"1×1\n{pool_proj}", YELLOW),
        }
        middle = [("in", "3red"), ("3red", "3"), ("in", "5red"), ("5red", "5"), ("pool", "proj"), ("proj", "out")]
    else:
        middle = [("in", "3"), ("in", "5"), ("pool", "out")]
    arrows = [("in", "1"), ("in", "pool"), *middle, *((name, "out") for name in "135")]
    return diagram(boxes, arrows, ax, "with 1×1 reductions" if reduced else "naive")


def draw_residual(shortcut: bool = True, ax=None):
    """Draws two layers one after the other, and with `shortcut` the way around them. Returns the Axes."""
    boxes = {
        "x": (0, 4, 1.4, "x", SKY),
        "first": (0, 3, 1.4, "3×3, BN, ReLU", BLUE),
        "second": (0, 2, 1.4, "3×3, BN", BLUE),
        "sum": (0, 1, 1.4, "F(x) + x" if shortcut else "F(x)", ORANGE),
        "relu": (0, 0, 1.4, "ReLU", GREEN),
    }
    names = list(boxes)
    ax = diagram(boxes, list(zip(names, names[1:], strict=False)), ax, "residual" if shortcut else "plain")
    if shortcut:
        bend = {"arrowstyle": "->", "color": VERMILLION, "linewidth": 2, "connectionstyle": "arc3,rad=-0.5"}
        ax.annotate("", xy=(0.76, 1), xytext=(0.76, 4), arrowprops=bend)
    ax.set_xlim(-1.2, 1.9)
    return ax
