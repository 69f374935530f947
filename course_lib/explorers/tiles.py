"""Small pictures side by side: in the middle of white, in rows, and framed by whether a decision is right."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from course_lib.explorers.canvas import Canvas
from course_lib.plots import BLUE, VERMILLION, Picture, white

THUMB = 96  # pixels of a small image


def centred(picture: Picture, height: int, width: int) -> Picture:
    """The picture in the middle of a white one."""
    pane = white(height, width)
    top, left = (height - picture.shape[0]) // 2, (width - picture.shape[1]) // 2
    pane[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return pane


def decision(image: UInt8[Tensor, "3 h w"], truth: str, said: str, side: int = THUMB, note: str = "") -> Picture:
    """An image `side` pixels wide: in a blue frame where `said` is the truth, else in a dashed red one, with a note."""
    canvas, right = Canvas(image, scale=side / image.shape[-1]), truth == said
    width, height = image.shape[-1], image.shape[-2]
    canvas.box(torch.tensor([1.0, 1, width - 2, height - 2]), BLUE if right else VERMILLION, 3, dashed=not right)
    canvas.text(2, height - 2, f"{said} {note}".strip(), BLUE if right else VERMILLION, size=13)
    return canvas.picture


def tiled(tiles: Sequence[Picture], rows: int) -> Picture:
    """Equally large pictures in rows, filled from the left; white where there are too few."""
    columns = -(-len(tiles) // rows)
    missing = [np.full_like(tiles[0], 255)] * (rows * columns - len(tiles))
    places = [*tiles, *missing]
    return np.vstack([np.hstack(places[row * columns : (row + 1) * columns]) for row in range(rows)])
