"""Unit 00: what is asked of `InceptionModule`."""

from itertools import permutations
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, worst
from course_lib.checks.kit.built import BELOW_ZERO, gradients, has_layers, run, run_each
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, numbered
from course_lib.checks.kit.styles import styles
from course_lib.checks.kit.weights import numbers, weights
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch

LAYERS = {  # layer: (output, input, kernel); places among the module's arguments
    "conv1": (1, 0, 1),
    "reduce3": (2, 0, 1),
    "conv3": (3, 2, 3),
    "reduce5": (4, 0, 1),
    "conv5": (5, 4, 5),
    "project": (6, 0, 1),
}
BRANCHES = (1, 3, 5, 6)  # places of ch1x1, ch3x3, ch5x5, pool_proj among the arguments
KINDS = ("1×1", "3×3", "5×5", "pooling")  # the branches
NEAR = close(1e-3, 1e-4)

STACKED = "Each of your branches is right. In which order does the docstring stack them?"
BORDER = "Only cells at the border are wrong. What does each branch see beyond the border?"
IN_BRANCH = {
    0: "The branch of 1×1 filters is wrong. Which layers does the docstring put into it?",
    1: "The branch of 3×3 filters is wrong. Follow a number through it: which layer comes first, what lies in between?",
    2: "The branch of 5×5 filters is wrong. Follow a number through it: which layer comes first, what lies in between?",
    3: "The pooling branch is wrong. What does the projection read, and what counts beyond the border?",
}


def module(*widths: int, images: int = 1, size: tuple[int, int] = (4, 5)):
    """Arguments, weights and an input of an inception module; its widths are drawn where none are given.

    Most numbers of the input are negative, so that its border shows in the pooling.
    """

    def make(rng: Generator) -> Inputs:
        config = widths or tuple((rng.permutation(7) + 2).tolist())
        state = {}
        for name, (outside, inside, kernel) in LAYERS.items():
            state[f"{name}.weight"] = weights(rng, config[outside], config[inside], kernel, kernel)
            state[f"{name}.bias"] = numbers(rng, config[outside]) / 2
        return {"config": config, "state": state, "x": numbers(rng, images, config[0], *size) - 0.75}

    return make


def stacked() -> Compare:
    """Close; right branches in another order have a symptom of their own, whichever order it is."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = NEAR(answer, expected, inputs)
        if wrong is None or wrong.rung:
            return wrong
        return Mismatch(wrong.message, symptom="order" if orders(answer, expected, inputs) else "")

    return compare


def orders(answer: Tensor, expected: Tensor, inputs: Inputs) -> list[tuple[int, ...]]:
    """The other orders of the expected branches that give the answer; branch 0 is 1×1, 1 is 3×3, 2 is 5×5, 3 pools."""
    parts = expected.split(widths(inputs), dim=1)
    ways = list(permutations(range(len(parts))))[1:]
    return [way for way in ways if NEAR(answer, torch.cat([parts[at] for at in way], dim=1), inputs) is None]


def widths(inputs: Inputs) -> list[int]:
    """The number of channels of each branch, in the docstring's order."""
    return [inputs["config"][place] for place in BRANCHES]


def wrong_branches(answer: Tensor, expected: Tensor, inputs: Inputs) -> list[int]:
    """The branches whose channels are not the expected ones."""
    pairs = zip(answer.split(widths(inputs), dim=1), expected.split(widths(inputs), dim=1), strict=True)
    return [at for at, (mine, right) in enumerate(pairs) if NEAR(mine, right, inputs)]


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Signs, order, border, or the one branch that is wrong."""
    if bool((answer < 0).any()):
        return BELOW_ZERO
    if orders(answer, expected, inputs):
        return STACKED
    wrong = wrong_branches(answer, expected, inputs)
    inner = (answer - expected).abs()[:, :, 2:-2, 2:-2]
    if inner.numel() and float(inner.max()) < 1e-3:
        return BORDER
    return IN_BRANCH[wrong[0]] if len(wrong) == 1 else ""


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """Which branches are right, and the number that is furthest off."""
    n, c, i, j = worst(answer, expected)
    ends = torch.tensor(widths(inputs)).cumsum(0)
    branch = KINDS[int((c >= ends).sum())]
    wrong, way = wrong_branches(answer, expected, inputs), orders(answer, expected, inputs)
    told = [f"{kind}: {'wrong' if at in wrong else 'right'}" for at, kind in enumerate(KINDS)]
    text = (
        f"branches of {widths(inputs)} channels; {', '.join(told)}\n"
        f"channel {c}, of the {branch} branch, row {i}, column {j}: {both(answer, expected, (n, c, i, j))}"
    )
    if way:
        text += f"\nyour order: {', '.join(KINDS[at] for at in way[0])}; expected: {', '.join(KINDS)}"

    def draw():
        titles = [f"channel {c} ({branch}), expected", f"channel {c}, yours"]
        return numbered([expected[n, c], answer[n, c]], [(i, j, 1, 1)] * 2, titles, right=expected[n, c])

    return Counterexample(text, draw)


CHECK = Check(
    "InceptionModule",
    points=4,
    forbids=("torchvision.models.googlenet", "torchvision.models.inception"),
    compare=stacked(),
    probe=run,
    hint=hint,
    explain=explain,
    cases=(
        has_layers("its six layers", module()),
        Case("maps of one cell", "values", module(images=4, size=(1, 1)), explain=False),
        Case("branches of equal width", "values", module(3, 2, 4, 2, 5, 2, 2)),
        Case("branches of unequal width, 5 × 6 cells", "values", module(size=(5, 6))),
        Case("two images, 6 × 3 cells", "values", module(images=2, size=(6, 3))),
        Case("each image alone", "property", module(images=3), probe=run_each, hint=False, explain=False),
        Case(
            "gradients of input and weights",
            "property",
            module(),
            close(1e-3, 1e-3),
            gradients("x"),
            hint=GRAPH,
            explain=False,
        ),
        Case("no image", "edge", module(images=0), NEAR, hint=False, explain=False),
        Case("branches of one channel", "edge", module(2, 1, 1, 1, 1, 1, 1)),
        *styles(module(), probe=run),
    ),
)
