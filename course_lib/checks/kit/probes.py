"""Other ways to ask a function, and what backpropagation finds behind its answer.

A probe takes (function, *inputs), in the order of the function's arguments, and runs beside the student's code.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor


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
