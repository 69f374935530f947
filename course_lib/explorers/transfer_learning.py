"""Explorers of unit 01: what each layer keeps, and how fast each layer may learn. The neighbours are in neighbours.py.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
controls beside it. Predictions and features are computed once, outside: an explorer only looks them up.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.tiles import THUMB, decision, tiled
from course_lib.plots import BLUE, ORANGE, VERMILLION, Picture, rgb, white

HEIGHT = 384  # pixels of every picture
LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = 96  # pixels for the names beside the table
TOP = 24  # pixels for the letters above it
SCALE = 16  # pixels below the bars for the values at the ends of their fields
SLOWEST, DECADES = 1e-10, 10  # the axis of the rates: from 1e-10 to 1
MANY, FEW = 1000, 5  # learning parameters per image: above, or below, the rule of thumb advises a change


def draw_probe(
    images: UInt8[Tensor, "n 3 h w"], labels: Int[Tensor, " n"], predicted: Int[Tensor, " n"], names: Sequence[str]
) -> tuple[Picture, str]:
    """Left the table of all decisions, right the decision on one image of each class: the first of its class.

    A row of the table is the true class, a column (by letter) the predicted one; blue is right, red is wrong, and the
    fuller the colour, the larger the share of the row.

    Args:
        images: square.
        labels: true class of each image, 0 … classes - 1; every class occurs.
        predicted: what the probe says.
        names: one per class, at most 26.
    """
    from sklearn.metrics import confusion_matrix

    table = confusion_matrix(labels.numpy(), predicted.numpy(), labels=range(len(names)))
    right = float((labels == predicted).float().mean())
    wrong = np.where(np.eye(len(names), dtype=bool), -1, table)
    truth, taken = np.unravel_index(wrong.argmax(), wrong.shape)
    words = f"<b>{right:.0%}</b> of {len(labels)} test images are right; blind guessing: {1 / len(names):.0%}"
    if wrong.max() > 0:
        count, total = wrong[truth, taken], table[truth].sum()
        words += f"<br>most frequent mistake: {names[truth]} taken for {names[taken]} ({count} of {total})"
    examples = [int((labels == number).nonzero()[0, 0]) for number in range(len(names))]
    tiles = [decision(images[i], names[labels[i]], names[predicted[i]]) for i in examples]
    return np.hstack([decision_table(table, names), tiled(tiles, rows=HEIGHT // THUMB)]), words


def decision_table(table: Int[np.ndarray, "c c"], names: Sequence[str]) -> Picture:
    """How often each class (row) was taken for which (column): counts on blue where right, on red where wrong."""
    cell = (HEIGHT - TOP) // len(names)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    inks = np.where(np.eye(len(names), dtype=bool)[:, :, None], rgb(BLUE), rgb(VERMILLION))
    cells = 255 - shares[:, :, None] ** 0.5 * (255 - inks)  # the root makes a single mistake visible
    picture = white(HEIGHT, NAMES + cell * len(names) + TOP)
    block = cells.round().astype(np.uint8).repeat(cell, axis=0).repeat(cell, axis=1)
    picture[TOP : TOP + block.shape[0], NAMES : NAMES + block.shape[1]] = block
    canvas = Canvas(picture)
    for i, name in enumerate(names):
        middle = (i + 0.5) * cell
        canvas.text(NAMES - 4, TOP + middle, f"{name}  {LETTERS[i]}", WHITE, size=13, anchor="rm")
        canvas.text(NAMES + middle, TOP - 6, LETTERS[i], WHITE, size=13, anchor="ms")
        for j in table[i].nonzero()[0]:
            place = NAMES + (j + 0.5) * cell, TOP + middle
            canvas.text(*place, str(table[i, j]), WHITE, size=11, anchor="mm")
    return canvas.picture


def probe_explorer(
    images: UInt8[Tensor, "n 3 h w"],
    labels: Int[Tensor, " n"],
    names: Sequence[str],
    predictions: Mapping[str, Mapping[str, Mapping[int, Tensor]]],
):
    """Network, layer, images per class → what a linear probe says about every test image.

    Args:
        images, labels, names: as in `draw_probe`.
        predictions: network → layer → images per class → the predicted labels [n].
    """
    import ipywidgets

    layers = next(iter(predictions.values()))
    numbers = list(next(iter(layers.values())))

    def draw(layer: str, number: int, network: str) -> tuple[Picture, str]:
        picture, words = draw_probe(images, labels, predictions[network][layer][number], names)
        return picture, f"{network} network, {layer}, {number} image{'s' * (number > 1)} per class:<br>{words}"

    controls = {
        "layer": ipywidgets.Dropdown(options=list(layers), value=list(layers)[-2], description="layer"),
        "number": ipywidgets.SelectionSlider(
            options=numbers, value=numbers[len(numbers) // 2], description="images per class"
        ),
        "network": ipywidgets.Dropdown(options=list(predictions), description="network"),
    }
    return panel(draw, controls)


def layer_rates(layers: Sequence[str], base: float, decay: float, frozen: str | None = None) -> dict[str, float]:
    """The learning rate of every layer: `base` for the last one, `decay` times the next for each earlier one.

    Up to and including the layer `frozen`, the rate is 0.
    """
    asleep = 0 if frozen is None else layers.index(frozen) + 1
    rates, rate = {}, base
    for place in range(len(layers) - 1, -1, -1):
        rates[layers[place]] = rate if place >= asleep else 0.0
        rate *= decay
    return {layer: rates[layer] for layer in layers}


def draw_rates(
    sizes: Mapping[str, int], base: float, decay: float, frozen: str | None, images: int
) -> tuple[Picture, str]:
    """Left each layer's learning rate on a log scale, right how many parameters learn beside how many images teach.

    Args:
        sizes: layer → how many parameters it has, from the first to the last, which is the head.
        base, decay, frozen: as in `layer_rates`.
        images: how many training images there are, of all classes together.
    """
    rates = layer_rates(list(sizes), base, decay, frozen)
    learning = sum(count for layer, count in sizes.items() if rates[layer] > 0)
    lines = [f"{layer}: {rate:.1e}" if rate else f"{layer}: frozen" for layer, rate in rates.items()]
    words = (
        f"{_meaning(rates, decay)}<br>{learning:,} of {sum(sizes.values()):,} parameters learn from {images:,} images: "
        f"<b>{learning / images:,.0f} per image</b>{_advice(learning / images)}"
    )
    lengths = [np.log10(max(rate, SLOWEST) / SLOWEST) for rate in rates.values()]
    left = _bars(lines, lengths, DECADES, BLUE, (f"{SLOWEST:.0e}", "rate 1"))
    amounts = {"parameters that learn": learning, "training images": images}
    lines = [f"{name}: {n:,}" for name, n in amounts.items()]
    right = _bars(lines, [np.log10(n) for n in amounts.values()], 6, ORANGE, ("1", "1,000,000"))
    return np.hstack([left, right]), words


def _meaning(rates: Mapping[str, float], decay: float) -> str:
    """What these rates are called, and how the first learning layer compares with the head."""
    awake = [layer for layer, rate in rates.items() if rate > 0]
    *_, head = rates
    if awake == [head]:
        return "<b>fixed feature extractor</b>: only the head learns"
    name = "fine-tuning" if len(awake) == len(rates) else "fine-tuning of the later layers"
    slower = rates[head] / rates[awake[0]]
    if decay == 1:
        return f"<b>{name}</b>: {awake[0]} learns as fast as the new head"
    return f"<b>{name}</b>: {awake[0]} learns {slower:,.0f} times more slowly than the head"


def _advice(share: float) -> str:
    """A rule of thumb for so many learning parameters per image."""
    if share > MANY:
        return "<br>rule of thumb: so few images are soon known by heart; freeze more layers, or go slower"
    if share < FEW:
        return "<br>rule of thumb: so many images could teach more; try to let one more stage learn"
    return "<br>rule of thumb: so many images can guide so many parameters"


def _bars(lines: Sequence[str], lengths: Sequence[float], fields: int, color: str, ends: tuple[str, str]) -> Picture:
    """One bar below each line of words, `lengths` fields long, in front of all the fields in grey.

    `ends` are the values at the two ends of the fields; they stand below the last bar.
    """
    step, field = (HEIGHT - SCALE) // max(len(lines), 4), (HEIGHT - 24) // fields
    picture = white(HEIGHT, HEIGHT)
    for i, length in enumerate(lengths):
        rows = slice(i * step + 30, (i + 1) * step - 6)
        picture[rows, 12 : 12 + field * fields] = 225
        picture[rows, 12 : 12 + round(field * min(length, fields))] = rgb(color)
        picture[rows, 12 + field : 12 + field * fields : field] = 255
    canvas = Canvas(picture)
    for i, line in enumerate(lines):
        canvas.text(12, i * step + 22, line, WHITE, size=15, anchor="ls")
    below = len(lines) * step + 10
    canvas.text(12, below, ends[0], WHITE, size=12, anchor="ls")
    canvas.text(12 + field * fields, below, ends[1], WHITE, size=12, anchor="rs")
    return canvas.picture


def rates_explorer(sizes: Mapping[str, int], classes: int):
    """Base rate, decay, frozen layers, images per class → the rate of each layer and what that means.

    Args:
        sizes: as in `draw_rates`; `classes`: how many the head tells apart.
    """
    import ipywidgets

    bases, numbers = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1], [1, 2, 6, 15, 30, 100, 300, 1000]
    choices = [("nothing", None), *((layer, layer) for layer in list(sizes)[:-1])]

    def draw(base: float, decay: float, images: int, frozen: str | None) -> tuple[Picture, str]:
        return draw_rates(sizes, base, decay, frozen, classes * images)

    controls = {
        "base": ipywidgets.SelectionSlider(options=bases, value=1e-2, description="rate of the head"),
        "decay": slider("decay", 0.3, 0.1, 1.0, 0.05),
        "images": ipywidgets.SelectionSlider(options=numbers, value=6, description="images per class"),
        "frozen": ipywidgets.Dropdown(options=choices, description="frozen up to"),
    }
    return panel(draw, controls)
