"""Unit 03: inputs about training: scores and corrections, overlaps, layers."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import floats, rounded
from course_lib.checks.spec import Inputs


def losses(labels: tuple[int, ...], classes: int = 3, sure: float = 1.0, right: bool = False):
    """Scores and corrections for regions with these labels of `classes` classes and background.

    Of each correction's four errors two lie between 0.25 and 0.8 and two between 1.2 and 3.

    Args:
        sure: scores are multiplied by this.
        right: whether the highest score is the true class's; otherwise it never is.
    """

    def make(rng: Generator) -> Inputs:
        count, true = len(labels), torch.tensor(labels, dtype=torch.int64)
        scores = rounded(rng.uniform(-1, 1, (count, classes + 1)))
        best = true if right else (true + torch.as_tensor(rng.integers(1, classes + 1, count))) % (classes + 1)
        scores[torch.arange(count), best] += 2.5
        targets = rounded(rng.normal(size=(count, 4)))
        return {
            "scores": scores * sure,
            "deltas": targets[:, None] + _errors(rng, count, classes + 1),
            "labels": true,
            "targets": targets,
        }

    return make


def _errors(rng: Generator, regions: int, classes: int) -> Tensor:
    """Small and large errors of both signs, two of each in every correction. [regions, classes, 4]"""
    shape = (regions, classes, 2)
    sizes = np.concatenate([rng.uniform(0.25, 0.8, shape), rng.uniform(1.2, 3.0, shape)], axis=2)
    return rounded(rng.permuted(sizes * rng.choice([-1, 1], sizes.shape), axis=2))


def overlaps(
    foreground: int, background: int, unused: int, batch: int, fg_fraction: float = 0.25, halves: int = 0, tenths=0
):
    """Overlaps with 3 objects, so many regions of each kind, shuffled.

    Whoever looks at one object alone misses two thirds of the foreground.

    Args:
        halves: so many regions more have the largest IoU 0.5, exactly.
        tenths: so many regions more have the largest IoU 0.1, as near as float32 comes.
    """

    def make(rng: Generator) -> Inputs:
        best = [
            rng.uniform(0.52, 0.98, foreground),
            np.full(halves, 0.5),
            rng.uniform(0.12, 0.48, background),
            np.full(tenths, 0.1),
            rng.uniform(0.0, 0.08, unused),
        ]
        best, objects = np.concatenate(best), np.concatenate([np.arange(len(part)) % 3 for part in best])
        table = best[:, None] * rng.uniform(0, 0.5, (len(best), 3))
        table[np.arange(len(best)), objects] = best
        return {"ious": floats(rng.permutation(table)), "batch": batch, "fg_fraction": fg_fraction, "seeds": 200}

    return make


def no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return {"ious": torch.zeros(int(rng.integers(20, 30)), 0), "batch": 16, "fg_fraction": 0.25, "seeds": 20}


def layer(inputs: int, outputs: int, rank: int, bias: bool = True):
    """A layer's weight and bias (None without), a rank, and inputs to try it on."""

    def make(rng: Generator) -> Inputs:
        return {
            "weight": _weight(rng, outputs, inputs),
            "bias": rounded(rng.normal(size=outputs)) if bias else None,
            "rank": rank,
            "x": rounded(rng.normal(size=(4, inputs))),
        }

    return make


def _weight(rng: Generator, outputs: int, inputs: int) -> Tensor:
    """A matrix whose singular values are well apart, so that the best approximation is one alone."""
    u, _, vt = np.linalg.svd(rng.normal(size=(outputs, inputs)), full_matrices=False)
    sigma = [0.6**i * rng.uniform(2.9, 3.1) for i in range(min(outputs, inputs))]
    return rounded(u @ np.diag(sigma) @ vt)
