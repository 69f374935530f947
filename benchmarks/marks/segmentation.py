"""Segmentation: unit 05's FCN-8s beside torchvision's LR-ASPP."""

from collections.abc import Callable
from functools import partial
from importlib.metadata import version

from torch import Tensor, nn

from autograder import reference
from benchmarks.marks.contest import COURSE, RANDOM, Contestant, Task
from benchmarks.marks.recipes import course, torchvision_segmentation
from course_lib.models.backbone import Normalise

PEER, EPOCHS, EVERY = "lraspp_mobilenet_v3_large", 30, 25
COUNTS = {"train": "SCENES", "val": "VALS"}  # as the unit names them
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
ABOUT = f"""Both learn the same 400 scenes of 128 pixels in the same batches of 8, with the unit's loss, which gives the
background a fifth of the weight. The peer is torchvision's `{PEER}`, the lightest of its models for segmentation (3.2
million weights; `fcn_resnet50` and `deeplabv3_resnet50` have more than ten times as many). Its finest map has stride 8,
as that of our FCN-8s. The learning rates from random weights are planned for 30 epochs, those of
torchvision's script. Ours with the course's weights is the notebook's training, planned for its 400 steps."""


def task() -> Task:
    """FCN-8s and LR-ASPP."""
    metric = "mean IoU, 100 val scenes"
    origin = (
        "The mark is what FCN-8s from random weights had reached in 600 steps of an earlier training of the course's."
    )
    return Task("segmentation", metric, 0.2, origin, ceiling=600, about=ABOUT, contestants=contestants)


def contestants() -> tuple[Contestant, ...]:
    """FCN-8s from random weights and as in the notebook, and torchvision's."""
    unit = reference.load("05_fcn")
    known, val = (list(unit["segmentation"](split, unit[count])) for split, count in COUNTS.items())
    steps, images = EPOCHS * len(known) // unit["IMAGES"], unit["IMAGES"]
    how = {
        "trial": 60,
        "every": EVERY,
        "images": images,
        "batches": lambda seed: unit["batches"](known, seed=seed),
        "loss": unit["loss"],
        "score": scored(unit, val),
    }
    ours = {"name": "ours, FCN-8s", "groups": unit["groups"]} | how
    rates = tuple(map(course, (3e-3, 1e-2, 1e-3)))
    theirs = torchvision_segmentation(images), course(3e-3), course(1e-3)

    def make(pretrained: bool) -> nn.Module:
        return unit["network"]("FCN-8s", pretrained).train()

    peer = f"torchvision {version('torchvision')}, `{PEER}`"
    return (
        Contestant(begins=RANDOM, recipes=rates, steps=steps, make=partial(make, False), **ours),
        Contestant(begins=COURSE, recipes=rates[:1], steps=unit["STEPS"], make=partial(make, True), **ours),
        Contestant(peer, RANDOM, theirs, steps=steps, make=lambda: Scores(len(unit["CLASSES"])).train(), **how),
    )


def scored(unit: dict, scenes: list) -> Callable[[nn.Module], float]:
    """The metric: in these scenes."""
    return lambda network: unit["measured"]([unit["classes_of"](network, one.image) for one in scenes], scenes)[0]


class Scores(nn.Module):
    """Torchvision's network as the unit calls one: images [n, 3, h, w] in 0 … 1 to scores [n, k, h, w]."""

    def __init__(self, classes: int):
        from torchvision.models import get_model

        super().__init__()
        self.normalise = Normalise(MEAN, STD)
        self.network = get_model(PEER, weights=None, weights_backbone=None, num_classes=classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.network(self.normalise(images))["out"]
