"""Unit 00: what is asked of `max_pool2d`."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.cnn_recap.shared import maps
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, exact, worst
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, number, numbered
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

NEGATIVE = "The largest of negative numbers is negative. With which number does your search begin?"
OVERLOOKED = "Somewhere you miss the largest number. Write down all numbers of that window: which ones do you look at?"
BEYOND = "Some of your numbers are not in their window. Where does that window begin, and where does it end?"


def pooling(*shape: int, kernel: int = 2, stride: int = 2, negative: bool = False):
    """Maps of positive numbers, or with `negative` of negative ones; no two are equal."""

    def make(rng: Generator) -> Inputs:
        x = maps(rng, *shape)
        x = x - x.min() + 1 if x.numel() else x
        return {"x": -x if negative else x, "kernel": kernel, "stride": stride}

    return make


def brighter(function: Callable, x: Tensor, kernel: int, stride: int) -> Tensor:
    """max_pool2d of 2x + 3, brought back."""
    return (torch.as_tensor(copy(function(2 * x + 3, kernel, stride))) - 3) / 2


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Too large, or not large enough."""
    if bool((expected < 0).all()) and bool((answer > expected).any()):
        return NEGATIVE
    return BEYOND if bool((answer > expected).any()) else OVERLOOKED


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The window whose largest value is furthest off."""
    n, c, i, j = worst(answer, expected)
    kernel, stride, seen = inputs["kernel"], inputs["stride"], inputs["x"][n, c]
    window = seen[i * stride : i * stride + kernel, j * stride : j * stride + kernel]
    told = "; ".join(" ".join(map(number, row)) for row in window.tolist())
    text = (
        f"kernel {kernel}, stride {stride}; image {n}, channel {c}, row {i}, column {j} of the answer\n"
        f"window [{told}]: {both(answer, expected, (n, c, i, j))}"
    )

    def draw():
        boxes = [(i * stride, j * stride, kernel, kernel), (i, j, 1, 1), (i, j, 1, 1)]
        shown, titles = [seen, expected[n, c], answer[n, c]], ["map and window", "expected", "yours"]
        return numbered(shown, boxes, titles, right=expected[n, c])

    return Counterexample(text, draw)


CHECK = Check(
    "max_pool2d",
    points=3,
    forbids=(
        *(f"{module}.max_pool{d}d" for module in ("torch", "torch.nn.functional") for d in (1, 2, 3)),
        *(f"torch.nn.functional.{kind}max_pool{d}d" for kind in ("adaptive_", "fractional_") for d in (2, 3)),
        *(f"torch.nn.functional.max_pool{d}d_with_indices" for d in (1, 2, 3)),
        *(f"torch.nn.{kind}MaxPool{d}d" for kind in ("", "Adaptive", "Fractional") for d in (1, 2, 3)),
        *("scipy.ndimage", "skimage.measure.block_reduce"),
    ),
    compare=exact(),
    hint=hint,
    explain=explain,
    cases=(
        Case("one map, tiles of 2", "values", pooling(1, 1, 4, 6)),
        Case("windows of 3 that move by 2", "values", pooling(1, 1, 7, 9, kernel=3)),
        Case("only negative responses", "values", pooling(1, 2, 4, 6, negative=True)),
        Case("a window that does not fit", "values", pooling(1, 1, 8, 10, kernel=3)),
        Case("two images of three channels", "values", pooling(2, 3, 5, 8, kernel=3, stride=1)),
        Case("windows with gaps between them", "values", pooling(1, 2, 8, 12, stride=3)),
        Case(
            "brighter and more contrast",
            "property",
            pooling(1, 2, 5, 7, kernel=3),
            probe=brighter,
            hint=False,
            explain=False,
        ),
        Case(
            "gradient",
            "property",
            pooling(1, 2, 7, 9, kernel=3),
            close(1e-4, 1e-5),
            gradients_of(0),
            hint=GRAPH,
            explain=False,
        ),
        Case("windows of one pixel", "edge", pooling(1, 2, 3, 5, kernel=1)),
        Case("one window alone", "edge", pooling(2, 2, 4, 4, kernel=4, stride=3)),
        Case("no images", "edge", pooling(0, 2, 4, 6), close(), hint=False, explain=False),
        *styles(pooling(2, 2, 5, 7, kernel=3)),
    ),
)
