"""Explorers of unit 09: what light and contrast do to an image.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
sliders beside it.
"""

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.explorers.canvas import Canvas
from course_lib.explorers.panel import panel, slider

WIDTH = 256  # pixels of the picture


def draw_light(image: Float[Tensor, "h w"], light: float, contrast: float) -> tuple[UInt8[np.ndarray, "_ _ 3"], str]:
    """The image in this light, values from 0 to 1 shown, and its mean and deviation before and after standardizing."""
    seen = contrast * image + light
    shown = seen.clamp(0, 1)[None].expand(3, -1, -1)
    mean, deviation = seen.mean().item(), seen.std(correction=0).item()
    words = f"mean {mean:.2f}, deviation {deviation:.2f}; standardized <b>0 and 1</b>"
    return Canvas(shown, scale=WIDTH / image.shape[-1]).picture, words


def light_explorer(image: Float[Tensor, "h w"]):
    """Light and contrast → the image, and what standardizing makes of its numbers."""

    def draw(light: float, contrast: float) -> tuple[UInt8[np.ndarray, "_ _ 3"], str]:
        return draw_light(image, light, contrast)

    return panel(draw, {"light": slider("light", 0, 0, 0.5, 0.05), "contrast": slider("contrast", 1, 0.1, 1, 0.05)})
