"""Unit 01: what a call leaves behind in a network: modes, hooks, flags, weights."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.kit.lent import hooks_on
from course_lib.checks.spec import Compare, Inputs, Mismatch
from course_lib.checks.transfer_learning.networks import build
from course_lib.checks.transfer_learning.shared import some

MOST = 64  # images in one pass


@torch.enable_grad()
def traces(function: Callable, model: dict, images: Tensor, layer: str) -> list[str]:
    """What extract_features leaves behind, in words; an error of the network's own is awaited."""
    network, passes = build(model, images), []  # their sizes
    first = next(module for module in network.modules() if isinstance(module, nn.Conv2d))
    first.register_forward_pre_hook(lambda module, inputs: passes.append(len(inputs[0])))
    before = _standing(network)
    try:
        function(network, images, layer)
    except RuntimeError as error:  # some inputs have a channel too many: what counts is the state that is left
        if "channels" not in str(error):
            raise
    gradients = torch.is_grad_enabled()
    found = [name.format(*pair) for name, pair in _differing(before, _standing(network))]
    found += [] if gradients else ["gradients are switched off for all that follows"]
    found += [f"{max(passes)} images went through at once"] if max(passes, default=0) > MOST else []
    again = sum(passes) > len(images)
    return found + ([f"{sum(passes)} images went through the network, and there are {len(images)}"] if again else [])


def _standing(network: nn.Module) -> dict[str, Any]:
    """All that a call could leave changed: sentences with a place for before and after, and the values."""
    found: dict[str, Any] = {}
    for name, module in network.named_modules():
        at = name or "the model"
        found[at + ": {0} hooks before, {1} after"] = hooks_on(module)
        found[at + ": training was {0}, is {1}"] = module.training
    for name, parameter in network.named_parameters():
        found[name + ": requires_grad was {0}, is {1}"] = parameter.requires_grad
    return found | {name + " has changed": value.clone() for name, value in network.state_dict().items()}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, tuple]]:
    """The names whose values differ, with both values."""
    pairs = [(name, (value, after.get(name))) for name, value in before.items()]
    return [(name, (a, b)) for name, (a, b) in pairs if not _same(a, b)]


def _same(first: Any, second: Any) -> bool:
    return torch.equal(first, second) if isinstance(first, Tensor) and isinstance(second, Tensor) else first == second


def moved(before: dict[str, Tensor], after: dict[str, Tensor]) -> list[str]:
    """Names of the weights and statistics that are not what they were; how many batches were seen does not count."""
    known = [name for name in after if name in before and not name.endswith("num_batches_tracked")]
    return sorted(name for name in known if not torch.equal(before[name].cpu(), after[name].cpu()))


def no_traces() -> Compare:
    """The sentences about what a call has left behind are those expected: none."""

    def compare(answer: list[str], expected: list[str], inputs: Inputs) -> Mismatch | None:
        if answer == expected:
            return None
        return Mismatch(
            f"Your call did more than answer: {some([n for n in answer if n not in expected])}.",
            symptom="; ".join(answer),
        )

    return compare
