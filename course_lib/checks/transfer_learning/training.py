"""Unit 01: a few steps of training, and what they move in a model that `freeze` has frozen."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.transfer_learning.networks import build, evaluated, names_in
from course_lib.checks.transfer_learning.traces import moved

STEPS = 3
RATE, DECAY = 0.05, 0.1


@torch.enable_grad()
def train_frozen(function: Callable, network: dict, upto: str, x: Tensor, anew: bool = True) -> dict[str, Any]:
    """What moves when a model is frozen, put in training mode and trained for a few steps with weight decay.

    Args:
        anew: put it in training mode after it is frozen; otherwise it stays in the mode that it has.

    Returns:
        "moved": names of weights and statistics; "training": names of the layers after `upto` in training mode;
        the features of the first image at `upto`: "before" the training, "beside" other images in training mode, and
        "after" the training (both others in evaluation mode); "given": "a module" where a layer was given one in place
        of its input, and nothing was trained.
    """
    model = build(network, x)
    start = {name: value.clone() for name, value in model.state_dict().items()}
    before = evaluated(model, x[:1], upto)[2]
    function(model, upto)
    if anew:
        model.train()
    given, beside, training, after = "", before, [], before
    try:
        beside, training = _train(model, x, upto)
        after = evaluated(model, x[:1], upto)[2]
    except (AttributeError, TypeError) as error:
        if not any(type(module).__name__ in str(error) for module in model.modules()):
            raise
        given = "a module"
    return {
        "moved": moved(start, model.state_dict()),
        "training": [name for name in _names_after(network, upto) if name in training],
        "before": before.flatten(),
        "beside": beside.flatten(),
        "after": after.flatten(),
        "given": given,
    }


def train_as_left(function: Callable, network: dict, upto: str, x: Tensor) -> dict[str, Any]:
    """The same without `model.train()`."""
    return train_frozen(function, network, upto, x, anew=False)


def _train(model: nn.Module, x: Tensor, upto: str) -> tuple[Tensor, list[str]]:
    """Some steps of descent; the first image's features at `upto` in the first, and the layers in training mode."""
    seen: list[Tensor] = []
    keep = model.get_submodule(upto).register_forward_hook(
        lambda module, inputs, out: seen.append(out.detach().clone())
    )
    for _ in range(STEPS):
        begin_chance(0)  # for dropout
        model.zero_grad()
        loss = model(x).square().mean()
        if loss.requires_grad:
            loss.backward()
        _descend(model)
    keep.remove()
    return seen[0][:1], [name for name, module in model.named_modules() if module.training]


@torch.no_grad()
def _descend(model: nn.Module) -> None:
    """One step of `torch.optim.SGD`, without it: the first optimizer of a process imports PyTorch's compiler, 1.1 s."""
    for weight in model.parameters():
        if weight.grad is not None:
            weight.add_(weight.grad.add(weight, alpha=DECAY), alpha=-RATE)


def _names_after(network: dict, upto: str) -> list[str]:
    """Layers that hold nothing of what stands before `upto` or in it."""
    names = names_in(network["parts"])
    last = max(place for place, name in enumerate(names) if name == upto or name.startswith(f"{upto}."))
    return names[last + 1 :]
