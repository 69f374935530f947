"""Unit 00: probes, which run beside the student's code."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.checks.cnn_recap.networks import Plan, build
from course_lib.checks.codec import copy
from course_lib.checks.kit.lent import hooks_on
from course_lib.checks.kit.probes import graph


def one_by_one(function: Callable, image: Tensor, *others: Any) -> Tensor:
    """conv2d's answers on each image alone, put together."""
    return torch.cat([torch.as_tensor(copy(function(one[None], *others))) for one in image])


def brighter(function: Callable, x: Tensor, kernel: int, stride: int) -> Tensor:
    """max_pool2d of 2x + 3, brought back."""
    return (torch.as_tensor(copy(function(2 * x + 3, kernel, stride))) - 3) / 2


def with_pointwise(function: Callable, layers: list[tuple[int, int]]) -> Any:
    """receptive_field with a 1×1 layer of stride 1 between any two layers: they see nothing more."""
    return function([layer for pair in layers for layer in (pair, (1, 1))])


def as_tuple(function: Callable, layers: list[tuple[int, int]]) -> Any:
    """receptive_field with a tuple of layers instead of a list."""
    return function(tuple(layers))


def cost(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> Any:
    """count_cost's answer on the network of a plan."""
    return function(build(plan), input_shape)


def cost_of_meta(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> Any:
    """count_cost's answer on a network whose tensors have no numbers."""
    with torch.device("meta"):
        model = build(plan)
    return function(model, input_shape)


def cost_on_gpu(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> Any:
    """The same on the GPU where there is one."""
    return function(build(plan).to("cuda" if torch.cuda.is_available() else "cpu"), input_shape)


def cost_twice(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> list[Any]:
    """count_cost's answers when it is called twice on one network."""
    model = build(plan)
    return [function(model, input_shape) for _ in range(2)]


class _Witness:
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


def _lent(model: nn.Module, training: bool, frozen: bool) -> nn.Module:
    """The network in its mode, where it is `frozen` its batch norms in evaluation mode, with somebody's hook on it."""
    model.train(training)
    for module in model.modules():
        if frozen and isinstance(module, nn.BatchNorm2d):
            module.eval()
    next(model.children(), model).register_forward_hook(lambda *seen: None)
    return model


def model_after_cost(training: bool = True, frozen: bool = False) -> Callable[..., dict[str, Any]]:
    """A probe: what count_cost has changed in a network."""

    def probe(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> dict[str, Any]:
        model = _lent(build(plan), training, frozen)
        witness = _Witness(model)
        function(model, input_shape)
        return witness.changes()

    return probe


def _like(image: Tensor, plan: Plan, state: dict[str, Tensor]) -> nn.Module:
    """The network with these weights, of the image's type and on its device, in training mode."""
    model = build(plan).to(image)
    model.load_state_dict(state)
    return model


def sensitivity(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
    """shift_sensitivity's answer on a network in training mode."""
    return function(_like(image, plan, state), image, shifts)


def further_round(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
    """The same where each shift goes once more round the image."""
    return function(_like(image, plan, state), image, [shift - image.shape[2] for shift in shifts])


class _Louder(nn.Module):
    """Another network, its output seven times as large."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return 7 * self.inner(x)


def louder(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
    """The same where all outputs are seven times as large."""
    return function(_Louder(_like(image, plan, state)), image, shifts)


def model_after_shifts(training: bool = True, frozen: bool = False) -> Callable[..., dict[str, Any]]:
    """A probe: what shift_sensitivity has changed in a network, and whether its answer is part of a graph."""

    @graph(kept=False)
    def probe(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
        model = _lent(_like(image, plan, state), training, frozen)
        witness = _Witness(model)
        answer = function(model, image, shifts)
        return witness.changes() | {"attached": bool(getattr(answer, "requires_grad", False))}

    return probe
