"""Unit 03: Fast R-CNN over three seeds; with frozen convolutions; with unscaled targets; with random proposals."""

import torch
from torch import Tensor

from autograder import reference
from course_lib import training
from course_lib.data import detection
from course_lib.data.proposals import proposals
from course_lib.metrics import mean_average_precision

RECIPE = (
    "Fast R-CNN as in the exercise of unit 03 (200 scenes, 800 steps of 4 images, 256 pixels), and twice again with "
    "one thing changed: pretrained convolutions frozen; targets not divided by SPREAD. mAP at IoU 0.5 on 50 scenes of "
    "val, by which the margins of targets were set, and on the 100 test scenes; on val also with random boxes among "
    "the proposals."
)
SEEDS = (0, 1, 2)
ADDED = (0, 250, 1000, 4000)
own = reference.load("03_fast_rcnn")


def run(seed: int) -> dict[str, float | list[float]]:
    """mAP in %, on val and on test: the whole network, its convolutions frozen, its targets unscaled."""
    data = [own["regions"](scene) for scene in detection("train", own["SCENES"])]
    whole = learned(data, seed)
    found = measured(whole) | {"val mAP with random boxes added": [dense(whole, more, seed) for more in ADDED]}
    found |= {f"{name}, convolutions frozen": value for name, value in measured(learned(data, seed, True)).items()}
    spread, own["SPREAD"] = own["SPREAD"], torch.ones(4)
    try:
        found |= {f"{name}, targets unscaled": value for name, value in measured(learned(data, seed)).items()}
    finally:
        own["SPREAD"] = spread
    return found


def learned(data: list, seed: int, frozen: bool = False):
    """A network after the exercise's steps; `frozen` leaves the pretrained convolutions as they are."""
    torch.manual_seed(seed)
    network = own["FastRCNN"]()
    if frozen:
        network.trunk.conv.requires_grad_(False)
    training.fit(network, own["batches"](data, seed=seed), own["loss"], own["STEPS"], own["RATE"], progress=False)
    return network.eval()


def measured(network) -> dict[str, float]:
    """Its mAP on both splits."""
    test = detection("test", own["TESTS"], start=own["FIRST"])
    return {"val mAP": score(network, detection("val", 50)), "test mAP": score(network, test)}


def dense(network, more: int, seed: int) -> float:
    """mAP on val when every scene has so many random boxes besides its proposals."""
    rng = torch.Generator().manual_seed(seed)
    return score(network, detection("val", 50), lambda side: random_boxes(more, side, rng))


def random_boxes(count: int, side: int, rng: torch.Generator) -> Tensor:
    """Boxes inside a square image: sides from an eighth to half of the image's, evenly on a logarithmic scale."""
    sizes = side / 8 * 4 ** torch.rand(count, 2, generator=rng)
    corners = torch.rand(count, 2, generator=rng) * (side - sizes)
    return torch.cat([corners, corners + sizes], dim=1)


def score(network, scenes, added=lambda side: torch.zeros(0, 4)) -> float:
    """mAP at IoU 0.5, in %, from selective search's boxes and those added to each image of a given side."""
    boxes = [torch.cat([proposals(scene.image, seed=0), added(scene.image.shape[-1])]) for scene in scenes]
    found = [own["detect"](network, scene.image, some) for scene, some in zip(scenes, boxes, strict=True)]
    targets = [{"boxes": scene.boxes, "labels": scene.labels} for scene in scenes]
    return 100 * mean_average_precision(found, targets, own["CLASSES"], 0.5).map
