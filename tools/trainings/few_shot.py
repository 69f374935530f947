"""Unit 01: accuracy over training images per class, with every network trained until it knows its training images.

Scratch, with and without augmentation, fine-tuning and fixed features see the same draws of training images, and the
same test images judge them.
"""

from functools import cache

import torch
from torch import Tensor, nn

from autograder import reference
from course_lib import training
from course_lib.data import tinytown
from course_lib.metrics import accuracy

RECIPE = (
    "Few-shot curve: the small backbone on 12 new classes, 1 to 120 training images per class, tested on 660 others. "
    "Augmented batches of 16; scratch 100 to 2,000 steps, fine-tuning a fifth of them. The "
    "decay of the rates and scratch's rate were chosen on `val`, each on one seed."
)
SEEDS = (0, 1, 2)
STEPS = {1: 100, 2: 150, 4: 200, 6: 400, 15: 1000, 30: 2000, 60: 2000, 120: 2000}  # of scratch, by images per class
PLAIN_STEPS = {1: 60, 2: 60, 4: 100, 6: 150, 15: 250, 30: 350}  # without augmentation they are soon known by heart
EARLIER = (120, 480)  # shorter trainings from scratch with 30 images per class
COPIES = 10  # augmented copies of each image, for the probe on fixed features
UNIT = reference.load("01_transfer_learning")


@cache
def data(split: str, count: int) -> tuple[Tensor, Tensor]:
    """Images and classes of one split."""
    return tinytown.objects("target", split, count)


def drawn(size: int, seed: int) -> tuple[Tensor, Tensor]:
    """So many training images of each class, and their classes."""
    images, labels = data("train", 12 * max(STEPS))
    chosen, _ = UNIT["few_shot_split"](labels, size, torch.Generator().manual_seed(seed))
    return images[chosen], labels[chosen]


def trained(size: int, seed: int, strategy: str, steps: int, change) -> tuple[float, float]:
    """Accuracy in % on the test images and on its own training images."""
    images, labels = drawn(size, seed)
    torch.manual_seed(seed)
    model, groups = UNIT[strategy](12)
    batch = UNIT["batches"](images, labels, torch.arange(len(images)), change)
    training.fit(model, batch, UNIT["loss"], steps, UNIT["RATE"], groups=groups, progress=False)
    judged = (data("test", 660), (images, labels))
    return tuple(100 * accuracy(model, *part) for part in judged)


def fixed(size: int, seed: int, copies: int) -> float:
    """Accuracy in % of a linear probe on the pretrained network's features."""
    images, labels = drawn(size, seed)
    rng = torch.Generator().manual_seed(seed)
    shown = [images.float(), *(UNIT["augmented"](images, rng) for _ in range(copies))]
    predict = UNIT["linear_probe"](torch.cat([features(part) for part in shown]), labels.repeat(1 + copies))
    tests, truth = data("test", 660)
    return 100 * (predict(features(tests)) == truth).double().mean().item()


def features(images: Tensor) -> Tensor:
    """What the pretrained network says about them."""
    return UNIT["extract_features"](pretrained(), images, "flatten")


@cache
def pretrained() -> nn.Module:
    """The network of all strategies but scratch."""
    return UNIT["network"]()


def run(seed: int) -> dict[str, list]:
    """Accuracies in %, one for each number of images per class or of steps."""
    change = UNIT["augmented"]
    scratch = [trained(size, seed, "scratch", steps, change) for size, steps in STEPS.items()]
    tuned = [trained(size, seed, "fine_tuned", steps // 5, change) for size, steps in STEPS.items()]
    plain = [trained(size, seed, "scratch", steps, None) for size, steps in PLAIN_STEPS.items()]
    early = [trained(30, seed, "scratch", steps, change) for steps in EARLIER]
    early.append(scratch[list(STEPS).index(30)])
    measured = {"scratch": scratch, "fine-tuned": tuned, "scratch, plain": plain, "scratch at 30, by steps": early}
    columns = {name: [test for test, _ in rows] for name, rows in measured.items()}
    columns |= {f"{name}, training images": [own for _, own in rows] for name, rows in measured.items()}
    columns["fixed features"] = [fixed(size, seed, 0) for size in STEPS]
    columns["fixed features, augmented"] = [fixed(size, seed, COPIES) for size in STEPS]
    return columns | {"images per class": list(STEPS), "steps": [*EARLIER, STEPS[30]]}
