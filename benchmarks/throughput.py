"""How fast unit 04's detector of `full` trains and detects beside torchvision's with the same backbone, on any device:

COURSE_PROFILE=full COURSE_BACKBONE=resnet50 COURSE_DEVICE=cuda python -m benchmarks.throughput

Both at the unit's size of images (600 pixels on a GPU), with random weights, on the photographs of `full`: time hardly
depends on what a network has learned or sees. Training uses the course's loop and its mixed precision. The last printed
line is "training ratio: A, testing ratio: B", ours divided by torchvision's, in images a second.
"""

import sys
import time
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from torch import Tensor, nn

from autograder import reference
from benchmarks.detection import UNIT, images_a_second, ours, torchvisions
from course_lib import training
from course_lib.data import detection
from course_lib.errors import SettingsError
from course_lib.settings import settings

IMAGES, WARM = 2, 3  # of a batch; steps that do not count


def same_backbone(classes: int) -> nn.Module:
    """Torchvision's Faster R-CNN with a feature pyramid on the settings' ResNet, at the unit's size of images."""
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone

    backbone = resnet_fpn_backbone(backbone_name=settings().backbone, weights=None, trainable_layers=5)
    unit = reference.load(UNIT)
    return FasterRCNN(backbone, classes, min_size=unit["SHORTER"], max_size=unit["LONGER"])


def trained_a_second(
    network: nn.Module, batch: Callable[[int], tuple], loss: Callable[..., Tensor], images: int, steps: int
) -> float:
    """Images a second in training, `images` of them in a batch, the first few steps not counted."""
    clock = []

    def timed(network: nn.Module, *data):
        if len(clock) in (WARM, WARM + steps) and torch.device(settings().device).type == "cuda":
            torch.cuda.synchronize()
        clock.append(time.perf_counter())
        return loss(network, *data)

    training.fit(network, batch, timed, WARM + steps + 1, lr=1e-5, progress=False)
    return images * steps / (clock[WARM + steps] - clock[WARM])


def main(steps: Annotated[int, typer.Option(help="Steps of training, and images of testing.")] = 20) -> None:
    """Time both detectors. Example, with COURSE_PROFILE=full COURSE_BACKBONE=resnet18: throughput --steps 2"""
    if not settings().backbone.startswith("resnet"):
        raise SettingsError(
            "There is a peer with a ResNet as its backbone only.",
            expected="COURSE_PROFILE=full COURSE_BACKBONE=resnet18 … resnet101",
            got=f"COURSE_BACKBONE={settings().backbone}",
            advice="COURSE_PROFILE=full COURSE_BACKBONE=resnet50 python -m benchmarks.throughput; or make detection",
        )
    speeds, scenes = [], detection("test", steps)
    for one in (ours(IMAGES, "ours"), torchvisions(same_backbone, "torchvision", IMAGES)):
        network = one.make()
        learning = trained_a_second(network, one.batches(detection("train", 20)), one.loss, IMAGES, steps)
        testing = images_a_second(one, network.eval().to(settings().device), scenes)
        print(f"{one.name}, {settings().backbone}, {settings().device}: {learning:.2f} images/s in training, ", end="")
        print(f"{testing:.2f} images/s in testing")
        speeds.append((learning, testing))
    (mine, detecting), (theirs, others) = speeds
    print(f"training ratio: {mine / theirs:.2f}, testing ratio: {detecting / others:.2f}")


if __name__ == "__main__":
    try:
        typer.run(main)
    except SettingsError as error:
        sys.exit(str(error))
