"""Unit 00: cases on networks that are lent to a student's function: it gives them back as it got them."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import nn

from course_lib.checks.codec import copy
from course_lib.checks.compare import judged_by
from course_lib.checks.kit.lent import hooks_on
from course_lib.checks.spec import Case, Inputs

LENT = "Whoever lent you the network goes on working with it."
FROZEN = "Some of its modules train while others do not. What does `model.train()` do to all of them?"


class Witness:
    """What a network was like before it was lent."""

    def __init__(self, model: nn.Module):
        self.model, self.before = model, self._seen(model)
        self.values = copy(model.state_dict())

    @staticmethod
    def _seen(model: nn.Module) -> tuple[list[bool], list[bool], int]:
        modes = [module.training for module in model.modules()]
        learning = [parameter.requires_grad for parameter in model.parameters()]
        return modes, learning, sum(map(hooks_on, model.modules()))

    def changes(self) -> dict[str, Any]:
        """What is other now: the modes, which weights learn, the values; how many hooks more there are."""
        (modes, learning, hooks), now = self.before, self._seen(self.model)
        values = copy(self.model.state_dict())
        moved = any(not torch.equal(value.double(), values[name].double()) for name, value in self.values.items())
        gradients = any(parameter.grad is not None for parameter in self.model.parameters())
        return {
            "modes": now[0] != modes,
            "hooks": now[2] - hooks,
            "values": moved,
            "learning": now[1] != learning or gradients,
        }


def lent(model: nn.Module, training: bool, frozen: bool) -> nn.Module:
    """The network in its mode, where it is `frozen` its batch norms in evaluation mode, with somebody's hook on it."""
    model.train(training)
    for module in model.modules():
        if frozen and isinstance(module, nn.BatchNorm2d):
            module.eval()
    next(model.children(), model).register_forward_hook(lambda *seen: None)
    return model


def changed(answer: dict[str, Any], inputs: Inputs) -> tuple[str, str] | None:
    """What a function has left behind on a network that was lent to it, in words; None for nothing."""
    hooks = f"{abs(answer['hooks'])} of {'your' if answer['hooks'] > 0 else 'its own'} hooks"
    told = {
        "modes": "it, or a module in it, is in another mode (training or evaluation)",
        "hooks": f"{hooks} {'are still on it' if answer['hooks'] > 0 else 'are gone'}",
        "values": "its weights or its batch norm's statistics have other values",
        "learning": "its parameters hold gradients, or learn no longer",
    }
    found = [name for name in told if answer[name]]
    if not found:
        return None
    return "+".join(found), f"Expected the network as it was. After your call {' and '.join(told[f] for f in found)}."


def untouched(
    make_inputs: Callable[[Generator], Inputs], after: Callable[..., Callable[..., dict[str, Any]]]
) -> tuple[Case, ...]:
    """Three cases: a network that trains, one in evaluation mode, one whose batch norms alone are in evaluation mode.

    Args:
        after: after(training, frozen) is a probe: what has changed in a network that was `lent` so, see `Witness`.
    """
    networks = {
        "leaves the network alone": (after(), LENT),
        "leaves a network in evaluation mode there": (after(training=False), LENT),
        "leaves a partly frozen network alone": (after(frozen=True), FROZEN),
    }
    return tuple(
        Case(name, "unchanged", make_inputs, judged_by(changed), probe, hint=hint, explain=False, weight=0.5)
        for name, (probe, hint) in networks.items()
    )
