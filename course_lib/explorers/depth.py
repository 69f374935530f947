"""Unit 00's explorer of depth, and the diagrams of the two blocks that made networks deep.

`draw_depth` is a pure function that returns a picture and the same in words; `depth_explorer` puts sliders beside it.
What plain and residual networks reached, and how they began, is drawn from the shipped training "depth".
"""

from collections.abc import Mapping, Sequence

import numpy as np

from course_lib.explorers.chart import new_figure
from course_lib.explorers.panel import panel
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, SKY, VERMILLION, YELLOW, Block, Picture, curve, diagram, pixels

LENGTH = "length of the gradient"


def draw_depth(
    lines: Mapping[str, Sequence[float]],
    limits: tuple[float, float] | None = None,
    scale: str = "log",
    quantity: str = LENGTH,
) -> tuple[Picture, str]:
    """A quantity in each layer before training, from the first layer to the last, one line for each network.

    Args:
        lines: name of the network → one number for each layer's weights, all equally many.
        limits: of the vertical axis; by default what the lines need.
        scale: "log" or "linear".
        quantity: what the numbers are.
    """
    figure = new_figure(640, 360)
    depth = len(next(iter(lines.values())))
    ax = curve(range(1, depth + 1), lines, "layer (1 reads the image)", quantity, figure.subplots())
    ax.set_yscale(scale)
    if limits:
        ax.set_ylim(limits[0] if scale == "log" else 0, limits[1])
    words = [f"{depth} layers, before the first step of training: {quantity}"]
    for name, values in lines.items():
        ratio = values[0] / values[-1]
        told = f"{ratio:.3g} times the last" if ratio >= 1 else f"1/{1 / ratio:.3g} of the last"
        words.append(f"<b>{name}</b>: first layer {values[0]:.3g}, last layer {values[-1]:.3g}; the first is {told}")
    return pixels(figure), "<br>".join(words)


Runs = Mapping[str, Mapping[int, Sequence[Sequence[float]]]]


def runs_of(results: Mapping[str, np.ndarray], quantity: str, depths: Sequence[int]) -> Runs:
    """A quantity of the shipped training "depth" as the explorer takes it."""
    kinds = ("plain", "residual")
    return {kind: {depth: results[f"{kind} {depth}: {quantity}"].tolist() for depth in depths} for kind in kinds}


