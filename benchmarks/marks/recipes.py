"""How a training changes its weights: an optimiser and its learning rate, the course's and those that peers recommend.

Torchvision's are those of its reference scripts (pytorch/vision, references/detection and references/segmentation), at
the batch size that we train with: there the rate is proportional to the number of images in a batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch.optim import Optimizer

from course_lib.training import learning_rate


@dataclass(frozen=True)
class Recipe:
    """One way to train.

    Attributes:
        name: as the table tells it.
        rate: the highest learning rate.
        optimizer: makes it of groups of parameters, and of the rate of those that have none of their own.
        schedule: (step, steps, highest rate) to the rate of this step.
    """

    name: str
    rate: float
    optimizer: Callable[[list[dict], float], Optimizer]
    schedule: Callable[[int, int, float], float]


def course(rate: float) -> Recipe:
    """What `course_lib.training.fit` does: AdamW, a short warm-up, then half a cosine."""
    adamw = partial(torch.optim.AdamW, weight_decay=1e-4)
    return Recipe(f"the course's loop, AdamW, {rate:g}", rate, adamw, learning_rate)


def adam(rate: float) -> Recipe:
    """Adam at one rate from the first step to the last."""
    return Recipe(f"Adam, {rate:g}", rate, torch.optim.Adam, lambda step, steps, highest: highest)


def torchvision_detection(images: int, epochs: int, drops: Sequence[int]) -> Recipe:
    """SGD at 0.02 for 16 images; warmed up in the first of so many epochs, a tenth from each epoch in `drops` on."""
    rate = 0.02 * images / 16
    sgd = partial(torch.optim.SGD, momentum=0.9, weight_decay=1e-4)
    return Recipe(f"torchvision's script, SGD, {rate:g}", rate, sgd, partial(stepped, epochs=epochs, drops=drops))


def stepped(step: int, steps: int, highest: float, epochs: int, drops: Sequence[int]) -> float:
    """Torchvision's rate of detection: linear from a thousandth in the first epoch's steps, 1,000 at most; then falling
    to a tenth at each drop.
    """
    warm_up = max(1, min(1000, steps // epochs - 1))
    share = 1e-3 + (1 - 1e-3) * min(1.0, step / warm_up)
    return highest * share * 0.1 ** sum(step * epochs >= drop * steps for drop in drops)


def torchvision_segmentation(images: int) -> Recipe:
    """SGD at 0.01 for 32 images, which falls to 0 as a power of the steps that are left."""
    rate = 0.01 * images / 32
    sgd = partial(torch.optim.SGD, momentum=0.9, weight_decay=1e-6)
    return Recipe(f"torchvision's script, SGD, {rate:g}", rate, sgd, falling)


def falling(step: int, steps: int, highest: float) -> float:
    """Torchvision's rate of segmentation."""
    return highest * (1 - step / steps) ** 0.9
