"""Unit 01: the points that `linear_probe` is asked about: classes as clouds of features."""

from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.spec import Inputs
from course_lib.checks.transfer_learning.shared import binary

LOUD, QUIET = 1024.0, 2.0**-14


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


def side_by_side(near: float, far: float, count: int = 40, scale: float = 1.0):
    """Two long clouds along a diagonal, each `near` to `far` aside of it, and new points all along them.

    Three in four training points of a class are at one end of its cloud: at the other end the class's mean is far. All
    features are multiplied by `scale`. There are `count` training points in each class.
    """

    def make(rng: Generator) -> Inputs:
        first, second = (int(number) for number in rng.permutation(range(3, 30))[:2])

        def along(places: Any, side: int) -> Tensor:
            shifts = side * rng.uniform(near, far, len(places))
            return binary(
                [[20 + place + shift, place - shift - 30] for place, shift in zip(places, shifts, strict=True)]
            )

        def many(side: int) -> Any:
            return side * np.concatenate([rng.uniform(1, 5, count - count // 4), rng.uniform(-5, -1, count // 4)])

        rows = torch.cat([along(many(side), side) for side in (1, -1)])
        new = torch.cat([along(np.linspace(-5, 5, 41) + rng.uniform(-0.1, 0.1, 41), side) for side in (1, -1)])
        labels, classes = (_repeated([first, second], (each, each)) for each in (count, 41))
        return {"features": rows * scale, "labels": labels, "new": new * scale, "_classes": classes}

    return make


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
