"""Maps of classes as pictures: a colour for each class, errors marked, counts in a small matrix."""

import numpy as np
from jaxtyping import Bool, Int, Integer, UInt8
from torch import Tensor

from course_lib.data.labels import VOID
from course_lib.explorers.canvas import BLACK, WHITE, Canvas
from course_lib.plots import BLUE, PALETTE, SKY, VERMILLION, Picture, rgb, to_picture, white

COLORS = ("#C8C8C8", *PALETTE)  # background is grey; the ninth class is black
CELL = 128  # pixels of a cell of the matrix


def paint(mask: Integer[Tensor | np.ndarray, "h w"]) -> Picture:
    """Each pixel in the colour of its class, void white."""
    table = np.full((256, 3), 255, dtype=np.uint8)
    for label in range(VOID):
        table[label] = rgb(COLORS[0] if label == 0 else PALETTE[(label - 1) % len(PALETTE)])
    return table[np.asarray(mask).astype(np.uint8)]


def _pale(image: UInt8[Tensor | np.ndarray, "3 h w"]) -> Picture:
    """The image in light grey, to write on in colour."""
    grey = to_picture(image).mean(axis=2, keepdims=True)
    return to_picture(np.repeat(0.45 + 0.5 * grey / 255, 3, axis=2)).copy()


def mark_errors(
    image: UInt8[Tensor | np.ndarray, "3 h w"],
    truth: Integer[Tensor | np.ndarray, "h w"],
    predicted: Integer[Tensor | np.ndarray, "h w"],
) -> Picture:
    """The image in light grey, and red where the prediction is wrong; void is never wrong."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    picture = _pale(image)
    picture[(truth != predicted) & (truth != VOID)] = rgb(VERMILLION)
    return picture


def mark_outcomes(
    image: UInt8[Tensor | np.ndarray, "3 h w"],
    truth: Bool[np.ndarray, "h w"],
    found: Bool[np.ndarray, "h w"],
    counted: Bool[np.ndarray, "h w"],
) -> Picture:
    """The image in light grey: what was found rightly blue, what was found wrongly red, what was missed light blue."""
    picture = _pale(image)
    picture[truth & found & counted] = rgb(BLUE)
    picture[~truth & found & counted] = rgb(VERMILLION)
    picture[truth & ~found & counted] = rgb(SKY)
    return picture


def draw_counts(counts: Int[np.ndarray, "2 2"], name: str) -> Picture:
    """A confusion matrix of two classes, rows the truth: each count on its colour, as in `mark_outcomes`."""
    colors = ((WHITE, VERMILLION), (SKY, BLUE))
    heads = (f"no {name}", name)
    canvas = Canvas(white(2 * CELL, 2 * CELL))
    for row in range(2):
        for column in range(2):
            x, y, color = column * CELL, row * CELL, colors[row][column]
            for line in range(2, CELL - 2):
                canvas.line((x + 2, y + line), (x + CELL - 3, y + line), color, width=1)
            ink = BLACK if color in (WHITE, SKY) else WHITE
            canvas.number(x + CELL / 2, y + 40, f"{counts[row, column]:,}", ink, size=22)
            canvas.number(x + CELL / 2, y + 78, f"truth: {heads[row]}", ink, size=13)
            canvas.number(x + CELL / 2, y + 98, f"found: {heads[column]}", ink, size=13)
    return canvas.picture
