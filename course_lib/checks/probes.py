"""Probes and cases that many checks share: ways to call a student's function and bring back plain values.

A probe takes (function, *inputs), in the order of the function's arguments, and runs beside the student's code.
"""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import exact
from course_lib.checks.spec import Case, Compare, Inputs


def _each_tensor(inputs: tuple[Any, ...], change: Callable[[Tensor], Tensor]) -> list[Any]:
    return [change(value) if isinstance(value, Tensor) else value for value in inputs]


def _double(values: Tensor) -> Tensor:
    return values.double() if values.is_floating_point() else values


def _strided(values: Tensor) -> Tensor:
    """The same values as a view that is not contiguous."""
    return torch.stack([values, torch.zeros_like(values)], dim=-1)[..., 0]


def in_double(function: Callable, *inputs: Any) -> Any:
    """Call it with float64 instead of float32."""
    return function(*_each_tensor(inputs, _double))


def on_views(function: Callable, *inputs: Any) -> Any:
    """Call it with views that are not contiguous in memory."""
    return function(*_each_tensor(inputs, _strided))


def on_gpu(function: Callable, *inputs: Any) -> Any:
    """Call it with tensors on the GPU where there is one, otherwise as it is."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return function(*_each_tensor(inputs, lambda values: values.to(device)))


def inputs_after(function: Callable, *inputs: Any) -> list[Any]:
    """Call it, and answer with what has become of its inputs."""
    function(*inputs)
    return list(inputs)


def both_ways(function: Callable, first: Any, second: Any) -> list[Any]:
    """f(a, b) and f(b, a)."""
    return [function(first, second), function(second, first)]


def styles(make_inputs: Callable[[Generator], Inputs], compare: Compare) -> tuple[Case, ...]:
    """Four cases that every function on tensors should survive."""
    return (
        Case("float64", "edge", make_inputs, compare, in_double, weight=0.5),
        Case("views that are not contiguous", "edge", make_inputs, compare, on_views, weight=0.5),
        Case("tensors on the GPU, where there is one", "edge", make_inputs, compare, on_gpu, weight=0.5),
        Case(
            "leaves its input alone",
            "unchanged",
            make_inputs,
            exact(),
            inputs_after,
            hint="Someone else may still need what you were given: work on a copy.",
            weight=0.5,
        ),
    )
