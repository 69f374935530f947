"""Unit 05: what is asked of `UpBlock`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import interpolate

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, exact, worst
from course_lib.checks.kit.built import BELOW_ZERO, State, gradients, has_layers, run, run_each, train
from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, numbered
from course_lib.checks.kit.styles import styles
from course_lib.checks.kit.weights import batch_norm, numbers, weights
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

WAY = "Follow the numbers: enlarge, stack, convolve, normalise, ReLU. Which of the five can you check by hand?"
Size = tuple[int, int]
Config = tuple[int, int, int]


def block(
    inside: int, skip: int, outside: int, coarse: Size = (2, 3), fine: Size = (4, 6), images: int = 1, vary: bool = True
):
    """Arguments, weights and both inputs of a block; with `vary`, `inside` may be one more."""

    def make(rng: Generator) -> Inputs:
        config = (inside + (int(rng.integers(0, 2)) if vary else 0), skip, outside)
        state = {"conv.weight": weights(rng, outside, config[0] + skip, 3, 3), **batch_norm(rng, "bn", outside)}
        maps = {"coarse": numbers(rng, images, config[0], *coarse), "skip": numbers(rng, images, skip, *fine)}
        return {"config": config, "state": state, **maps}

    return make


def both_matter(module: Callable, config: Config, state: State, coarse: Tensor, skip: Tensor) -> dict[str, Any]:
    """The shape of a new block's answer, and whether it depends on each of the two maps."""
    begin_chance(12345)
    made = module(*config).to(coarse).eval()
    answers = [torch.as_tensor(copy(made(*maps))) for maps in ((coarse, skip), (coarse + 1, skip), (coarse, skip + 1))]
    first, *others = answers
    matter = [not torch.equal(first, other) for other in others]
    return {"the shape": list(first.shape), "the coarse map matters": matter[0], "the skip matters": matter[1]}


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Signs, or the way through the block."""
    return BELOW_ZERO if bool((answer < 0).any()) else WAY


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off; the first channel of what is stacked."""
    n, c, i, j = worst(answer, expected)
    coarse, skip = inputs["coarse"], inputs["skip"]
    sizes = [" × ".join(map(str, one.shape[1:])) for one in (coarse, skip)]
    text = (
        f"coarse {sizes[0]}, skip {sizes[1]} (channels × rows × columns), in evaluation mode\n"
        f"image {n}, channel {c}, row {i}, column {j}: {both(answer, expected, (n, c, i, j))}"
    )
    larger = interpolate(coarse, skip.shape[2:], mode="bilinear", align_corners=False)

    def draw():
        titles = ["coarse, enlarged, channel 0", "skip, channel 0", f"channel {c}, expected", f"channel {c}, yours"]
        maps = [larger[n, 0], skip[n, 0], expected[n, c], answer[n, c]]
        return numbered(maps, [(i, j, 1, 1)] * 4, titles, right=expected[n, c], columns=2)

    return Counterexample(text, draw)


CHECK = Check(
    "UpBlock",
    points=4,
    compare=close(1e-3, 1e-4),
    probe=run,
    hint=hint,
    explain=explain,
    cases=(
        has_layers("its two layers", block(2, 3, 4), "How many channels are stacked, and how many come out?"),
        Case(
            "both maps matter",
            "values",
            block(4, 4, 3, coarse=(2, 3), fine=(4, 6), images=2, vary=False),
            exact(),
            both_matter,
            hint="Stacked, the convolution sees both maps of an image side by side.",
            explain=False,
            weight=0.5,
        ),
        Case("twofold", "values", block(2, 3, 4)),
        Case("as many channels in both", "values", block(4, 4, 5, coarse=(3, 2), fine=(6, 4))),
        Case("3 × 4 cells to 7 × 9", "values", block(2, 3, 3, coarse=(3, 4), fine=(7, 9))),
        Case("two images, 4 × 3 cells to 7 × 5", "values", block(2, 7, 2, coarse=(4, 3), fine=(7, 5), images=2)),
        Case("each image alone", "property", block(2, 3, 2, images=3), probe=run_each, hint=False, explain=False),
        Case("in training mode", "property", block(2, 3, 4, images=2), probe=train, hint=False, explain=False),
        Case(
            "gradients of both maps and of the weights",
            "property",
            block(2, 3, 2),
            close(1e-3, 1e-3),
            gradients("coarse", "skip"),
            hint=GRAPH,
            explain=False,
        ),
        Case("one cell", "edge", block(2, 2, 2, coarse=(1, 1), fine=(1, 1))),
        Case("one cell to 3 × 2", "edge", block(2, 2, 3, coarse=(1, 1), fine=(3, 2))),
        Case("fourfold", "edge", block(2, 2, 2, coarse=(2, 1), fine=(8, 4))),
        Case("no image", "edge", block(2, 2, 3, images=0), hint=False, explain=False),
        *styles(block(2, 3, 2), probe=run),
    ),
)
