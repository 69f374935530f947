"""Unit 01: inputs. Each function makes a `make_inputs` for a case, or is one.

Names of layers change from draw to draw; "#1.2" below is the layer 2 of the network's second part.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import rounded
from course_lib.checks.spec import Inputs
from course_lib.checks.transfer_learning import networks

WHOLE = (networks.STEM, networks.BLOCK, networks.STAGE, networks.HEAD)


STEPS = 64  # to a unit: few binary digits, the same on every processor


def binary(values: Any) -> Tensor:
    """The numbers with six binary digits behind the point."""
    return rounded(values, STEPS)


def _name(parts: networks.Parts, layer: str) -> str:
    """The name of the layer that "#1.2" stands for."""
    part, dot, inner = layer.removeprefix("#").partition(".")
    return list(parts)[int(part)] + dot + inner


def _network(rng: Generator, parts: tuple, training: bool = True, evaluating: tuple = (), frozen: tuple = ()):
    named = networks.named(rng, *parts)
    still, cold = ([_name(named, layer) for layer in layers] for layers in (evaluating, frozen))
    return networks.describe(rng, named, training, tuple(still), tuple(cold))


def images(rng: Generator, count: int, height: int = 8, width: int = 8, channels: int = 3) -> Tensor:
    """Random images; each has a brightness of its own, so that it changes a batch's statistics."""
    bright = rng.normal(size=(count, 1, 1, 1))
    return binary(rng.normal(size=(count, channels, height, width)) + 1.5 * bright)


def listening(count: int, layer: str, size: tuple[int, int] = (8, 8), parts: tuple = WHOLE, **options: Any):
    """A network, so many images, and the name of a layer."""

    def make(rng: Generator) -> Inputs:
        model = _network(rng, parts, **options)
        return {"model": model, "images": images(rng, count, *size), "layer": _name(model["parts"], layer)}

    return make


def bytes_seen(rng: Generator) -> Inputs:
    """A network that scales its images itself, and images of bytes."""
    parts = (["bytes", *networks.STEM], networks.STAGE, networks.HEAD)
    pixels = torch.from_numpy(rng.integers(0, 256, (3, 3, 8, 8)).astype("uint8"))
    return listening(3, "#1", parts=parts)(rng) | {"images": pixels}


def too_many_channels(rng: Generator) -> Inputs:
    """Images with a channel too many, at which the network raises an error."""
    return listening(3, "#0.1", evaluating=("#1",))(rng) | {"images": images(rng, 3, channels=4)}


def unknown_layer(rng: Generator) -> Inputs:
    """The name of a layer that the network does not have."""
    return listening(2, "#0")(rng) | {"layer": f"layer{int(rng.integers(5, 9))}"}


def shots(sizes: tuple[int, ...], per_class: int, seeds: int = 100):
    """Labels of classes of these sizes, mixed; numbers with gaps, none of them 0. All draws are made `seeds` times."""

    def make(rng: Generator) -> Inputs:
        numbers = rng.permutation(range(2, 40))[: len(sizes)]
        labels = [int(number) for number, size in zip(numbers, sizes, strict=True) for _ in range(size)]
        mixed = torch.tensor(rng.permutation(labels).astype("int64"))
        return {"labels": mixed, "per_class": per_class, "seeds": seeds}

    return make


def shortage(rng: Generator) -> Inputs:
    """One of three classes has too few images."""
    few, asked, number = int(rng.integers(3, 5)), int(rng.integers(6, 8)), int(rng.integers(0, 3))
    labels = [label for label in range(3) for _ in range(few if label == number else 9)]
    return {"labels": torch.tensor(rng.permutation(labels).astype("int64")), "per_class": asked}


