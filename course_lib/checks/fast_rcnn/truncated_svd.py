"""Unit 03: what is asked of `truncated_svd`."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.compare import close, describe, exact, worst
from course_lib.checks.fast_rcnn.pictures import grey
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.refusals import forgotten
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Refusal

FACTORS = "W is U Σ Vᵀ. Which shapes have the three, and which columns and rows belong to the largest values?"


def layer(inputs: int, outputs: int, rank: int, bias: bool = True):
    """A layer's weight and bias (None without), a rank, and inputs to try it on."""

    def make(rng: Generator) -> Inputs:
        return {
            "weight": _weight(rng, outputs, inputs),
            "bias": rounded(rng.normal(size=outputs)) if bias else None,
            "rank": rank,
            "x": rounded(rng.normal(size=(4, inputs))),
        }

    return make


def _weight(rng: Generator, outputs: int, inputs: int) -> Tensor:
    """A matrix whose singular values are well apart, so that the best approximation is one alone."""
    u, _, vt = np.linalg.svd(rng.normal(size=(outputs, inputs)), full_matrices=False)
    sigma = [0.6**i * rng.uniform(2.9, 3.1) for i in range(min(outputs, inputs))]
    return rounded(u @ np.diag(sigma) @ vt)


def factor(function: Callable, weight: Tensor, bias: Tensor | None, rank: int, x: Tensor) -> dict[str, Any]:
    """truncated_svd of a layer: the weights' shapes, which biases there are, the product, outputs for x.

    Where the first layer has a bias, which it should not, there are no outputs: it may hold anything.
    """
    first, second = _two_layers(function(_linear(weight, bias), rank), weight)
    with torch.no_grad():
        outputs = second(first(x)) if first.bias is None else x.new_full((len(x), len(second.weight)), torch.nan)
        return {
            "the shape of the first weight": list(first.weight.shape),
            "the shape of the second weight": list(second.weight.shape),
            "the first layer has a bias": first.bias is not None,
            "the second layer has a bias": second.bias is not None,
            "product": second.weight @ first.weight,
            "outputs": outputs,
        }


def factor_in_double(function: Callable, weight: Tensor, bias: Tensor, rank: int, x: Tensor) -> dict[str, Any]:
    """The same with a layer of 64-bit numbers."""
    return factor(function, weight.double(), bias.double(), rank, x.double())


def layer_after(function: Callable, weight: Tensor, bias: Tensor, rank: int, x: Tensor) -> list[Tensor]:
    """The layer's own weight and bias after the call, and after the two new layers were changed."""
    linear = _linear(weight, bias)
    for layer in _two_layers(function(linear, rank), weight):
        for parameter in layer.parameters():
            parameter.data.zero_()
    return [linear.weight, linear.bias]


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    linear.weight.data = weight.clone()
    if bias is not None:
        linear.bias.data = bias.clone()
    return linear


def _two_layers(answer: Any, weight: Tensor) -> list[nn.Linear]:
    """The layers of the answer.

    Raises:
        Refusal: not two layers that can stand for the one with this weight.
    """
    if not isinstance(answer, nn.Sequential):
        raise Refusal(f"Expected an nn.Sequential of two nn.Linear, got {describe(answer)}.{forgotten(answer)}")
    names = [type(layer).__name__ for layer in answer]
    if len(names) != 2 or not all(isinstance(layer, nn.Linear) for layer in answer):
        advice = "Nothing stands between them: the product of two matrices is meant."
        raise Refusal(f"Expected two nn.Linear in the nn.Sequential, got {', '.join(names) or 'none'}. {advice}")
    first, second = answer
    shapes = [list(layer.weight.shape) for layer in answer]
    ends = (second.weight.shape[0], first.weight.shape[1])
    if ends != tuple(weight.shape) or second.weight.shape[1] != first.weight.shape[0]:
        raise Refusal(
            f"Expected weights of shape [rank, {weight.shape[1]}] and [{weight.shape[0]}, rank], got {shapes[0]} and "
            f"{shapes[1]}. A weight of nn.Linear is [out, in]."
        )
    kinds = {str(parameter.dtype) for parameter in answer.parameters()}
    if kinds != {str(weight.dtype)}:
        raise Refusal(f"Expected layers of the old one's numbers ({weight.dtype}), got {' and '.join(sorted(kinds))}.")
    return [first, second]


def product_hint(otherwise: str):
    """Only where the product of the two matrices is wrong."""

    def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
        mine, theirs = answer["product"].double(), expected["product"].double()
        return "" if torch.allclose(mine, theirs, 1e-3, 1e-4) else otherwise

    return hint


def explain(inputs: Inputs, answer: dict, expected: dict) -> Counterexample:
    """Shapes and biases of the two layers, and the number that is furthest off; both products side by side."""
    text = f"a layer with weight {list(inputs['weight'].shape)}, rank {inputs['rank']}\n"
    for name in expected:
        if name not in ("product", "outputs") and answer[name] != expected[name]:
            return Counterexample(f"{text}{name}: expected {expected[name]}, yours {answer[name]}")
    products = [one["product"].double() for one in (answer, expected)]
    name = "outputs" if torch.allclose(*products, 1e-3, 1e-4) else "product"
    place = worst(answer[name], expected[name])
    values = f"expected {expected[name][place]:.4f}, yours {answer[name][place]:.4f}"
    what = "second weight times first weight" if name == "product" else "outputs"

    def draw():
        both = {"expected": expected[name], "yours": answer[name]}
        most = max(float(one.nan_to_num(0).abs().max()) for one in both.values())
        titles = [f"{what},\n{whose}" for whose in both]
        return plots.image_grid([grey(one, most) for one in both.values()], titles=titles, columns=2, width=7)[0]

    return Counterexample(f"{text}{what} at {list(place)}: {values}", draw)


CHECK = Check(
    "truncated_svd",
    points=3,
    compare=close(1e-3, 1e-4),
    probe=factor,
    hint=product_hint(FACTORS),
    explain=explain,
    cases=(
        Case("seven inputs, five outputs, rank 3", "values", layer(7, 5, 3)),
        Case("five inputs, eight outputs, rank 2", "values", layer(5, 8, 2)),
        Case("a square matrix, rank 4", "values", layer(6, 6, 4)),
        Case(
            "as many as there are",
            "values",
            layer(6, 4, 4),
            hint=product_hint("Nothing is left out: the two layers give what the one gave."),
        ),
        Case("rank 1", "edge", layer(6, 9, 1), hint=product_hint("The strongest direction alone.")),
        Case("no bias", "edge", layer(4, 7, 2, bias=False), hint=False),
        Case("float64", "edge", layer(5, 4, 2), probe=factor_in_double, hint=False, explain=False, weight=0.5),
        Case(
            "leaves the layer alone",
            "unchanged",
            layer(5, 4, 2),
            exact(),
            layer_after,
            hint="The new layers need memory of their own.",
            explain=False,
            weight=0.5,
        ),
    ),
)
