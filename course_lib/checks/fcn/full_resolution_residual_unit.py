"""Unit 05: what is asked of `FullResolutionResidualUnit`."""

from collections.abc import Sequence

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, worst
from course_lib.checks.kit.built import BELOW_ZERO, gradients, has_layers, run, run_each, train
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.parts import named
from course_lib.checks.kit.pictures import both, numbered
from course_lib.checks.kit.styles import styles
from course_lib.checks.kit.weights import batch_norm, numbers, weights
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

Y = "The new y is wrong: which two maps are stacked, how was one of them made smaller, and what follows each of them?"
Z = "The new y is right, the new z is not. What was added to z, and which cells of z did each cell of it reach?"


def unit(y: int, z: int, out: int, scale: int, size: tuple[int, int], images: int = 1):
    """Arguments, weights and both streams of a unit; z has this size, and no two numbers in it are equal.

    y has one channel more or not, where it has not as many as come out.
    """

    def make(rng: Generator) -> Inputs:
        config = (y + (int(rng.integers(0, 2)) if y != out else 0), z, out, scale)
        state = {"conv1.weight": weights(rng, out, config[0] + z, 3, 3), **batch_norm(rng, "bn1", out)}
        state |= {"conv2.weight": weights(rng, out, out, 3, 3), **batch_norm(rng, "bn2", out)}
        state |= {"to_z.weight": weights(rng, z, out, 1, 1), "to_z.bias": numbers(rng, z) / 2}
        less = [-(-side // scale) for side in size]
        streams = {"y": numbers(rng, images, config[0], *less), "z": _distinct(rng, images, z, *size)}
        return {"config": config, "state": state, **streams}

    return make


def _distinct(rng: Generator, *shape: int) -> Tensor:
    """Numbers from -2 to 2, no two equal: the largest of a window is one alone."""
    count = int(torch.Size(shape).numel())
    return rounded(4 * (rng.permutation(count) + 0.5) / max(count, 1) - 2, 1024).reshape(shape)


def hint(answer: Sequence[Tensor], expected: Sequence[Tensor], inputs: Inputs) -> str:
    """Which of the two streams is wrong."""
    if not torch.allclose(answer[0].double(), expected[0].double(), 1e-3, 1e-4):
        return BELOW_ZERO if bool((answer[0] < 0).any()) else Y
    return Z


def explain(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The number that is furthest off in y or, where y is right, in z; both maps of that channel."""
    part = int(torch.allclose(answer[0].double(), expected[0].double(), 1e-3, 1e-4))
    n, c, i, j = place = worst(answer[part], expected[part])
    _, _, _, scale = inputs["config"]
    text = (
        f"y has {inputs['y'].shape[2]} × {inputs['y'].shape[3]} cells, z {inputs['z'].shape[2]} × "
        f"{inputs['z'].shape[3]}, scale {scale}, in evaluation mode\n"
        f"new {'yz'[part]}, image {n}, channel {c}, row {i}, column {j}: {both(answer[part], expected[part], place)}"
    )
    before = float(inputs["z"][place]) if part else 0.0
    if part:
        text += f"\nz was {before:.2f} there: expected to add {float(expected[1][place]) - before:.2f}"

    def draw():
        maps, titles = [expected[part][n, c], answer[part][n, c]], ["expected", "yours"]
        if part:
            maps, titles = [inputs["z"][n, c], *maps], ["z before", *titles]
        titles = [f"{title}, channel {c}" for title in titles]
        return numbered(maps, [(i, j, 1, 1)] * len(maps), titles, right=expected[part][n, c])

    return Counterexample(text, draw)


CHECK = Check(
    "FullResolutionResidualUnit",
    points=5,
    compare=named(close(1e-3, 1e-4), "y", "z"),
    probe=run,
    hint=hint,
    explain=explain,
    cases=(
        has_layers("its five layers", unit(3, 2, 4, 2, (4, 6)), "Both streams go into the first convolution."),
        Case("scale 2", "values", unit(3, 2, 4, 2, (4, 6))),
        Case("y keeps its channels", "values", unit(3, 2, 3, 2, (6, 4))),
        Case("scale 4", "values", unit(2, 3, 3, 4, (8, 12))),
        Case("two images, scale 3", "values", unit(4, 1, 2, 3, (6, 9), images=2)),
        Case(
            "each image alone",
            "property",
            unit(2, 2, 3, 2, (4, 2), images=3),
            probe=run_each,
            hint=False,
            explain=False,
        ),
        Case(
            "in training mode",
            "property",
            unit(2, 2, 3, 2, (6, 4), images=2),
            close(1e-3, 1e-4),
            train,
            hint=False,
            explain=False,
        ),
        Case(
            "gradients of both streams and of the weights",
            "property",
            unit(2, 2, 3, 2, (4, 6)),
            close(1e-3, 1e-3),
            gradients("y", "z"),
            hint=GRAPH,
            explain=False,
        ),
        Case(
            "sizes that are no multiples of the scale",
            "edge",
            unit(2, 3, 3, 3, (7, 10)),
            hint="How many windows hold a cell, and how large is the map when each cell is repeated?",
        ),
        Case("z smaller than a window", "edge", unit(2, 2, 3, 4, (3, 2))),
        Case("scale 1", "edge", unit(3, 2, 2, 1, (3, 4))),
        Case("no image", "edge", unit(2, 2, 3, 2, (4, 4), images=0), hint=False, explain=False),
        *styles(unit(2, 3, 3, 2, (4, 6)), probe=run),
    ),
)
