"""Unit 02: what is asked of `warp_region`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close_on_average, worst
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.show import show_box
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def smooth_image(rng: Generator, channels: int = 3, height: int = 72, width: int = 96) -> Tensor:
    """Slow waves of another direction in each channel: any interpolation reads nearly the same. Values 0.1 … 0.9."""
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    waves = []
    for _ in range(channels):
        angle, phase, length = rng.uniform(0.6, 1.0), rng.uniform(0, 6.28), rng.uniform(42, 50)
        along = x * torch.cos(floats(angle)) + y * torch.sin(floats(angle))
        waves.append(0.5 + 0.4 * torch.sin(along * 6.283 / length + phase))
    return torch.stack(waves)


def region(x1: int, y1: int, width: int, height: int, context: int = 6, size: int = 24, channels: int = 3):
    """A box with even sides about the given place: with context 6 of 24 the source region has whole coordinates."""

    def make(rng: Generator) -> Inputs:
        x, y = x1 + int(rng.integers(0, 4)), y1 + int(rng.integers(0, 4))
        box = floats([x, y, x + width, y + height])
        return {"image": smooth_image(rng, channels), "box": box, "size": size, "context": context}

    return make


def brighter(function: Callable, image: Tensor, box: Tensor, size: int, context: int) -> Any:
    """warp_region of a brighter image."""
    return function(image + 0.5, box, size, context)


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The image with the box, the expected explain and the student's."""
    apart = (answer.double() - expected.double()).abs().mean(0)  # [size, size]
    row, column = worst(apart, torch.zeros_like(apart))
    size, box = inputs["size"], inputs["box"]
    text = (
        f"image of height {inputs['image'].shape[1]} and width {inputs['image'].shape[2]}, box {show_box(box)}, "
        f"size {size}, context {inputs['context']}\n"
        f"most different at row {row}, column {column}: expected {_color(expected[:, row, column])}, "
        f"yours {_color(answer[:, row, column])}"
    )

    def draw():
        images = [_visible(inputs["image"]), _visible(expected), _visible(answer)]
        axes = plots.image_grid(images, titles=["image and box", "expected", "yours"], columns=3)
        plots.draw_boxes(images[0], box[None], ax=axes.flat[0], title="image and box")
        return axes.flat[0]

    return Counterexample(text, draw)


def _visible(image: Tensor) -> Tensor:
    """Any number of channels as three, values cut to 0 … 1."""
    return image[[0, 1, 2] if len(image) >= 3 else [0, 0, 0]].float().clamp(0, 1)


def _color(values: Tensor) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in values.tolist()) + ")"


CHECK = Check(
    "warp_region",
    points=4,
    forbids=("torchvision.ops.roi_align", "torchvision.ops.roi_pool"),
    compare=close_on_average(0.02),
    explain=explain,
    cases=(
        Case("a small box", "values", region(40, 30, 12, 12), hint="How wide is the context in the photograph?"),
        Case("a large box", "values", region(26, 18, 40, 32), hint="Is the context counted after warping?"),
        Case("an elongated box", "values", region(26, 30, 44, 10), hint="It is stretched, whatever its shape."),
        Case(
            "a box at the upper left border",
            "values",
            region(0, 1, 28, 20),
            hint="What does the network see where there is no image?",
        ),
        Case("a box beyond the lower right border", "values", region(74, 52, 36, 28)),
        Case(
            "a brighter image gives a brighter patch", "property", region(2, 40, 20, 36), probe=brighter, explain=False
        ),
        Case("no context", "edge", region(30, 20, 24, 30, context=0)),
        Case("one channel, another size", "edge", region(30, 20, 24, 30, context=5, size=20, channels=1)),
        *styles(region(40, 30, 12, 20)),
    ),
)
