"""Unit 07: pairs of faces that may not be measured, and how a list of pairs is told."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.pictures import number
from course_lib.checks.kit.refusals import became, refused
from course_lib.checks.spec import Case, Inputs

MOST = 16  # pairs in one text
NAN = "NaN is at most no threshold and above none. What would your numbers say of such a pair?"
ONE_KIND = "What can be said of both kinds of mistakes when there are pairs of one kind only?"
Make = Callable[[Generator], Inputs]


def not_measured(make_inputs: Make, what: str, change: Callable[[Inputs], Inputs], hint: str) -> Case:
    """Bad input, which must be refused with a ValueError."""
    options = {"hint": hint, "explain": False}
    return Case(
        what, "edge", lambda rng: change(make_inputs(rng)), refused("ValueError", aside=True), became, **options
    )


def with_nan(inputs: Inputs) -> Inputs:
    """The distance of a pair in the middle is NaN."""
    distances = inputs["distances"].clone()
    distances[len(distances) // 2] = torch.nan
    return inputs | {"distances": distances}


def all_same(inputs: Inputs) -> Inputs:
    """Every pair shows one person."""
    return inputs | {"same": torch.ones_like(inputs["same"])}


def all_different(inputs: Inputs) -> Inputs:
    """Every pair shows two persons."""
    return inputs | {"same": torch.zeros_like(inputs["same"])}


def none_left(inputs: Inputs) -> Inputs:
    """No pair at all."""
    return {name: values[:0] for name, values in inputs.items()}


def told(distances: Tensor, same: Tensor) -> str:
    """The pairs by rising distance: "0.25 same, 0.50 different"."""
    order = distances.argsort(stable=True)
    words = [f"{digits(distances[i])} {'same' if same[i] else 'different'}" for i in order[:MOST].tolist()]
    return ", ".join(words) + (", …" if len(order) > MOST else "")


def digits(value: float | Tensor) -> str:
    """A distance, short; small ones with four digits behind the point."""
    value = float(value)
    return f"{value:.4f}" if 0 < abs(value) < 0.3 and value * 100 % 1 else number(value)
