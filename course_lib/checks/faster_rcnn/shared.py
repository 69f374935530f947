"""Unit 04: what several of its functions are asked about: random boxes, their picture, gradients that are missing."""

from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.numbers import floats
from course_lib.checks.spec import Inputs

LIMIT = 400.0  # pixels: what lies further out is drawn at the border


def boxes(rng: Generator, count: int, width: float, height: float, least: float = 12, most: float = 44) -> Tensor:
    """Boxes inside an image of this size, sides between `least` and `most`. [count, 4]"""
    sides = rng.uniform(least, most, (count, 2))
    corner = rng.uniform(0, 1, (count, 2)) * (floats([width, height]).numpy() - sides)
    return floats(torch.cat([floats(corner), floats(corner + sides)], dim=1))


def picture(groups: list[Tensor], colors: list[str], title: str):
    """Boxes of any place on a white picture that is moved so that all are on it. Returns the Axes."""
    found = torch.cat([group.reshape(-1, 4).double().nan_to_num(0).clamp(-LIMIT, LIMIT) for group in groups])
    found = found - found[:, :2].amin(0).clamp(max=0).repeat(2) + 4
    width, height = (found[:, 2:].amax(0).clamp(min=8) * 1.1).int().tolist()
    canvas = torch.full((3, height, width), 255, dtype=torch.uint8)
    each = [color for group, color in zip(groups, colors, strict=True) for _ in group.reshape(-1, 4)]
    return plots.draw_boxes(canvas, found.float(), colors=each, title=title)


def flows(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Whether some gradient is missing altogether."""
    missing = [not bool(mine.any()) and bool(theirs.any()) for mine, theirs in zip(answer, expected, strict=True)]
    return GRAPH if any(missing) else ""
