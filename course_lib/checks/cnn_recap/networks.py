"""Unit 00: small networks from plain data, so that they can be built beside the student's code.

A plan is (name of a layer, its options); the options of "Sequential" are a list of plans, those of "Twice" one plan.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.kit.numbers import rounded

Plan = tuple[str, Any] | list[Any]


class Twice(nn.Module):
    """One and the same layer, called twice in a row."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        """layer(layer(x))."""
        return self.layer(self.layer(x))


class Tied(nn.Module):
    """Two linear layers that share their weight, each with its own bias."""

    def __init__(self, features: int):
        super().__init__()
        self.first, self.second = nn.Linear(features, features), nn.Linear(features, features)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        """One behind the other."""
        return self.second(self.first(x))


class Scaled(nn.Module):
    """Multiplies each channel by a learned number."""

    def __init__(self, channels: int):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The scaled maps."""
        return x * self.scale


OWN = {"Tied": Tied, "Scaled": Scaled}


def build(plan: Plan) -> nn.Module:
    """The network of a plan, in training mode."""
    name, options = plan
    if name == "Sequential":
        return nn.Sequential(*map(build, options))
    if name == "Twice":
        return Twice(build(options))
    return (OWN.get(name) or getattr(nn, name))(**options)


def outputs(plan: Plan, x: Tensor) -> Iterator[tuple[str, Tensor]]:
    """Each layer of a chain in words, and its output; containers are walked through."""
    name, options = plan
    if name == "Sequential":
        for part in options:
            for told, out in outputs(part, x):
                x = out
                yield told, x
    else:
        layer = build(plan).eval()
        yield " ".join(str(layer).split()), layer(x)


def conv(inside: int, outside: int, kernel: Any = 3, **options: Any) -> Plan:
    """A convolution."""
    return ("Conv2d", {"in_channels": inside, "out_channels": outside, "kernel_size": kernel, **options})


def linear(inside: int, outside: int) -> Plan:
    """A linear layer."""
    return ("Linear", {"in_features": inside, "out_features": outside})


def norm(channels: int) -> Plan:
    """A batch norm."""
    return ("BatchNorm2d", {"num_features": channels})


def chain(*parts: Plan) -> Plan:
    """One after the other."""
    return ("Sequential", list(parts))


RELU, FLAT = ("ReLU", {}), ("Flatten", {})


def pool(kernel: int) -> Plan:
    """Max pooling in tiles."""
    return ("MaxPool2d", {"kernel_size": kernel})


def numbers(rng: Generator, *shape: int) -> Tensor:
    """Coarse normal numbers."""
    return rounded(rng.normal(size=shape), 256)


def weights(rng: Generator, *shape: int) -> Tensor:
    """Coarse normal numbers, divided by the root of how many of them go into one output."""
    return rounded(rng.normal(size=shape) / math.prod(shape[1:]) ** 0.5, 256)


def between(rng: Generator, low: float, high: float, shape: tuple[int, ...] | int) -> Tensor:
    """Coarse numbers from `low` to `high`."""
    return rounded(rng.uniform(low, high, shape), 256)


def batch_norm(rng: Generator, name: str, channels: int) -> dict[str, Tensor]:
    """A batch norm that has seen images: nothing in it is 0 or 1, and it shifts a map less than the map varies."""
    scale, variance = between(rng, 0.75, 2, channels), between(rng, 0.5, 2, channels)
    shift, mean = (between(rng, 0.125, 0.5, channels) * coin(rng, channels) for _ in range(2))
    keys = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    values = (scale, shift, mean, variance, torch.tensor(5))
    return {f"{name}.{key}": value for key, value in zip(keys, values, strict=True)}


def coin(rng: Generator, count: int) -> Tensor:
    """1 or -1."""
    return torch.as_tensor(rng.integers(0, 2, count)).float() * 2 - 1


def differences(mine: dict[str, Any], theirs: dict[str, Any]) -> str:
    """What tells two tables of weights' shapes apart, in words; "" for nothing."""
    missing, more = _only(theirs, mine), _only(mine, theirs)
    other = [name for name in theirs if name in mine and list(mine[name]) != list(theirs[name])]
    told = [f"missing: {', '.join(missing)}"] * bool(missing) + [f"not asked for: {', '.join(more)}"] * bool(more)
    told += [f"{name} has the shape {list(mine[name])}, expected {list(theirs[name])}" for name in other]
    return "; ".join(told)


def _only(names: dict[str, Any], others: dict[str, Any]) -> list[str]:
    """The names that are not among the others; of a layer of which nothing is there, its own name."""
    there = {other.rpartition(".")[0] for other in others}
    found = [(name, name.rpartition(".")[0]) for name in names if name not in others]
    return sorted({name if layer in there or not layer else layer for name, layer in found})
