"""Unit 00: small networks from plain data, so that they can be built beside the student's code.

A plan is (name of a layer, its options); the options of "Sequential" are a list of plans, those of "Twice" one plan.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

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
