"""Unit 04's diagrams: Faster R-CNN with its four losses, three detectors side by side, and what came after them."""

from collections.abc import Mapping, Sequence

from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, PALETTE, PURPLE, SKY, VERMILLION, YELLOW, Arrow, Block, diagram

PARTS = ("regions", "features", "class", "borders")
# what each part of a detector is; its colour says whether one training shapes it
OUTSIDE, APART, INSIDE = ORANGE, YELLOW, BLUE
DETECTORS = {
    "R-CNN": (
        ("selective\nsearch", OUTSIDE),
        ("CNN, once\nper region", APART),
        ("SVMs", APART),
        ("ridge\nregressors", APART),
    ),
    "Fast R-CNN": (
        ("selective\nsearch", OUTSIDE),
        ("CNN, once\nper image", INSIDE),
        ("softmax", INSIDE),
        ("deltas", INSIDE),
    ),
    "Faster R-CNN": (
        ("region proposal\nnetwork", INSIDE),
        ("CNN, once\nper image", INSIDE),
        ("softmax", INSIDE),
        ("deltas", INSIDE),
    ),
}


def draw_faster_rcnn(ax=None):
    """Draws both stages of Faster R-CNN on one activation map, and where its four losses stand. Returns the Axes."""
    blocks = {
        "image": Block(0, 1.9, "image", SKY, 1),
        "backbone": Block(1.7, 1.9, "backbone", BLUE, 1.3),
        "map": Block(3.6, 1.9, "activation\nmap", YELLOW, 1.4, 0.8),
        "window": Block(5.8, 3.4, "3×3, ReLU", BLUE, 1.5, 1.55),
        "scores": Block(8, 3.9, "1×1: k scores", BLUE, 1.8),
        "deltas": Block(8, 2.9, "1×1: 4k deltas", BLUE, 1.8),
        "objectness": Block(11.4, 3.9, "loss_objectness", VERMILLION, 2),
        "rpn box": Block(11.4, 2.9, "loss_rpn_box_reg", VERMILLION, 2),
        "proposals": Block(8, 1.75, "decode, clip,\nsuppress, first N", SKY, 1.9, 0.8),
        "align": Block(5.8, -0.1, "RoI align", GREEN, 1.5),
        "layers": Block(8, -0.1, "2 linear\nlayers", BLUE, 1.8, 1.55),
        "classifier": Block(11.4, 0.4, "loss_classifier", VERMILLION, 2),
        "box": Block(11.4, -0.6, "loss_box_reg", VERMILLION, 2),
    }
    arrows = [
        ("image", "backbone"),
        ("backbone", "map"),
        ("map", "window"),
        ("map", "align"),
        ("window", "scores"),
        ("window", "deltas"),
        Arrow("scores", "objectness", text="object or not?"),
        Arrow("deltas", "rpn box", text="positive anchors"),
        ("deltas", "proposals"),
        Arrow("proposals", "align", PURPLE, "boxes, detached"),
        ("align", "layers"),
        Arrow("layers", "classifier", text="which class?"),
        Arrow("layers", "box", text="positive regions"),
    ]
    return diagram(blocks, arrows, ax, size=(12, 4.4))


def draw_parts(ax=None):
    """Draws who finds regions, features, classes and borders in each of the three detectors. Returns the Axes.

    Orange: outside, and not learned. Yellow: learned, each part apart. Blue: learned together, by one sum of losses.
    """
    blocks = {}
    for row, (name, parts) in enumerate(DETECTORS.items()):
        blocks[name] = Block(0, -row, name, "white", 1.5, 0.7)
        for column, (part, (words, color)) in enumerate(zip(PARTS, parts, strict=True)):
            blocks[f"{name}, {part}"] = Block(2.1 * (column + 1), -row, words, color, 1.8, 0.7)
    ax = diagram(blocks, [], ax, size=(10, 3.4))
    for column, part in enumerate(PARTS):
        ax.text(2.1 * (column + 1), 0.65, part, ha="center", fontsize=11)
    key = [("outside, not learned", OUTSIDE), ("learned, each apart", APART), ("learned together", INSIDE)]
    for column, (words, color) in enumerate(key):
        ax.text(1.2 + 2.9 * column, -2.75, f"■ {words}", color=color if color != APART else "#b59b00", fontsize=11)
    ax.set_ylim(-3, 1)
    return ax


def draw_timeline(lanes: Mapping[str, Sequence[tuple[float, str]]], ax=None):
    """Draws a lane for each line of work, with a dot and a name for each paper; names stand in turn above and below.

    Args:
        lanes: name of a line of work → year and name of each paper, in order. What follows a year's point only keeps
            the dots of one year apart.

    Returns:
        The Axes.
    """
    from matplotlib import pyplot

    if ax is None:
        ax = pyplot.subplots(figsize=(11, 0.75 * len(lanes) + 0.6), layout="constrained")[1]
    for row, papers in enumerate(lanes.values()):
        color = PALETTE[row % len(PALETTE)]
        ax.plot([year for year, _ in papers], [-row] * len(papers), marker="o", markersize=8, color=color)
        for i, (year, name) in enumerate(papers):
            up = 1 if i % 2 == 0 else -1
            how = {"textcoords": "offset points", "ha": "center", "va": "center", "color": BLACK, "fontsize": 10}
            ax.annotate(name, (year, -row), xytext=(0, 14 * up), **how)
    ax.set_yticks([-row for row in range(len(lanes))], list(lanes))
    years = [year for papers in lanes.values() for year, _ in papers]
    ax.set(xlim=(min(years) - 0.7, max(years) + 0.9), ylim=(0.5 - len(lanes), 0.5))
    ax.set_xticks(range(int(min(years)), int(max(years)) + 1))
    ax.grid(axis="x", alpha=0.3)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
    return ax
