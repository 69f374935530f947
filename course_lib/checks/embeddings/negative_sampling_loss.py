"""Unit 08: what is asked of `negative_sampling_loss`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import softplus

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

ONE = "Take the one pair. Which scores should be large here, which small, and what does each of them cost?"
SUMS = "Take one pair alone: is its cost right? Then: over what do you sum, and over what do you average?"
SURE = "The logarithm of a number that was rounded to 0 is infinite. Is there a function that takes the score itself?"
NONE = "Without noise words there is nothing to subtract: what is the sum over no numbers?"


MOST = 5.0  # a score, so that whoever takes the logarithm of a sigmoid loses no digits


def pairs(b: int, k: int, d: int, scale: float = 1.0):
    """So many pairs with k noise words each, vectors of d numbers and unequal lengths; no score is above 5."""

    def make(rng: Generator) -> Inputs:
        shapes = {"center": (b, d), "context": (b, d), "negatives": (b, k, d)}
        lengths = {name: rng.uniform(0.3, 1.7, (*shape[:-1], 1)) for name, shape in shapes.items()}
        drawn = {name: scale * rng.normal(size=shape) * lengths[name] for name, shape in shapes.items()}
        return {name: rounded(values, 64) for name, values in drawn.items()}

    return until(make, _moderate)


def _moderate(inputs: Inputs) -> bool:
    """Whether no score is large, of the context or the noise with the centre, or of the noise with the context."""
    center, context, negatives = (inputs[name] for name in ("center", "context", "negatives"))
    scores = [center * context, negatives * center[:, None], negatives * context[:, None]]
    return all(bool((one.sum(dim=-1).abs() <= MOST).all()) for one in scores)


def sure(right: bool):
    """Scores of 100 and -100: the network is sure, and right or wrong."""

    def make(rng: Generator) -> Inputs:
        signs = torch.as_tensor(rng.choice([-1.0, 1.0], 3)).float()[:, None]
        center = 10 * signs * torch.eye(3, 4)
        return {"center": center, "context": center if right else -center, "negatives": _apart(center, right)}

    return make


def _apart(center: Tensor, right: bool) -> Tensor:
    """Two noise words for each pair, whose scores are -100, or 100 where the network is wrong."""
    return (-center if right else center)[:, None].repeat(1, 2, 1)


def reordered(function: Callable, center: Tensor, context: Tensor, negatives: Tensor) -> list[Any]:
    """The loss with the pairs in another order, with the noise in another order, and with all pairs twice."""
    pairs = (center, context, negatives)
    views = [(t.flip(0) for t in pairs), (center, context, negatives.flip(1)), (torch.cat([t, t]) for t in pairs)]
    return [float(torch.as_tensor(copy(function(*view)))) for view in views]


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """One pair by itself, or how the pairs are put together."""
    return ONE if len(inputs["center"]) == 1 else SUMS


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The scores of the first pair and what each costs, and both losses."""
    center, context, negatives = (inputs[name].double() for name in ("center", "context", "negatives"))
    scores = torch.cat([(center[0] @ context[0])[None], negatives[0] @ center[0]])
    costs = softplus(torch.cat([-scores[:1], scores[1:]])).tolist()
    names = ["its context", *(f"noise word {i}" for i in range(1, len(costs)))]
    b, k, d = negatives.shape
    told = ", ".join(f"{name} {score:.2f}" for name, score in zip(names, scores.tolist(), strict=True))
    text = (
        f"{b} pairs with {k} noise words each, {d} numbers a vector\nscores of the first centre with {told}\n"
        f"the loss: expected {float(expected):.4f}, yours {float(answer):.4f}"
    )
    bars = dict(zip((f"cost of {name}" for name in names), costs, strict=True))
    bars |= {"loss, expected": float(expected), "loss, yours": float(answer)}
    colors = [ASIDE] * len(costs) + [EXPECTED, YOURS]
    values = torch.tensor(list(bars.values())).nan_to_num(0, 0, 0).tolist()
    return Counterexample(text, lambda: plots.bars(list(bars), values, "cost", colors=colors, form="{:.3f}"))


CHECK = Check(
    "negative_sampling_loss",
    points=3,
    compare=close(1e-4, 1e-6),
    hint=hint,
    explain=explain,
    cases=(
        Case("one pair, one noise word", "values", pairs(1, 1, 3)),
        Case("one pair, four noise words", "values", pairs(1, 4, 3)),
        Case("five pairs, one noise word", "values", pairs(5, 1, 4)),
        Case("six pairs, three noise words", "values", pairs(6, 3, 5)),
        Case("as many pairs as noise words and numbers", "values", pairs(4, 4, 4)),
        Case("two pairs, seven noise words", "values", pairs(2, 7, 3, scale=1.5)),
        Case("other orders, twice the pairs", "property", pairs(5, 3, 4), probe=reordered, explain=False),
        Case(
            "gradients of all three",
            "property",
            pairs(4, 3, 5),
            close(1e-3, 1e-6),
            gradients_of(0, 1, 2),
            hint=GRAPH,
            explain=False,
        ),
        Case("scores of 100 where they should be -100", "edge", sure(right=False), hint=SURE, essential=True),
        Case("scores of 100 where they should be", "edge", sure(right=True), hint=SURE),
        Case(
            "gradients where the network is sure and wrong",
            "edge",
            sure(right=False),
            close(1e-3, 1e-6),
            gradients_of(0, 1, 2),
            hint=SURE,
            explain=False,
        ),
        Case("no noise word", "edge", pairs(4, 0, 3), hint=NONE),
        Case("vectors of one number", "edge", pairs(3, 2, 1)),
        *styles(pairs(4, 3, 5)),
    ),
)
