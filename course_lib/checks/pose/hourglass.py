"""Unit 06: what is asked of `Hourglass`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import max_pool2d

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, exact, worst
from course_lib.checks.kit.built import State, gradients, has_layers, loaded, run, run_each, train
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, numbered
from course_lib.checks.kit.styles import styles
from course_lib.checks.kit.weights import batch_norm, distinct, weights
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

TWO_WAYS = (
    "Follow x along both ways to the plus sign: at this resolution, and through the smaller one. What is missing?"
)
ODD = "How many windows of two hold a cell of an odd row? And which cells lie under the last one, once it is repeated?"
Config = tuple[int, int]


def hourglass(depth: int, channels: int, size: tuple[int, int], images: int = 1):
    """Arguments, weights and an input; no two numbers in a window of the input are equal."""

    def make(rng: Generator) -> Inputs:
        state: State = {}
        for level in range(depth):
            names = ["skip", "before", "after"] + ["inner"] * (level == depth - 1)
            for name in names:
                state |= block(rng, "inner." * level + name, channels)
        return {"config": (depth, channels), "state": state, "x": distinct(rng, images, channels, *size)}

    return make


def block(rng: Generator, name: str, channels: int) -> State:
    """The weights of one block."""
    convolution = weights(rng, channels, channels, 3, 3)
    return {f"{name}.0.weight": convolution, **batch_norm(rng, f"{name}.1", channels)}


def seen_sizes(module: Callable, config: Config, state: State, x: Tensor) -> list[list[int]]:
    """The heights and widths of what all convolutions read, largest first."""
    made, sizes = loaded(module, config, state, x), []
    for layer in made.modules():
        if isinstance(layer, torch.nn.Conv2d):
            layer.register_forward_hook(lambda layer, given, answer: sizes.append(list(given[0].shape[2:])))
    made(x)
    return sorted(sizes, reverse=True)


def stacked(module: Callable, config: Config, state: State, x: Tensor) -> Tensor:
    """The hourglass on its own answer."""
    made = loaded(module, config, state, x)
    return made(torch.as_tensor(copy(made(x))).to(x))


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off; x and what of it comes into the smaller half."""
    n, c, i, j = worst(answer, expected)
    x = inputs["x"]
    depth, channels = inputs["config"]
    text = (
        f"depth {depth}, {channels} channels, a map of {x.shape[2]} × {x.shape[3]} cells, in evaluation mode\n"
        f"image {n}, channel {c}, row {i}, column {j}: {both(answer, expected, (n, c, i, j))}"
    )

    def draw():
        small = max_pool2d(x, 2, ceil_mode=True)[n, c]
        titles = [f"x, channel {c}", "pooled", "expected", "yours"]
        boxes = [(i, j, 1, 1), (i // 2, j // 2, 1, 1), (i, j, 1, 1), (i, j, 1, 1)]
        return numbered([x[n, c], small, expected[n, c], answer[n, c]], boxes, titles, right=expected[n, c], columns=2)

    return Counterexample(text, draw)


def _silent(name: str, make_inputs: Callable[[Generator], Inputs], compare: Any, probe: Any, hint: Any = False) -> Case:
    """A property that says no more than what came."""
    return Case(name, "property", make_inputs, compare, probe, hint=hint, explain=False)


CHECK = Check(
    "Hourglass",
    points=5,
    compare=close(1e-3, 1e-4),
    probe=run,
    hint=TWO_WAYS,
    explain=explain,
    cases=(
        has_layers("the layers of depth 1", hourglass(1, 3, (4, 4))),
        has_layers("the layers of depth 3", hourglass(3, 2, (8, 8))),
        Case("depth 1", "values", hourglass(1, 3, (4, 6))),
        Case("depth 2", "values", hourglass(2, 2, (4, 8))),
        Case("depth 3, two images", "values", hourglass(3, 2, (8, 16), images=2)),
        _silent("the sizes at which it works", hourglass(3, 2, (16, 8)), exact(), seen_sizes),
        _silent("two hourglasses in a row", hourglass(1, 2, (6, 4)), close(1e-3, 1e-3), stacked),
        _silent("each image alone", hourglass(2, 2, (4, 4), images=3), close(1e-3, 1e-4), run_each),
        _silent("in training mode", hourglass(2, 2, (8, 8), images=2), close(1e-3, 1e-3), train),
        _silent(
            "gradients of x and of the weights", hourglass(2, 2, (4, 8)), close(1e-3, 1e-3), gradients("x"), hint=GRAPH
        ),
        Case("15 × 13 cells", "edge", hourglass(2, 2, (15, 13)), hint=ODD, essential=True),
        Case("5 × 6 cells, depth 3", "edge", hourglass(3, 2, (5, 6)), hint=ODD),
        Case("one cell", "edge", hourglass(2, 3, (1, 1)), hint=ODD),
        Case("no image", "edge", hourglass(1, 2, (4, 4), images=0), hint=False, explain=False),
        *styles(hourglass(2, 2, (4, 6)), probe=run),
    ),
)
