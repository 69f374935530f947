"""Unit 01: fine-tuning with more and more of the first layers frozen, for few and for many training images."""

import torch

from autograder import reference
from course_lib import training
from course_lib.data import tinytown
from course_lib.metrics import accuracy

RECIPE = (
    "Fine-tuning the small backbone on 12 new classes, frozen up to each layer in turn, with 1 to 120 training images "
    "per class, tested on 660 others. Augmented batches of 16, 60 to 360 steps; no setting was searched."
)
SEEDS = (0, 1, 2)
STEPS = {1: 60, 6: 120, 30: 240, 120: 360}  # by images per class
UPTO = {"nothing": "normalise", "stem": "stem", "stage1": "stage1", "stage2": "stage2", "stage3": "stage3"}
HEAD = "stage4"  # frozen up to here, only the head learns
UNIT = reference.load("01_transfer_learning")


def tuned(size: int, seed: int, upto: str, decay: float) -> float:
    """Accuracy in % on the test images."""
    images, labels = tinytown.objects("target", "train", 12 * max(STEPS))
    train, _ = UNIT["few_shot_split"](labels, size, torch.Generator().manual_seed(seed))
    torch.manual_seed(seed)
    model, groups = UNIT["fine_tuned"](12, upto, decay)
    batch = UNIT["batches"](images, labels, train)
    training.fit(model, batch, UNIT["loss"], STEPS[size], UNIT["RATE"], groups=groups, progress=False)
    return 100 * accuracy(model, *tinytown.objects("target", "test", 660))


def run(seed: int) -> dict[str, list]:
    """Accuracies in %, one for each number of images per class."""
    frozen = UPTO | {HEAD: HEAD}
    columns = {name: [tuned(size, seed, upto, UNIT["DECAY"]) for size in STEPS] for name, upto in frozen.items()}
    columns["nothing, one rate"] = [tuned(size, seed, "normalise", 1.0) for size in STEPS]
    return columns | {"images per class": list(STEPS)}
