"""Unit 01's experiment: `predict`, asked about new objects of the twelve target families."""

import numpy as np
import torch
from numpy.random import Generator

from course_lib.checks.classifier import experiment
from course_lib.checks.spec import Inputs

SIZE = 64  # pixels


def unseen(count: int):
    """Objects that were never drawn before, each family as often, in an order of their own."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import tinytown
        from course_lib.data.tinytown.crops import crop
        from course_lib.data.tinytown.draws import Draw

        labels = [int(number) % len(tinytown.TARGET_FAMILIES) for number in rng.permutation(count)]
        draws = [Draw(f"unseen/{number}") for number in rng.integers(0, 2**62, count)]
        pairs = zip(draws, labels, strict=True)
        images = [crop(draw, tinytown.TARGET_FAMILIES[label], "target", SIZE) for draw, label in pairs]
        return {"images": torch.from_numpy(np.array(images)), "_labels": torch.tensor(labels)}

    return make


EXPERIMENT = experiment("objects that nobody has seen", unseen, low=0.3, high=0.8)
