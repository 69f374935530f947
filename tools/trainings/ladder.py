"""Three detectors at equal work: R-CNN (unit 02), Fast R-CNN (03), Faster R-CNN (04), and the last one deeper.

Each sees as many images as the others. How many regions of an image a step takes is each paper's own choice. What the
units leave open (the image's size, the map's channels) is set here alike for all.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from autograder.reference import load
from course_lib import training
from course_lib.data import detection
from course_lib.data.proposals import proposals
from course_lib.metrics import mean_average_precision, recall

RECIPE = (
    "R-CNN, Fast R-CNN, Faster R-CNN, and Faster R-CNN on a backbone of 15 convolutions in place of 7, each trained on "
    "the same 200 Tinytown scenes at 256 pixels until it has seen 1,600 images, at the rate of the three exercises, "
    "and tested on the same 100 scenes; nothing was tuned on these. What differs follows the papers. R-CNN fine-tunes "
    "on 128 regions of 16 scenes per step, in all four stages of the backbone, and then trains SVMs and regressors on "
    "all regions of the 200 scenes; the others train stages 2 and 3, on 64 regions of each of two scenes per step. "
    "R-CNN and Fast R-CNN read all of selective search's regions, some 160 per scene, Faster R-CNN the 100 best of its "
    "own, and its first stage learns from 256 anchors per scene besides. The added layers begin as the identity; all "
    "others are pretrained."
)
SEEDS = (0, 1, 2)
SCENES, SEEN, RATE = 200, 1600, 1e-3
SPLITS = {"val": ("val", 50, None, 0), "test": ("test", 100, None, 5000)}
# pixels of a scene's sides; the map's channels; bins along a region's side; learned proposals whose recall is taken
SIDE, CHANNELS, OUTPUT, FEW = 256, 64, 7, 50

Learned = tuple[Callable[[Any], dict[str, Tensor]], Callable[[Any], Tensor]]
"""What a training returns: scene → detections, and scene → proposals."""


def run(seed: int) -> dict[str, float]:
    """Of each detector mAP at IoU 0.5 and the recall of its proposals, in %, on both splits."""
    known, measured = list(detection("train", SCENES)), {}
    scenes = {split: detection(*where) for split, where in SPLITS.items()}
    for name, learn in DETECTORS.items():
        detect, propose = learn(known, seed)
        for split, some in scenes.items():
            targets = [{"boxes": scene.boxes, "labels": scene.labels} for scene in some]
            found = [detect(scene) for scene in some]
            measured[f"{name}, {split}"] = 100 * mean_average_precision(found, targets, some.classes).map
            proposed = [propose(scene) for scene in some]
            measured[f"recall of {name}'s proposals, {split}"] = 100 * recall(proposed, targets)
    return measured


def train(unit: dict, network: nn.Module, batch, loss: str, images: int, seed: int) -> None:
    """Train in place until as many images were seen; `batch` gives so many in each step, other ones for each seed."""
    steps = SEEN // images
    training.fit(network, lambda i: batch(10_000 * seed + i), unit[loss], steps, RATE, progress=False)


def searched(scene) -> Tensor:
    """All of selective search's boxes, in the pixels of the scene."""
    return proposals(scene.image, seed=0)


def enlarged(scene, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """The scene as all detectors read it, and boxes in its pixels."""
    larger = nn.functional.interpolate(scene.image[None].float(), (SIDE, SIDE), mode="bilinear")[0]
    return larger.round().to(torch.uint8), SIDE / scene.image.shape[1] * boxes


def rcnn(known: list, seed: int) -> Learned:
    """Fine-tuning, then SVMs, then regressors."""
    unit = load("02_rcnn")
    torch.manual_seed(seed)
    data, network = [windows(unit, scene) for scene in known], unit["Network"]()
    train(unit, network, unit["batches"](data), "softmax_loss", 16, seed)
    read = [unit["features"](network, w.image, w.boxes) for w in data]
    learned = unit["train_svms"](data, [fc7 for _, fc7 in read])
    examples = [unit["regression_pairs"](w, pool5) for w, (pool5, _) in zip(data, read, strict=True)]
    learned["regressor"] = unit["train_regressors"](examples)

    def detect(scene) -> dict[str, Tensor]:
        image, boxes = enlarged(scene, searched(scene))
        found = unit["detect"](learned, boxes, *unit["features"](network, image, boxes), image.shape[1:])
        return found | {"boxes": found["boxes"] * scene.image.shape[1] / SIDE}

    return detect, searched


def windows(unit: dict, scene) -> tuple:
    """R-CNN's regions of one training scene: the objects first, then all that selective search finds."""
    image, boxes = enlarged(scene, torch.cat([scene.boxes, searched(scene)]))
    return unit["Windows"](image, boxes, unit["box_iou"](boxes, boxes[: len(scene.boxes)]), scene.labels)


def fast_rcnn(known: list, seed: int) -> Learned:
    """One network, one loss; the proposals are selective search's."""
    unit = load("03_fast_rcnn")
    unit.update(CHANNELS=CHANNELS, OUTPUT=OUTPUT)
    torch.manual_seed(seed)
    data, network = [unit["regions"](scene) for scene in known], unit["FastRCNN"]()
    train(unit, network, unit["batches"](data, images=2), "loss", 2, seed)
    return lambda scene: unit["detect"](network.eval(), scene.image, searched(scene)), searched


def faster_rcnn(known: list, seed: int, blocks: int = 0) -> Learned:
    """One network and its own proposals; with so many more blocks in each of its backbone's last two stages."""
    unit = load("04_faster_rcnn")
    torch.manual_seed(seed)
    network = unit["detector"]().train()
    deepen(network.backbone.conv.net, blocks)
    train(unit, network, unit["batches"](known, images=2), "loss", 2, seed)
    network.eval()
    return (
        lambda scene: unit["detect"](network, scene.image),
        lambda scene: unit["rpn_proposals"](network, scene.image)[:FEW],
    )


def deepen(net: nn.Module, blocks: int) -> None:
    """Add residual blocks behind stages 2 and 3. Their last batch norms begin at 0: each begins as the identity."""
    for stage, channels in (("stage2", net.channels[1]), ("stage3", net.channels[2])):
        added = [BasicBlock(channels, channels).eval() for _ in range(blocks)]
        for block in added:
            nn.init.zeros_(block.bn2.weight)
        setattr(net, stage, nn.Sequential(getattr(net, stage), *added))


DETECTORS = {
    "R-CNN": rcnn,
    "Fast R-CNN": fast_rcnn,
    "Faster R-CNN": faster_rcnn,
    "Faster R-CNN, deeper": lambda known, seed: faster_rcnn(known, seed, blocks=2),
}
