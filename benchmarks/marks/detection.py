"""Detection: unit 04's Faster R-CNN beside torchvision's small one."""

from dataclasses import replace
from importlib.metadata import version

from torch import nn

from autograder import reference
from benchmarks import detection as beside
from benchmarks.marks.contest import COURSE, RANDOM, Batch, Contestant, Task
from benchmarks.marks.recipes import course, torchvision_detection
from course_lib.data import detection

IMAGES, EPOCHS, DROPS = 2, 26, (16, 22)
VALS = 100
APART = 100_000  # numbers of batches between two seeds
ABOUT = f"""Both learn the same {beside.SCENES} scenes in the same batches of {IMAGES}, which is what the notebook and
torchvision's script take; ours sees them at 256 pixels, torchvision's `{beside.PEER}`
enlarges them to its own 320. The learning rates from random weights are planned for {EPOCHS} epochs, those of
torchvision's script. From random weights ours learns everything, with the statistics of each batch. Ours with the
course's weights is the notebook's training, planned for its 900 steps. The metric is measured every 50 steps of ours
and every 100 of torchvision's, which is trained from one seed, as it takes so long."""


def task() -> Task:
    """Torchvision's model is given as long as it needs, an hour if it must."""
    metric = f"mAP at IoU 0.5, {VALS} val scenes"
    origin = "The mark was a round number that was set before any training."
    return Task("detection", metric, 0.2, origin, ceiling=3600, about=ABOUT, contestants=contestants)


def contestants() -> tuple[Contestant, ...]:
    """Faster R-CNN from random weights and as in the notebook, and torchvision's."""
    unit, steps = reference.load(beside.UNIT), EPOCHS * beside.SCENES // IMAGES
    scratch, peer = beside.ours(IMAGES), beside.torchvisions(images=IMAGES)
    notebook = replace(scratch, make=lambda: unit["detector"]().train())
    name = f"torchvision {version('torchvision')}, `{beside.PEER}`"
    rates = tuple(map(course, (1e-3, 3e-4, 3e-3)))
    theirs = torchvision_detection(IMAGES, EPOCHS, DROPS), course(1e-3), course(3e-4)
    ours = {"name": "ours, Faster R-CNN", "trial": 30, "every": 50}
    return (
        Contestant(begins=RANDOM, recipes=rates, steps=steps, **ours, **parts(scratch)),
        Contestant(begins=COURSE, recipes=rates[:1], steps=unit["STEPS"], **ours, **parts(notebook)),
        Contestant(name, RANDOM, theirs, trial=300, steps=steps, every=100, seeds=(0,), **parts(peer)),
    )


def parts(one: beside.Contestant) -> dict:
    """What a contestant of `benchmarks.detection` does, as one that trains to a mark."""
    batch, val = one.batches(list(detection("train", beside.SCENES))), detection("val", VALS)

    def score(network: nn.Module) -> float:
        return beside.mean_ap(one, network, val)

    def batches(seed: int) -> Batch:
        return lambda index: batch(APART * seed + index)

    return {"images": IMAGES, "make": one.make, "loss": one.loss, "batches": batches, "score": score}
