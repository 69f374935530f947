"""Unit 00: what is asked of `conv2d`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.cnn_recap.shared import maps
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, number, numbered
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

KINDS = ("1d", "2d", "3d", "_transpose1d", "_transpose2d", "_transpose3d")
LIBRARY = (
    *(f"{module}.conv{kind}" for module in ("torch", "torch.nn.functional") for kind in KINDS),
    *(f"torch.nn.{name}{d}d" for name in ("Conv", "ConvTranspose", "LazyConv", "LazyConvTranspose") for d in (1, 2, 3)),
    *("torch.convolution", "scipy.signal", "scipy.ndimage", "cv2.filter2D"),
)
CHANNELS = 3  # that are drawn side by side

OFFSET = "Each of your maps is off by one and the same number everywhere. What is added to a whole map?"
BY_HAND = (
    "Work one number out by hand. Which number of the window meets which number of the filter, channel after channel?"
)


def convolving(
    images: int = 1,
    channels: int = 1,
    filters: int = 1,
    size: tuple[int, int] = (5, 7),
    kernel: tuple[int, int] = (3, 3),
    stride: int = 1,
    padding: int = 0,
    bias: bool = True,
):
    """An image, filters and (with `bias`) one number for each filter, far from 0 and from each other."""

    def make(rng: Generator) -> Inputs:
        return {
            "image": maps(rng, images, channels, *size),
            "weight": maps(rng, filters, channels, *kernel),
            "bias": 100.0 * (2 + maps(rng, filters)) if bias else None,
            "stride": stride,
            "padding": padding,
        }

    return make


def one_by_one(function: Callable, image: Tensor, *others: Any) -> Tensor:
    """conv2d's answers on each image alone, put together."""
    return torch.cat([torch.as_tensor(copy(function(one[None], *others))) for one in image])


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """The bias, or the sum."""
    off = (answer - expected).double()
    flat = off.numel() > 0 and bool((off.amax(dim=(0, 2, 3)) - off.amin(dim=(0, 2, 3)) < 1e-3).all())
    return OFFSET if flat and inputs["bias"] is not None else BY_HAND


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, the window and the filter that it comes from."""
    n, o, i, j = worst(answer, expected)
    padding, stride, filters = inputs["padding"], inputs["stride"], inputs["weight"][o]
    padded = nn.functional.pad(inputs["image"][n], (padding,) * 4)[:CHANNELS]
    bias = "no bias" if inputs["bias"] is None else f"bias {number(float(inputs['bias'][o]))}"
    text = (
        f"{len(filters)} channel{'s' * (len(filters) > 1)}, filter {filters.shape[1]} by {filters.shape[2]}, "
        f"stride {stride}, padding {padding}, {bias}\n"
        f"image {n}, filter {o}, row {i}, column {j} of the answer: {both(answer, expected, (n, o, i, j))}"
    )

    def draw():
        above = [*padded, expected[n, o]]
        below = [*filters[:CHANNELS], answer[n, o]]
        window, cell = (i * stride, j * stride, *filters.shape[1:]), (i, j, 1, 1)
        what = "padded image" if padding else "image"
        titles = [f"{what}, channel {c}" for c in range(len(padded))], [f"filter, channel {c}" for c in range(CHANNELS)]
        return numbered(
            [*above, *below],
            [*[window] * len(padded), cell, *[None] * len(padded), cell],
            [*titles[0], f"expected ({bias})", *titles[1][: len(padded)], "yours"],
            right=expected[n, o],
            columns=len(above),
        )

    return Counterexample(text, draw)


CHECK = Check(
    "conv2d",
    points=5,
    forbids=LIBRARY,
    compare=close(1e-5, 0.05),  # of whole numbers: a sum in another order is the same, by Fourier transform nearly so
    hint=hint,
    explain=explain,
    cases=(
        Case("one channel, one filter, no bias", "values", convolving(bias=False)),
        Case("three channels, two filters", "values", convolving(channels=3, filters=2, size=(5, 6), kernel=(2, 3))),
        Case("as many filters as columns", "values", convolving(channels=2, filters=4, size=(5, 6))),
        Case(
            "stride 2, and a window that does not fit",
            "values",
            convolving(channels=2, filters=3, size=(8, 10), stride=2),
        ),
        Case("padding 1, two images", "values", convolving(2, 2, 3, (4, 7), (2, 4), padding=1)),
        Case("padding 2, stride 3", "values", convolving(1, 3, 2, (7, 9), (4, 3), stride=3, padding=2)),
        Case("each image alone", "property", convolving(3, 2, 2), probe=one_by_one, hint=False, explain=False),
        Case(
            "gradients of image, weight and bias",
            "property",
            convolving(2, 2, 3, stride=2, padding=1),
            probe=gradients_of(0, 1, 2),
            hint=GRAPH,
            explain=False,
        ),
        Case("a filter of one pixel", "edge", convolving(channels=4, filters=3, kernel=(1, 1))),
        Case("a filter as large as the image", "edge", convolving(channels=2, filters=3, kernel=(5, 7))),
        Case("one row", "edge", convolving(filters=2, size=(1, 9), kernel=(1, 3), stride=2)),
        Case("no images", "edge", convolving(0, 2, 3), close(), hint=False, explain=False),
        *styles(convolving(2, 2, 3, padding=1)),
    ),
)
