"""Unit 08's experiment: `predict`, asked for portraits of people whom nobody has seen, with other attributes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import metric
from course_lib.checks.spec import Case, Check, Inputs
from course_lib.checks.unseen import KEY, Secret
from course_lib.data.tinytown.draws import Draw

FLIPS = (("glasses",), ("open mouth",), ("glasses", "open mouth"))  # what becomes the opposite, in turn
# Arithmetic with pixels reaches 0.24 (0.27 scaled by the skin's brightness, at most 1.7 points), with latents 0.33 to
# 0.41, with their vectors times 1.5 0.29 to 0.36. Models learned from drawn pairs reach up to 0.80: they are solutions
# in their own right. The measure cannot tell soft masks learned from pairs from latents.
LOW, HIGH = 0.26, 0.29
CHEEKS = 20  # the first row below all glasses
TENTH = 10  # one person in ten is of group 1, as among the public ones
Begin = Callable[[], Draw]  # the same stream from its beginning, again and again


def unseen(people: int):
    """New people, one portrait of each, in an order of its own; `_labels` are the true pictures with the change."""

    def make(rng: Generator) -> Inputs:
        order = Secret(rng.bytes(KEY))
        return _asked([_again(rng.bytes(KEY)) for _ in range(people)], order.shuffled(range(people)))

    return make


def shown(people: int):
    """People for the public check, whom everybody may draw."""

    def make(rng: Generator) -> Inputs:
        names = [f"shown/{int(rng.integers(2**31))}" for _ in range(people)]
        return _asked([_named(name) for name in names], rng.permutation(people).tolist())

    return make


def _again(key: bytes) -> Begin:
    return lambda: Secret(key)


def _named(name: str) -> Begin:
    return lambda: Draw(name)


def _asked(begins: Sequence[Begin], order: Sequence[int]) -> Inputs:
    some = [flipped(begin, number) for number, begin in enumerate(begins)]
    images, changes, targets = (np.array([some[row][part] for row in order]) for part in range(3))
    return {
        "images": torch.from_numpy(images),
        "changes": torch.from_numpy(changes),
        "_labels": torch.from_numpy(targets).float() / 255,
    }


def flipped(begin: Begin, number: int) -> tuple[np.ndarray, list[int], np.ndarray]:
    """A new person's portrait, what is to change, and the same portrait drawn with the change."""
    from course_lib.data import tinyfaces

    group = int(number // len(FLIPS) % TENTH == TENTH - 1)

    def drawn(wanted: dict[str, bool]) -> tuple[np.ndarray, tuple[bool, ...]]:
        draw = begin()
        return tinyfaces.portrait(tinyfaces.traits(draw, group), draw, wanted)

    image, attributes = drawn({})
    has = dict(zip(tinyfaces.ATTRIBUTES, attributes, strict=True))
    flips = FLIPS[number % len(FLIPS)]
    changes = [(1 - 2 * has[name]) * (name in flips) for name in tinyfaces.ATTRIBUTES]
    return image, changes, drawn({name: not has[name] for name in flips})[0]


def known() -> tuple[list[Tensor], list[Tensor]]:
    """Portraits as the notebook has them, of as many people, and what they look like with a change."""
    from course_lib.data.tinyfaces import SPLITS

    first, count = SPLITS["train"]
    pairs = [flipped(_named(f"known/{number}"), number) for number in range(first, first + 5 * count)]
    return [torch.from_numpy(image) for image, _, _ in pairs], [
        torch.from_numpy(target).float() / 255 for _, _, target in pairs
    ]


def made(answer: Any, inputs: Inputs) -> float:
    """The share of the change that is made: 1 - |answer - true|² / |given - true|² over the pixels of all pictures.

    The mean of the upper rows, where glasses are, and of the lower ones, where mouths are. 1 are the true pictures, 0
    some that are as far from them as the given ones are.

    Raises:
        TypeError: not a picture of finite numbers for each one that was given.
    """
    true = inputs["_labels"].double()
    form = isinstance(answer, Tensor) and answer.is_floating_point() and answer.shape == true.shape
    if not form or not answer.isfinite().all():
        raise TypeError(f"expected pictures as finite floating-point numbers from 0 to 1, {list(true.shape)}")
    given = inputs["images"] if isinstance(inputs["images"], Tensor) else torch.stack(inputs["images"])
    left, whole = ((one - true).square().sum(dim=(0, 1, 3)) for one in (answer.double().clamp(0, 1), given / 255))
    halves = [float(left[rows].sum() / whole[rows].sum()) for rows in (slice(CHEEKS), slice(CHEEKS, None))]
    return 1 - sum(halves) / len(halves)


_CASE = Case(
    "the share of the change that is made, on new people",
    "values",
    unseen(240),
    metric("the share of the change that is made", made, low=LOW, high=HIGH),
    truth=lambda inputs: None,
    draws=1,
    public=shown(60),
)
CHECK = Check("experiment", 10, (_CASE,), target="predict", seconds=60.0, profile="mini", known=known)
