"""Unit 01: small networks as plain data, and how they are built from it beside the student's code.

A network is {"parts", "state", "training", "evaluating", "frozen"}. A part is a layer in words ("conv 3 4"), a list of
parts that run one after the other, or such a list that begins with "+", whose input is added to its output.
"""

from collections.abc import Iterator
from typing import Any

import torch
import torch.fx
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.kit.numbers import rounded
from course_lib.checks.transfer_learning.shared import binary

Part = str | list
Parts = dict[str, Part]


class Residual(nn.Sequential):
    """Its layers one after the other, with a shortcut around them."""

    def forward(self, x: Any) -> Any:
        """The same shape as x, a tensor or what stands for one while the network is traced."""
        return torch.relu(x + super().forward(x))


class Network(nn.Module):
    """Its parts one after the other; the last one gets the mean over the map's cells."""

    def __init__(self, parts: Parts):
        super().__init__()
        self.order = tuple(parts)
        for name, part in parts.items():
            self.add_module(name, _module(part))

    def forward(self, x: Any) -> Any:
        """Scores [n, classes] of images x, a tensor or what stands for one while the network is traced."""
        for name in self.order[:-1]:
            x = getattr(self, name)(x)
        return getattr(self, self.order[-1])(x.mean(dim=(2, 3)))


@torch.fx.wrap  # a tracer sees it as one step, and never what stands in it
def grey_levels(x: Any) -> Any:
    """Bytes 0 … 255 as numbers from 0 to 1. Raises TypeError for anything else."""
    if x.dtype != torch.uint8:
        raise TypeError(f"this network takes bytes, images of torch.uint8, and has been given {x.dtype}")
    return x.to(torch.float32) / 256


class Bytes(nn.Module):
    """What a network begins with that scales its images itself."""

    def forward(self, x: Any) -> Any:
        """The same shape, from 0 to 1."""
        return grey_levels(x)


@torch.fx.wrap
def dropped(x: Any, p: float, training: bool) -> Any:
    """What dropout leaves; uniform numbers, drawn on the processor, are the same everywhere."""
    return x * (torch.rand(x.shape) >= p).to(x) / (1 - p) if training else x


class Dropout(nn.Dropout):
    """As PyTorch's own, but what it draws is the same with each version and on each machine.

    PyTorch's own draws otherwise in 2.5 and 2.6 than today, and a diagnosis needs an answer that is reproduced.
    """

    def forward(self, x: Any) -> Any:
        """The same shape as x, a tensor or what stands for one while the network is traced."""
        return dropped(x, self.p, self.training)


def _module(part: Part) -> nn.Module:
    if isinstance(part, str):
        return _layer(*part.split())
    chain, parts = (Residual, part[1:]) if part[0] == "+" else (nn.Sequential, part)
    return chain(*(_module(inner) for inner in parts))


def _layer(kind: str, *sizes: str) -> nn.Module:
    """A layer in words: "conv 3 4" has 3 channels in and 4 out, "linear 6 2 plain" has no bias."""
    numbers = [int(size) for size in sizes if size.isdigit()]
    makers = {
        "conv": lambda: nn.Conv2d(*numbers, kernel_size=3, padding=1),
        "bytes": lambda: Bytes(),
        "norm": lambda: nn.BatchNorm2d(*numbers),
        "norm1d": lambda: nn.BatchNorm1d(*numbers),
        "relu": lambda: nn.ReLU(inplace=True),
        "pool": lambda: nn.MaxPool2d(2),
        "dropout": lambda: Dropout(0.5),
        "linear": lambda: nn.Linear(*numbers, bias="plain" not in sizes),
    }
    return makers[kind]()


def build(network: dict[str, Any], like: Tensor | None = None) -> Network:
    """The network with its weights, modes and frozen parameters; on the device of `like`, and of its type of floats."""
    model = Network(network["parts"])
    model.load_state_dict(network["state"])
    if like is not None:
        model.to(like if like.is_floating_point() else like.device)
    model.train(network["training"])
    for name in network["evaluating"]:
        model.get_submodule(name).eval()
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(not name.startswith(tuple(f"{part}." for part in network["frozen"])))
    return model


