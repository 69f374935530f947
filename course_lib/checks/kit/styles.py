"""Four cases that every function on tensors should survive, and the ways to call it that they take."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import exact
from course_lib.checks.kit.hints import COPY
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
    """The same values as a view that is not contiguous: with gaps, and column by column, so that `view` fails."""
    columns = values.mT if values.dim() > 1 else values
    view = torch.stack([columns, torch.zeros_like(columns)], dim=-1)[..., 0]
    return view.mT if values.dim() > 1 else view


def in_double(function: Callable, *inputs: Any) -> Any:
    """Call it with float64 instead of float32."""
    return function(*each_tensor(inputs, _double))


def on_views(function: Callable, *inputs: Any) -> Any:
    """Call it with views that are not contiguous in memory."""
    return function(*each_tensor(inputs, _strided))


def on_gpu(function: Callable, *inputs: Any) -> Any:
    """Call it with tensors on the GPU where there is one, otherwise as it is."""
    return function(*each_tensor(inputs, lambda values: values.to(gpu())))


@cache
def gpu() -> str:
    """Where there is a GPU its device, otherwise "cpu". Asked once: looking for a driver takes a millisecond."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def inputs_after(function: Callable, *inputs: Any) -> list[Any]:
    """Call it, and answer with what has become of its inputs."""
    function(*inputs)
    return list(inputs)


def within(style: Callable, probe: Callable) -> Callable:
    """The style's way to call, applied to a probe instead of a function."""
    return lambda function, *inputs: style(partial(probe, function), *inputs)


def styles(
    make_inputs: Callable[[Generator], Inputs], compare: Compare | None = None, probe: Callable[..., Any] = call
) -> tuple[Case, ...]:
    """Four cases that every function on tensors should survive; of a class, by the `probe` that builds and runs it.

    Without `compare` the first three are compared as their check says.
    """
    ways = {
        "float64": in_double,
        "views that are not contiguous": on_views,
        "tensors on the GPU, where there is one": on_gpu,
    }
    plain = {"explain": False, "weight": 0.5}
    return (
        *(
            Case(name, "edge", make_inputs, compare, within(way, probe), hint=False, **plain)
            for name, way in ways.items()
        ),
        Case(
            "leaves its input alone", "unchanged", make_inputs, exact(), within(inputs_after, probe), hint=COPY, **plain
        ),
    )
