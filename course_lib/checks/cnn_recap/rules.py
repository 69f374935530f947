"""Unit 00: comparisons that no other unit needs."""

from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.cnn_recap.networks import differences
from course_lib.checks.compare import close, exact, like
from course_lib.checks.spec import Compare, Inputs, Mismatch

BRANCHES = (1, 3, 5, 6)  # places of ch1x1, ch3x3, ch5x5, pool_proj among an inception module's arguments
COSTS = ("parameters", "activations", "macs")
SPANS = ("size", "stride")
NEAR = close(1e-3, 1e-4)


def costs() -> Compare:
    """The three numbers of a cost, or of each of several calls, exactly; a wrong one is named."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        return like(answer, expected) or exact()(_named(answer), _named(expected), inputs)

    return compare


def _named(costs: Any) -> dict[str, Any]:
    if isinstance(costs[0], list | tuple):
        return {f"call {i}": _named(cost) for i, cost in enumerate(costs, start=1)}
    return dict(zip(COSTS, costs, strict=True))


def spans() -> Compare:
    """Size and stride, exactly; a wrong one is named."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected)
        pairs = [dict(zip(SPANS, both, strict=True)) for both in (answer, expected)] if wrong is None else []
        return wrong or exact()(*pairs, inputs)

    return compare


def same_layers() -> Compare:
    """Layers of the same names and shapes."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        told = differences(answer, expected)
        return Mismatch(f"With the arguments {tuple(inputs['config'])}: {told}.", rung="type") if told else None

    return compare


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


def untouched(answer: dict[str, Any], inputs: Inputs) -> tuple[str, str] | None:
    """What a function has left behind on a network that was lent to it, in words; None for nothing."""
    hooks = f"{abs(answer['hooks'])} of {'your' if answer['hooks'] > 0 else 'its own'} hooks"
    told = {
        "modes": "it, or a module in it, is in another mode (training or evaluation)",
        "hooks": f"{hooks} {'are still on it' if answer['hooks'] > 0 else 'are gone'}",
        "values": "its weights or its batch norm's statistics have other values",
        "learning": "its parameters hold gradients, or learn no longer",
        "attached": "your answer still holds the graph of the network",
    }
    found = [name for name in told if answer.get(name)]
    if not found:
        return None
    return "+".join(found), f"Expected the network as it was. After your call {' and '.join(told[f] for f in found)}."
