"""Explorers of unit 08: the best answers to an analogy, and the parallelograms that four words of two concepts make.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
menus and sliders beside it.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.data.words import Words
from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.counting import flat, main_directions
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.word_arithmetic import RULES, best
from course_lib.plots import BLACK, BLUE, ORANGE, SKY, VERMILLION, Picture

WIDTH, ROW = 460, 34  # pixels of the bars
SIDE, EDGE = 440, 60  # pixels of the parallelogram, and of its margin


def draw_analogy(words: Words, a: str, b: str, c: str, rule: str, exclude: bool) -> tuple[Picture, str]:
    """The five best answers to "a is to b as c is to …", as bars; words of the question in orange."""
    found = best(words, a, b, c, rule, exclude)
    canvas = Canvas(np.full((ROW * len(found), WIDTH, 3), 255, np.uint8))
    longest = max(score for _, score in found)
    for place, (word, score) in enumerate(found):
        color = ORANGE if word in (a, b, c) else SKY
        middle = ROW * (place + 0.5)
        canvas.line((0, middle), (0.75 * WIDTH * max(score, 0.0) / longest, middle), color, ROW - 6)
        canvas.text(6, middle, word, color, anchor="lm")
        canvas.text(WIDTH - 4, middle, f"{score:.3f}", WHITE, anchor="rm")
    left_out = "the question's words left out" if exclude else "all words may answer"
    return canvas.picture, f"{a} : {b} = {c} : <b>{found[0][0]}</b><br>{rule}, {left_out}"


def analogy_explorer(words: Words, choices: Sequence[str]):
    """Three words, the rule, and whether they are left out → the five best answers."""
    import ipywidgets

    options = list(choices)
    menus = {
        name: ipywidgets.Dropdown(options=options, value=options[place], description=description)
        for place, (name, description) in enumerate({"a": "a", "b": "is to b", "c": "as c"}.items())
    }

    def draw(a: str, b: str, c: str, rule: str, exclude: bool) -> tuple[Picture, str]:
        return draw_analogy(words, a, b, c, rule, exclude)

    others = {
        "rule": ipywidgets.Dropdown(options=list(RULES), description="rule"),
        "exclude": ipywidgets.Dropdown(options=[("left out", True), ("kept", False)], description="words asked"),
    }
    return panel(draw, menus | others)


def draw_parallelogram(corners: Mapping[str, Float[Tensor, " d"]]) -> tuple[Picture, str]:
    """Four words, in the order man, woman, other man, other woman, in the plane of their largest spread.

    Both axes are stretched until the figure fills the picture: that keeps parallel what is parallel, but no angle. The
    words say how well both steps agree, the cosine of their directions in all dimensions, and how the axes are drawn.
    """
    names, vectors = list(corners), torch.stack(list(corners.values()))
    places = flat(vectors)
    reach = places.abs().amax(dim=0).clamp(min=1e-9)
    spots = (places * (SIDE / 2 - EDGE) / reach + SIDE / 2).tolist()
    canvas = Canvas(np.full((SIDE, SIDE, 3), 255, np.uint8))
    for start, end, color in ((0, 1, BLUE), (2, 3, BLUE), (0, 2, VERMILLION), (1, 3, VERMILLION)):
        canvas.line(tuple(spots[start]), tuple(spots[end]), color, 3)
    for name, (x, y) in zip(names, spots, strict=True):
        canvas.dot(x, y, BLACK, 6)
        up = y < SIDE / 2
        canvas.tag(x, y - 10 if up else y + 10, name, WHITE, anchor="mb" if up else "mt")
    steps = torch.stack([vectors[1] - vectors[0], vectors[3] - vectors[2]])
    agreement = float(torch.nn.functional.cosine_similarity(*steps, dim=0))
    words = f"both blue steps have a cosine of <b>{agreement:.2f}</b>"
    return canvas.picture, f"{words}<br>up and down is drawn {float(reach[0] / reach[1]):.1f} times as large as across"


def parallelogram_explorer(
    words: Sequence[str], table: Float[Tensor, "v v"], concepts: Mapping[str, tuple[str, str]], most: int = 64
):
    """Two concepts and the number of dimensions that are kept → the parallelogram of their four words.

    The first one is taken from the first half of the concepts, the other from the rest.

    Args:
        table: PMI of the words.
        concepts: name → its word for a man and for a woman, or any other two that every concept has.
        most: of the dimensions.
    """
    import ipywidgets

    directions, names = main_directions(table, most), list(concepts)
    half = len(names) // 2

    def draw(one: str, other: str, dimensions: int) -> tuple[Picture, str]:
        kept = directions[:, :dimensions]
        corners = [*concepts[one], *concepts[other]]
        return draw_parallelogram({word: kept[words.index(word)] for word in corners})

    controls = {
        "one": ipywidgets.Dropdown(options=names[:half], description="one concept"),
        "other": ipywidgets.Dropdown(options=names[half:], description="another one"),
        "dimensions": slider("dimensions kept", 16, 4, most, 4),
    }
    return panel(draw, controls)