def describe(
    rng: Generator, parts: Parts, training: bool = True, evaluating: tuple[str, ...] = (), frozen: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A network of these parts with random weights and statistics.

    Args:
        training: its mode. evaluating: names of modules that are in evaluation mode all the same.
        frozen: names of modules whose parameters need no gradient.
    """
    state = {name: _drawn(rng, name, value) for name, value in Network(parts).state_dict().items()}
    return {
        "parts": parts,
        "state": state,
        "training": training,
        "evaluating": list(evaluating),
        "frozen": list(frozen),
    }


def _drawn(rng: Generator, name: str, value: Tensor) -> Tensor:
    if value.ndim == 0:  # how many batches a batch norm has seen
        return torch.tensor(int(rng.integers(3, 30)))
    if name.endswith("running_var") or (name.endswith("weight") and value.ndim == 1):
        return rounded(rng.uniform(0.5, 1.5, value.shape), 256)
    fan_in = max(1, value[0].numel())
    return rounded(rng.normal(size=value.shape) * (1.4 / fan_in**0.5 if value.ndim > 1 else 0.3), 256)


NAMES = (("stem", "stage1", "stage2", "head"), ("conv", "block", "deep", "classifier"), ("a", "b", "c", "fc"))


def named(rng: Generator, *parts: Part) -> Parts:
    """Up to four parts under names that change from draw to draw, the last one named as a head."""
    names = NAMES[int(rng.integers(len(NAMES)))]
    return dict(zip([*names[: len(parts) - 1], names[-1]], parts, strict=True))


STEM = ["conv 3 4", "norm 4", "relu", "pool"]
BLOCK = ["+", "conv 4 4", "norm 4"]
STAGE = [["conv 4 6", "norm 6", "relu"], "conv 6 6"]
HEAD = ["dropout", "linear 6 5", "relu", "linear 5 3"]
WHOLE = (STEM, BLOCK, STAGE, HEAD)


def random_network(
    rng: Generator, parts: tuple, training: bool = True, evaluating: tuple = (), frozen: tuple = ()
) -> dict[str, Any]:
    """A network of these parts under drawn names; layers in other modes or frozen are given as "#1.2"."""
    under = named(rng, *parts)
    still, cold = ([layer_name(under, layer) for layer in layers] for layers in (evaluating, frozen))
    return describe(rng, under, training, tuple(still), tuple(cold))


def layer_name(parts: Parts, layer: str) -> str:
    """The name of the layer that "#1.2" stands for: the layer 2 of the second part."""
    part, dot, inner = layer.removeprefix("#").partition(".")
    return list(parts)[int(part)] + dot + inner


def random_images(rng: Generator, count: int, height: int = 8, width: int = 8, channels: int = 3) -> Tensor:
    """Random images; each has a brightness of its own, so that it changes a batch's statistics."""
    bright = rng.normal(size=(count, 1, 1, 1))
    return binary(rng.normal(size=(count, channels, height, width)) + 1.5 * bright)


def layers_of(network: nn.Module) -> list[str]:
    """The names of all layers."""
    return [name for name, _ in network.named_modules() if name]


def names_in(parts: Parts) -> list[str]:
    """The names of all layers of the network of these parts, as `layers_of` gives them, without building it."""
    return [name for part in parts for name in _names(part, parts[part])]


def _names(name: str, part: Part) -> Iterator[str]:
    yield name
    inner = part[part[0] == "+" :] if isinstance(part, list) else ()
    for place, each in enumerate(inner):
        yield from _names(f"{name}.{place}", each)


@torch.no_grad()
def evaluated(model: nn.Module, x: Tensor, layer: str) -> tuple[Tensor, Tensor, Tensor]:
    """The model's output in evaluation mode, and what goes into and comes out of a layer."""
    seen = {"into": x[:0], "out": x[:0]}  # of a layer that never runs

    def keep(module: nn.Module, inputs: tuple, output: Tensor) -> None:
        seen["into"], seen["out"] = inputs[0].clone(), output.clone()

    modes = {module: module.training for module in model.modules()}
    hook = model.get_submodule(layer).register_forward_hook(keep)
    model.eval()
    result = model(x)
    hook.remove()
    for module, mode in modes.items():
        module.training = mode
    return result, seen["into"], seen["out"]
