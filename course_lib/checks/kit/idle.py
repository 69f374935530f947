"""A loss that has nothing to learn from: what a step of training does with it."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from course_lib.checks.kit.probes import graph
from course_lib.checks.spec import Compare, Inputs, Mismatch

TOLD = {
    "no graph": "`backward` fails: your loss is not computed from them, and has no graph.",
    "apart": "No gradient arrives: your loss is a number of its own.",
    "moves": "The gradients are not 0.",
}


def idle_step(*positions: int) -> Callable[..., str]:
    """A probe: what `backward`, begun at the loss as in training, leaves in the inputs at these positions, in a word.

    "idle" for gradients of 0; it is enough that they arrive at one of the inputs. Else a key of `TOLD`.
    """

    @graph(kept=True)
    def step(function: Callable, *inputs: Any) -> str:
        given = list(inputs)
        for position in positions:
            given[position] = given[position].clone().requires_grad_()
        loss = function(*given)
        if not (isinstance(loss, Tensor) and loss.requires_grad):
            return "no graph"
        loss.backward()
        found = [given[position].grad for position in positions if given[position].grad is not None]
        if not found:
            return "apart"
        return "idle" if all(bool((gradient == 0).all()) for gradient in found) else "moves"

    return step


def idle(names: str) -> Compare:
    """Such a step must leave gradients of 0 in the inputs, which have these names."""

    def compare(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
        if answer == expected:
            return None
        told = f"Expected gradients of 0 in the {names}. {TOLD.get(str(answer), '')}".rstrip()
        return Mismatch(told, symptom=str(answer))

    return compare
