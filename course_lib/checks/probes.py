"""Probes and cases that many checks share: ways to call a student's function and bring back plain values.

A probe takes (function, *inputs), in the order of the function's arguments, and runs beside the student's code.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import exact
from course_lib.checks.spec import Case, Compare, Inputs, call


def each_tensor(tree: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The same lists, tuples and dicts with every tensor in them changed."""
    if isinstance(tree, dict):
        return {key: each_tensor(value, change) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(each_tensor(value, change) for value in tree)
    return change(tree) if isinstance(tree, Tensor) else tree


def _double(values: Tensor) -> Tensor:
    return values.double() if values.is_floating_point() else values


def _strided(values: Tensor) -> Tensor:
    """The same values as a view that is not contiguous."""
    return torch.stack([values, torch.zeros_like(values)], dim=-1)[..., 0]


def in_double(function: Callable, *inputs: Any) -> Any:
    """Call it with float64 instead of float32."""
    return function(*each_tensor(inputs, _double))


def on_views(function: Callable, *inputs: Any) -> Any:
    """Call it with views that are not contiguous in memory."""
    return function(*each_tensor(inputs, _strided))


def on_gpu(function: Callable, *inputs: Any) -> Any:
    """Call it with tensors on the GPU where there is one, otherwise as it is."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return function(*each_tensor(inputs, lambda values: values.to(device)))


def inputs_after(function: Callable, *inputs: Any) -> list[Any]:
    """Call it, and answer with what has become of its inputs."""
    function(*inputs)
    return list(inputs)


def both_ways(function: Callable, first: Any, second: Any) -> list[Any]:
    """f(a, b) and f(b, a)."""
    return [function(first, second), function(second, first)]


def graph(kept: bool) -> Callable[[Callable], Callable]:
    """Marks a probe that looks at the answer's graph: it is to be `kept` (the probe calls backward), or cut."""

    def mark(probe: Callable) -> Callable:
        probe.graph_kept = kept
        return probe

    return mark


def gradients_of(*positions: int) -> Callable[..., list[Tensor]]:
    """A probe: the gradients with respect to the inputs at these positions, zeros where none arrives.

    Backward starts from the answer's first part plus twice its second and so on, each summed over its elements, so that
    exchanged parts show.
    """

    @graph(kept=True)
    def gradients(function: Callable, *inputs: Any) -> list[Tensor]:
        given = list(inputs)
        for position in positions:
            given[position] = given[position].clone().requires_grad_()
        answer = function(*given)
        return backward(answer if isinstance(answer, list | tuple) else [answer], [given[at] for at in positions])

    return gradients


def backward(parts: Iterable[Any], leaves: Sequence[Tensor]) -> list[Tensor]:
    """The gradients of the first part plus twice the second and so on; a part without a graph adds nothing."""
    learning = [
        times * part.sum()
        for times, part in enumerate(parts, start=1)
        if isinstance(part, Tensor) and part.requires_grad
    ]
    if learning:
        sum(learning).backward()
    return [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]


def within(style: Callable, probe: Callable) -> Callable:
    """The style's way to call, applied to a probe instead of a function."""
    return lambda function, *inputs: style(partial(probe, function), *inputs)


def styles(
    make_inputs: Callable[[Generator], Inputs], compare: Compare, probe: Callable[..., Any] = call
) -> tuple[Case, ...]:
    """Four cases that every function on tensors should survive; of a class, by the `probe` that builds and runs it."""
    return (
        Case("float64", "edge", make_inputs, compare, within(in_double, probe), weight=0.5),
        Case("views that are not contiguous", "edge", make_inputs, compare, within(on_views, probe), weight=0.5),
        Case("tensors on the GPU, where there is one", "edge", make_inputs, compare, within(on_gpu, probe), weight=0.5),
        Case(
            "leaves its input alone",
            "unchanged",
            make_inputs,
            exact(),
            within(inputs_after, probe),
            hint="Someone else may still need what you were given: work on a copy.",
            weight=0.5,
        ),
    )
