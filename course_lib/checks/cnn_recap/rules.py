"""Unit 00: comparisons that no other unit needs."""

from itertools import permutations
from typing import Any

import torch

from course_lib.checks.cnn_recap.networks import differences
from course_lib.checks.compare import close
from course_lib.checks.spec import Compare, Inputs, Mismatch

BRANCHES = (1, 3, 5, 6)  # places of ch1x1, ch3x3, ch5x5, pool_proj among an inception module's arguments


def same_layers() -> Compare:
    """Layers of the same names and shapes."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        told = differences(answer, expected)
        return Mismatch(f"With the arguments {tuple(inputs['config'])}: {told}.", rung="type") if told else None

    return compare


def stacked() -> Compare:
    """Close; right branches in another order have a symptom of their own, whichever order it is."""
    near = close(1e-3, 1e-4)

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = near(answer, expected, inputs)
        if wrong is None or wrong.rung:
            return wrong
        branches = expected.split([inputs["config"][place] for place in BRANCHES], dim=1)
        others = (torch.cat(order, dim=1) for order in permutations(branches))
        reordered = any(near(answer, other, inputs) is None for other in others)
        return Mismatch(wrong.message, symptom="order" if reordered else "")

    return compare


def untouched(answer: dict[str, Any], inputs: Inputs) -> tuple[str, str] | None:
    """What a function has left behind on a network that was lent to it, in words; None for nothing."""
    hooks = f"{abs(answer['hooks'])} of {'your' if answer['hooks'] > 0 else 'its own'} hooks"
    told = {
        "modes": "it is in another mode (training or evaluation) than you got it",
        "hooks": f"{hooks} {'are still on it' if answer['hooks'] > 0 else 'are gone'}",
        "values": "its weights or its batch norm's statistics have other values",
        "learning": "its parameters hold gradients, or learn no longer",
        "attached": "your answer still holds the graph of the network",
    }
    found = [name for name in told if answer.get(name)]
    if not found:
        return None
    return "+".join(found), f"Expected the network as it was. Now {' and '.join(told[name] for name in found)}."