def depth_explorer(measured: Mapping[str, Runs]):
    """Quantity, depth, and which random start → the quantity in each layer.

    Args:
        measured: quantity → name of the network → depth → one list of numbers, one for each layer, for each random
            start; the same depths and as many starts for each network.
    """
    import ipywidgets

    kinds = next(iter(measured.values()))
    depths = list(next(iter(kinds.values())))
    starts = len(next(iter(kinds.values()))[depths[0]])

    def draw(quantity: str, depth: int, start: int, scale: str) -> tuple[Picture, str]:
        lines = {name: runs[depth][start - 1] for name, runs in measured[quantity].items()}
        low, high = _limits(measured[quantity])
        shown = (low, high) if scale == "log" else (0.0, 1.1 * max(max(line) for line in lines.values()))
        return draw_depth(lines, shown, scale, quantity)

    controls = {
        "quantity": ipywidgets.Dropdown(options=list(measured), description="quantity"),
        "depth": ipywidgets.SelectionSlider(options=depths, value=depths[len(depths) // 2], description="layers"),
        "start": ipywidgets.SelectionSlider(options=range(1, starts + 1), value=2, description="random start"),
        "scale": ipywidgets.Dropdown(options=[("logarithmic", "log"), ("linear", "linear")], description="scale"),
    }
    return panel(draw, controls)


def _limits(kinds: Runs) -> tuple[float, float]:
    """The same axis for all depths and starts, so that they can be compared."""
    every = [value for runs in kinds.values() for starts in runs.values() for run in starts for value in run]
    return min(every) / 1.5, max(every) * 1.5


def _kinds(ax, depths: Sequence[int], values: Mapping[str, np.ndarray], ylabel: str, title: str) -> None:
    """One line for each kind of network: mean and standard deviation over the random starts, over the depth."""
    for (kind, runs), color, marker, dash in zip(values.items(), (BLUE, VERMILLION), "os", ("-", "--"), strict=True):
        style = {"color": color, "marker": marker, "linestyle": dash, "capsize": 4}
        ax.errorbar(depths, runs.mean(axis=1), runs.std(axis=1, ddof=1), label=kind, **style)
    ax.set(xlabel="layers", ylabel=ylabel, title=title, xticks=depths, ylim=(0, 105))
    ax.grid(alpha=0.3)
    ax.legend(loc="lower left")


def draw_reached(results: Mapping[str, np.ndarray], depths: Sequence[int], steps: Sequence[int]):
    """Training accuracy over depth, a panel for each number of steps: mean and standard deviation over the starts.

    Args:
        results: of the shipped training "depth".
        depths: numbers of layers.
        steps: numbers of steps of which there are trainings.

    Returns:
        The Axes.
    """
    from matplotlib import pyplot

    size = {"figsize": (5.5 * len(steps), 3.8), "layout": "constrained"}
    axes = pyplot.subplots(1, len(steps), sharey=True, squeeze=False, **size)[1][0]
    for ax, number in zip(axes, steps, strict=True):
        name = f", {number} steps: training accuracy"
        values = {k: np.array([100 * results[f"{k} {d}{name}"] for d in depths]) for k in ("plain", "residual")}
        _kinds(ax, depths, values, "training accuracy (%)", f"after {number} steps")
    return axes


def draw_start(results: Mapping[str, np.ndarray], depths: Sequence[int]):
    """Before training: how often the nearest neighbour is of the same class, and how well two batches' gradients agree.

    Args:
        results: of the shipped training "depth". The agreement is the cosine, its mean over the layers.
        depths: numbers of layers.

    Returns:
        The Axes.
    """
    from matplotlib import pyplot

    axes = pyplot.subplots(1, 2, figsize=(11, 3.8), layout="constrained")[1]
    kinds = ("plain", "residual")
    near = {k: np.array([100 * results[f"{k} {d}: nearest neighbour"] for d in depths]) for k in kinds}
    _kinds(axes[0], depths, near, "same digit (%)", "nearest neighbour behind all blocks")
    axes[0].axhline(10, color=BLACK, linestyle=":")
    agree = {k: np.array([results[f"{k} {d}: agreement"].mean(axis=1) for d in depths]) for k in kinds}
    _kinds(axes[1], depths, agree, "cosine, mean over layers", "gradients of two batches")
    axes[1].set_ylim(-0.1, 0.7)
    for ax in axes:
        ax.legend(loc="upper right")
    return axes


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
        "in": Block(1.8, 3, f"{in_channels} in", SKY, 4.6),
        "1": Block(0, 1, f"1×1\n{ch1x1}", BLUE, 1),
        "3": Block(1.2, 1, f"3×3\n{ch3x3}", BLUE, 1),
        "5": Block(2.4, 1, f"5×5\n{ch5x5}", BLUE, 1),
        "pool": Block(3.6, 2 if reduced else 1, f"pool 3×3\n{in_channels}", GREEN, 1),
        "out": Block(1.8, 0, f"{out} out, side by side", ORANGE, 4.6),
    }
    if reduced:
        boxes |= {
            "3red": Block(1.2, 2, f"1×1\n{ch3x3red}", YELLOW, 1),
            "5red": Block(2.4, 2, f"1×1\n{ch5x5red}", YELLOW, 1),
            "proj": Block(3.6, 1, f"1×1\n{pool_proj}", YELLOW, 1),
        }
        middle = [("in", "3red"), ("3red", "3"), ("in", "5red"), ("5red", "5"), ("pool", "proj"), ("proj", "out")]
    else:
        middle = [("in", "3"), ("in", "5"), ("pool", "out")]
    arrows = [("in", "1"), ("in", "pool"), *middle, *((name, "out") for name in "135")]
    return diagram(boxes, arrows, ax, "with 1×1 reductions" if reduced else "naive")


def draw_residual(shortcut: bool = True, ax=None):
    """Draws two layers one after the other, and with `shortcut` the way around them. Returns the Axes."""
    boxes = {
        "x": Block(0, 4, "x", SKY),
        "first": Block(0, 3, "3×3, BN, ReLU", BLUE),
        "second": Block(0, 2, "3×3, BN", BLUE),
        "sum": Block(0, 1, "F(x) + x" if shortcut else "F(x)", ORANGE),
        "relu": Block(0, 0, "ReLU", GREEN),
    }
    names = list(boxes)
    ax = diagram(boxes, list(zip(names, names[1:], strict=False)), ax, "residual" if shortcut else "plain")
    if shortcut:
        bend = {"arrowstyle": "->", "color": VERMILLION, "linewidth": 2, "connectionstyle": "arc3,rad=-0.5"}
        ax.annotate("", xy=(0.76, 1), xytext=(0.76, 4), arrowprops=bend)
    ax.set_xlim(-1.2, 1.9)
    return ax
