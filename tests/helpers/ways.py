"""Ways to call a right function, and to hand over what it returns, that must not cost a point.

`CALLS` change what goes in, `ANSWERS` what comes out, `DRESSES` the function itself; of a class, its `forward`. What
the docstrings leave open is changed, never a value.
"""

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from course_lib.checks.codec import copy
from course_lib.checks.kit.styles import each_tensor
from course_lib.checks.spec import Check


def every_second(values: Tensor) -> Tensor:
    """The same values in memory that holds others between them."""
    return torch.stack([values, torch.zeros_like(values)], dim=-1)[..., 0]


def turned(values: Tensor) -> Tensor:
    """The same values with the last axis far apart in memory."""
    return values.movedim(0, -1).contiguous().movedim(-1, 0) if values.ndim > 1 else every_second(values)


def backwards(values: Tensor) -> np.ndarray:
    """A NumPy view that runs backwards through memory."""
    flipped = values.detach().numpy()[::-1].copy()
    return flipped[::-1]


def of_type(dtype: torch.dtype) -> Callable[[Tensor], Tensor]:
    """Floats of this width; whole numbers and truth values stay."""
    return lambda values: values.to(dtype) if values.is_floating_point() else values


def short(values: Tensor) -> Tensor:
    """Positions and labels as 32-bit numbers."""
    return values.int() if values.dtype == torch.int64 else values


def foreign(values: Tensor) -> np.ndarray:
    """NumPy's, in the order of bytes of another machine."""
    array = values.detach().numpy()
    return array.astype(array.dtype.newbyteorder(">"))


def widest(values: Tensor) -> np.ndarray:
    """NumPy's widest floats, and whole numbers without a sign where none is negative."""
    array = values.detach().numpy()
    unsigned = array.dtype.kind == "i" and not (array < 0).any()
    return array.astype(np.longdouble if array.dtype.kind == "f" else np.uint64 if unsigned else array.dtype)


def unsigned(values: Tensor) -> Tensor:
    """Positions and labels as 32-bit numbers without a sign."""
    return values.to(torch.uint32) if values.dtype == torch.int64 and not (values < 0).any() else values


def learning(values: Tensor) -> Tensor:
    """Still part of a graph."""
    return values.clone().requires_grad_() if values.is_floating_point() else values


CALLS = {
    "float64": of_type(torch.float64),
    "every second": every_second,
    "turned": turned,
    "float64, every second": lambda values: every_second(of_type(torch.float64)(values)),
}

ANSWERS = {
    "float32": (of_type(torch.float32), np.float32),
    "float64": (of_type(torch.float64), np.float64),
    "every second": (every_second, torch.tensor),
    "turned, float64": (lambda values: turned(of_type(torch.float64)(values)), lambda number: torch.tensor([number])),
    "NumPy, backwards": (backwards, np.asarray),
    "NumPy, bytes turned round": (foreign, lambda number: np.asarray(number, ">f8")),
    "NumPy, as wide as can be": (widest, np.longdouble),
    "32-bit positions": (short, np.float32),
    "unsigned positions": (unsigned, np.float32),
    "learning": (learning, lambda number: torch.tensor(number, requires_grad=True)),
}


def around(function: Callable, call: Callable) -> Callable:
    """The function within `call(function, *inputs)`; of a class, a subclass whose `forward` stands within it."""
    if isinstance(function, type):

        class Other(function):
            def forward(self, *inputs: Any) -> Any:
                return call(super().forward, *inputs)

        return Other
    return functools.wraps(function)(functools.partial(call, function))


def called(function: Callable, change: Callable[[Tensor], Tensor]) -> Callable:
    """The function, called with changed tensors; modules, its own or one that it is given, go along with their type."""

    def call(inner: Callable, *inputs: Any) -> Any:
        others = each_tensor(inputs, change)
        types = [value.dtype for value in others if isinstance(value, Tensor) and value.is_floating_point()]
        for module in (getattr(inner, "__self__", None), *inputs):
            if types and isinstance(module, nn.Module):
                module.to(types[0])
        return inner(*others)

    return around(function, call)


def answered(function: Callable, tensor: Callable[[Tensor], Any], number: Callable[[float], Any]) -> Callable:
    """The function, its tensors (NumPy's are made ones first) and numbers handed over otherwise, a tuple as a list.

    Words stay.
    """

    def other(answer: Any) -> Any:
        if answer is None or isinstance(answer, str | nn.Module | nn.Parameter):
            return answer
        if callable(answer):
            return answered(answer, tensor, number)
        if isinstance(answer, tuple | list):
            return [other(part) for part in answer]
        if isinstance(answer, dict):
            return {key: other(part) for key, part in answer.items()}
        if isinstance(answer, Tensor) and answer.requires_grad:
            return tensor(answer)
        if isinstance(answer, Tensor | np.ndarray) and np.ndim(answer):
            return tensor(copy(answer))
        return number(float(answer))

    return around(function, lambda inner, *inputs: other(inner(*inputs)))


CUTS = {"answers NumPy, backwards", "answers NumPy, bytes turned round", "answers NumPy, as wide as can be"}
CUTS |= {"without gradients"}
KEEPS = {"answers learning"}
LEARN = {"train_step"}  # functions that call `backward` themselves


def may_be(way: str, check: Check) -> bool:
    """Whether the answers of a check may come in this way: its probes say whether a graph must be kept or cut."""
    if way == "without gradients" and check.name in LEARN:
        return False
    kept = {case.probe.graph_kept for case in check.cases if hasattr(case.probe, "graph_kept")}
    return not (way in CUTS and True in kept) and not (way in KEEPS and False in kept)


def noisy(function: Callable) -> Callable:
    """Prints, complains and warns at every call."""

    def call(inner: Callable, *inputs: Any) -> Any:
        print("called with", len(inputs), "arguments")
        print("careful", file=sys.stderr)
        warnings.warn("this is slow", UserWarning, stacklevel=2)
        return inner(*inputs)

    return around(function, call)


def without_gradients(function: Callable) -> Callable:
    """As if `torch.no_grad()` stood above it; of a class, above its `forward`."""
    return around(function, lambda inner, *inputs: torch.no_grad()(inner)(*inputs))


class Remembers:
    """A callable object with parameters of other names and one more that has a default."""

    def __init__(self, function: Callable):
        self.function, self.calls = function, 0

    def __call__(self, *a: Any, verbose: bool = False) -> Any:
        self.calls += 1
        return self.function(*a)


DRESSES = {
    "noisy": noisy,
    "an object": Remembers,
    "a partial": functools.partial,
    "a lambda": lambda function: lambda *x: function(*x),
    "without gradients": without_gradients,
    "a method": lambda function: Remembers(function).__call__,
}


def nms_from_behind(function: Callable) -> Callable:
    """Equal scores in the other order."""
    return lambda boxes, scores, t: len(boxes) - 1 - copy(function(boxes.flip(0), scores.flip(0), t))


def mine_from_behind(function: Callable) -> Callable:
    """Equal scores in the other order; features may be a NumPy array."""
    return lambda svm, rows: len(rows) - 1 - copy(function(svm, torch.as_tensor(rows).flip(0)))


TIES = {"nms": nms_from_behind, "mine_hard_negatives": mine_from_behind}
