"""Unit 00's experiment: `predict`, asked about digits on sheets that nobody has seen."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.classifier import experiment
from course_lib.checks.spec import Inputs
from course_lib.checks.unseen import streams

PUBLIC = 20_000  # sheets, of all digits that there are


def unseen(count: int):
    """Digits of the test split, on sheets of the secret stream."""

    def make(rng: Generator) -> Inputs:
        [secret] = streams(rng, 1)
        return _asked(count, secret.numbers)

    return make


def shown(count: int):
    """The same for the public check, which everybody may see."""

    def make(rng: Generator) -> Inputs:
        return _asked(count, lambda *shape: rng.random(shape))

    return make


def _asked(count: int, random) -> Inputs:
    """Different digits in the order of chance as a question, what they show for the judge."""
    from course_lib.data import digits
    from course_lib.data.sheets import sheets

    def numbers(*shape: int) -> Tensor:
        return torch.from_numpy(random(*shape))

    images, labels = digits("test")
    chosen = numbers(len(labels)).argsort()[:count]
    return {"images": sheets(images[chosen], numbers), "_labels": labels[chosen]}


def known() -> tuple[Tensor, Tensor]:
    """What a student who has all digits can draw: sheets of both splits, and what they show."""
    from course_lib.data import digits
    from course_lib.data.sheets import chance, sheets

    images, labels = (torch.cat(parts) for parts in zip(*map(digits, ("train", "test")), strict=True))
    chosen = torch.arange(PUBLIC) % len(labels)
    return sheets(images[chosen], chance(1)), labels[chosen]


CHECK = experiment("digits that nobody has seen", unseen, shown, known, low=0.72, high=0.78)