def blobs(
    centers: list[list[float]],
    counts: tuple[int, ...],
    tests: tuple[int, ...],
    spread: float = 0.3,
    scale: float = 1.0,
    constant: bool = False,
    numbered: tuple[int, ...] = (),
):
    """Classes as clouds around centres: features and labels to train on, features and labels to test.

    Args:
        counts, tests: how many points of each class.
        spread: a point's largest distance from its centre, along each axis.
        scale: all features are multiplied by it, a power of two.
        constant: one more feature is the same for all.
        numbered: the order of the classes' numbers, the smallest is 0; drawn where it is not given.
    """

    def make(rng: Generator) -> Inputs:
        numbers = sorted(rng.permutation(range(3, 30))[: len(centers)].tolist())
        order = numbered or rng.permutation(len(centers)).tolist()
        numbers = [numbers[place] for place in order]
        level = float(binary(rng.uniform(0.1, 3)))

        def cloud(sizes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
            each = [rng.uniform(-spread, spread, (n, len(c))) + c for n, c in zip(sizes, centers, strict=True)]
            rows, classes = binary(np.concatenate(each)) * scale, _repeated(numbers, sizes)
            order = torch.from_numpy(rng.permutation(len(rows)))
            rows = torch.cat([rows, torch.full((len(rows), 1), level)], dim=1) if constant else rows
            return rows[order], classes[order]

        (features, labels), (new, classes) = cloud(counts), cloud(tests)
        return {"features": features, "labels": labels, "new": new, "_classes": classes}

    return make


def _repeated(numbers: list[int], counts: tuple[int, ...]) -> Tensor:
    return torch.repeat_interleave(torch.tensor(numbers), torch.tensor(counts))


def side_by_side(near: float, far: float, scale: float = 1.0):
    """Two long clouds along a diagonal, each `near` to `far` aside of it, and new points all along them.

    Three in four training points of a class are at one end of its cloud: at the other end the class's mean is far. All
    features are multiplied by `scale`.
    """

    def make(rng: Generator) -> Inputs:
        first, second = (int(number) for number in rng.permutation(range(3, 30))[:2])

        def along(places: Any, side: int) -> Tensor:
            shifts = side * rng.uniform(near, far, len(places))
            return binary(
                [[20 + place + shift, place - shift - 30] for place, shift in zip(places, shifts, strict=True)]
            )

        def many(side: int) -> Any:
            return side * np.concatenate([rng.uniform(1, 5, 30), rng.uniform(-5, -1, 10)])

        rows = torch.cat([along(many(side), side) for side in (1, -1)])
        new = torch.cat([along(np.linspace(-5, 5, 41) + rng.uniform(-0.1, 0.1, 41), side) for side in (1, -1)])
        labels, classes = (_repeated([first, second], (count, count)) for count in (40, 41))
        return {"features": rows * scale, "labels": labels, "new": new * scale, "_classes": classes}

    return make


LOUD, QUIET = 1024.0, 2.0**-14


def loud(rng: Generator) -> Inputs:
    """The class is in a feature of 0.00006; one of 1000 goes with it a little in training, and not in the test."""
    first, second = (int(number) for number in rng.permutation(range(3, 30))[:2])

    def rows(count: int, together: float, width: float) -> tuple[Tensor, Tensor]:
        sign = torch.tensor([1.0, -1.0]).repeat(count // 2)
        quiet = sign * binary(rng.uniform(0.9, 1.1, count)) * QUIET
        noise = binary(rng.uniform(-width, width, count)) + together * sign
        return torch.stack([quiet, noise * LOUD], dim=1), torch.where(sign > 0, first, second)

    (features, labels), (new, classes) = rows(60, 0.25, 1.0), rows(20, 0.0, 0.75)
    return {"features": features, "labels": labels, "new": new, "_classes": classes}


def single_class(rng: Generator) -> Inputs:
    """All images are of one class."""
    number = int(rng.integers(1, 20))
    return {"features": binary(rng.normal(size=(6, 3))), "labels": torch.full((6,), number), "new": torch.zeros(0, 3)}


def beheaded(*parts: Any, classes: int, **options: Any):
    """A network, how many classes its new head has, and images to try it on."""

    def make(rng: Generator) -> Inputs:
        model = _network(rng, parts, **options)
        return {"model": model, "classes": classes, "x": images(rng, 3)}

    return make


def headless(rng: Generator) -> Inputs:
    """A network without a linear layer."""
    model = _network(rng, (networks.STEM, networks.STAGE, ["dropout", "relu"]))
    return {"model": model, "classes": int(rng.integers(2, 9)), "x": images(rng, 3)}


def freezing(upto: str, *parts: Any, **options: Any):
    """A network, a layer up to which it is to be frozen, and images to train on."""

    def make(rng: Generator) -> Inputs:
        model = _network(rng, parts, **options)
        return {"model": model, "upto": _name(model["parts"], upto), "x": images(rng, 4)}

    return make


def alike(rng: Generator) -> Inputs:
    """The name of the layer after the last frozen one begins like it."""
    parts = {"conv1": networks.STEM, "conv10": networks.STAGE, "out": networks.HEAD}
    return {"model": networks.describe(rng, parts), "upto": "conv1", "x": images(rng, 4)}


def freezing_unknown(rng: Generator) -> Inputs:
    """The name of a layer that the network does not have."""
    return freezing("#0", *WHOLE)(rng) | {"upto": f"layer{int(rng.integers(5, 9))}"}


def rates(*parts: Any, decay: float | None = None, **options: Any) -> Callable[[Generator], Inputs]:
    """A network, the last layer's rate, and the factor from layer to layer, drawn where none is given."""

    def make(rng: Generator) -> Inputs:
        model = _network(rng, parts, **options)
        return {
            "model": model,
            "base_lr": round(float(rng.uniform(0.02, 0.3)), 3),
            "decay": decay or round(float(rng.uniform(0.2, 0.7)), 2),
        }

    return make
