"""Unit 03: inputs about training: scores and corrections, overlaps, layers."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.fast_rcnn.inputs import floats
from course_lib.checks.spec import Inputs


def losses(labels: tuple[int, ...], classes: int = 3, sure: float = 1.0, off: float = 1.0):
    """Scores and corrections for regions with these labels of `classes` classes and background.

    Args:
        sure: scores are multiplied by this.
        off: errors are multiplied by this; those of background regions are never small.
    """

    def make(rng: Generator) -> Inputs:
        count = len(labels)
        return {
            "scores": floats(rng.normal(size=(count, classes + 1)) * sure),
            "deltas": floats(rng.normal(size=(count, classes + 1, 4)) * off),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "targets": floats(rng.normal(size=(count, 4)) * off),
        }

    return make


def guessed_wrong(rng: Generator) -> Inputs:
    """The network is sure of another class than the true one in every region."""
    found = losses((2, 0, 1, 3, 0))(rng)
    found["scores"][torch.arange(5), torch.tensor([3, 1, 2, 1, 2])] += 4
    return found


def overlaps(foreground: int, background: int, unused: int, batch: int, fg_fraction: float = 0.25):
    """Overlaps with 3 objects, so many regions of each kind, shuffled; none near 0.1 or 0.5."""

    def make(rng: Generator) -> Inputs:
        best = [
            rng.uniform(0.52, 0.98, foreground),
            rng.uniform(0.12, 0.48, background),
            rng.uniform(0.0, 0.08, unused),
        ]
        best = floats(rng.permutation([value for part in best for value in part]))
        table = best[:, None] * floats(rng.uniform(0, 0.9, (len(best), 3)))
        table[torch.arange(len(best)), torch.as_tensor(rng.integers(0, 3, len(best)))] = best
        return {"ious": table, "batch": batch, "fg_fraction": fg_fraction, "seeds": 200}

    return make


def no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return {"ious": torch.zeros(int(rng.integers(20, 30)), 0), "batch": 16, "fg_fraction": 0.25, "seeds": 20}


def layer(inputs: int, outputs: int, rank: int, bias: bool = True):
    """A layer's weight and bias (None without), a rank, and inputs to try it on."""

    def make(rng: Generator) -> Inputs:
        return {
            "weight": _weight(rng, outputs, inputs),
            "bias": floats(rng.normal(size=outputs)) if bias else None,
            "rank": rank,
            "x": floats(rng.normal(size=(4, inputs))),
        }

    return make


def _weight(rng: Generator, outputs: int, inputs: int) -> Tensor:
    """A matrix whose singular values are well apart, so that the best approximation is one alone."""
    u, _, vt = torch.linalg.svd(floats(rng.normal(size=(outputs, inputs))), full_matrices=False)
    count = min(outputs, inputs)
    return u @ torch.diag(floats([0.6**i * rng.uniform(2.9, 3.1) for i in range(count)])) @ vt
