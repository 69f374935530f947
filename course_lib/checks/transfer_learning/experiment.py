"""Unit 01's experiment: `predict`, asked about new objects of the twelve target families."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.classifier import experiment
from course_lib.checks.spec import Inputs
from course_lib.checks.unseen import streams
from course_lib.data.tinytown.draws import Draw

SIZE = 64  # pixels
PUBLIC = {"train": 240, "test": 660}  # the notebook has the second


def unseen(count: int):
    """Objects that were never drawn before, each family as often, in an order of their own."""

    def make(rng: Generator) -> Inputs:
        order, *draws = streams(rng, 1 + count)
        return _asked(draws, order.shuffled(range(count)))

    return make


def shown(count: int):
    """Objects for the public check, which everybody may see."""

    def make(rng: Generator) -> Inputs:
        order = rng.permutation(count).tolist()
        return _asked([Draw(f"unseen/{number}") for number in rng.integers(0, 2**62, count)], order)

    return make


def _asked(draws: list[Draw], order: list[int]) -> Inputs:
    """An object from each stream as a question, the families for the judge."""
    from course_lib.data import tinytown
    from course_lib.data.tinytown.crops import crop

    labels = [number % len(tinytown.TARGET_FAMILIES) for number in order]
    pairs = zip(draws, labels, strict=True)
    images = [crop(draw, tinytown.TARGET_FAMILIES[label], "target", SIZE) for draw, label in pairs]
    return {"images": torch.from_numpy(np.array(images)), "_labels": torch.tensor(labels)}


def known() -> tuple[Tensor, Tensor]:
    """The objects of all public splits, and their families."""
    from course_lib.data import tinytown

    splits = [tinytown.objects("target", split, count, SIZE) for split, count in PUBLIC.items()]
    images, labels = (torch.cat(column) for column in zip(*splits, strict=True))
    return images, labels


CHECK = experiment("objects that nobody has seen", unseen, shown, known, low=0.3, high=0.8)
