"""Pose: unit 06's hourglasses beside torchvision's Keypoint R-CNN, on a light backbone."""

import time
from collections.abc import Callable
from functools import partial
from importlib.metadata import version

import torch
from torch import Tensor, nn

from autograder import reference
from benchmarks.marks.contest import COURSE, RANDOM, Contestant, Task
from benchmarks.marks.recipes import course, torchvision_detection

EPOCHS, DROPS, EVERY = 46, (36, 43), 25
PEER = "keypointrcnn_resnet50_fpn"
VALS = 200
SIDE, LAYERS, REGIONS = 224, (128,) * 8, 8
ABOUT = f"""Both learn 1,000 portraits of Tinytown's persons, 64 pixels, in the same batches of 16, mirrored alike.
Torchvision offers `{PEER}`, which is too slow for a training on a CPU (below). So the peer is its
`KeypointRCNN` with the backbone of its light detectors, `mobilenet_v3_large` with a feature pyramid, the same eight
layers in the keypoint head with {LAYERS[0]} channels in place of 512, and {REGIONS} sampled regions per picture in
place of 512, as there is one person in each. It enlarges its input to {SIDE} pixels, so that its map with stride 16 has
about as many cells as our heatmaps. It also has to find the person: where it finds none, all joints are wrong. The
learning rates from random weights are planned for 46 epochs, those of torchvision's script. Ours with the course's
weights is the notebook's training, planned for its 900 steps. Torchvision's is trained from one seed, as it takes so
long."""


def task() -> Task:
    """Hourglasses and Keypoint R-CNN."""
    metric = f"PCK@0.2, mean of 14 joints, {VALS} val persons"
    how = {"about": ABOUT, "contestants": contestants, "beside": slow}
    origin = "The mark is two thirds of what the notebook's 900 steps reach on test persons."
    return Task("pose", metric, 0.4, origin, ceiling=1200, **how)


def contestants() -> tuple[Contestant, ...]:
    """Two hourglasses from random weights and as in the notebook, and torchvision's Keypoint R-CNN."""
    unit = reference.load("06_pose")
    known, val = unit["crops"]("train", unit["PERSONS"], unit["SIDE"]), unit["crops"]("val", VALS, unit["SIDE"])
    maps, images = len(known.body.joints), unit["IMAGES"]
    steps = EPOCHS * len(known) // images
    how = {"every": EVERY, "images": images}
    ours = how | {
        "name": "ours, two hourglasses",
        "trial": 20,
        "batches": lambda seed: unit["batches"](known, seed=seed),
        "loss": unit["loss"],
        "score": scored(unit, unit["places"], val),
    }
    rates = tuple(map(course, (5e-3, 1.5e-2, 1.5e-3)))
    theirs = torchvision_detection(images, EPOCHS, DROPS), course(1e-3)

    def make(pretrained: bool) -> nn.Module:
        return unit["network"](maps, pretrained).train()

    peer = {
        "name": f"torchvision {version('torchvision')}, `KeypointRCNN` on `mobilenet_v3_large`",
        "make": lambda: light(maps).train(),
        "batches": lambda seed: unit["batches"](known, targets=kept, seed=seed),
        "score": scored(unit, found, val),
        "seeds": (0,),
        "trial": 60,
    }
    return (
        Contestant(begins=RANDOM, recipes=rates, steps=steps, make=partial(make, False), **ours),
        Contestant(begins=COURSE, recipes=rates[:1], steps=unit["STEPS"], make=partial(make, True), **ours),
        Contestant(begins=RANDOM, recipes=theirs, steps=steps, loss=loss, **how, **peer),
    )


def scored(unit: dict, places: Callable[[nn.Module, Tensor], Tensor], persons) -> Callable[[nn.Module], float]:
    """The metric: of these persons."""
    images = unit["stacked"](persons)[0]
    return lambda network: unit["correct"](places(network, images), persons).nanmean().item()


def light(joints: int) -> nn.Module:
    """Torchvision's Keypoint R-CNN for one person per picture."""
    from torchvision.models.detection import KeypointRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.backbone_utils import mobilenet_backbone
    from torchvision.models.detection.keypoint_rcnn import KeypointRCNNHeads, KeypointRCNNPredictor

    whole = {"weights": None, "fpn": True, "norm_layer": nn.BatchNorm2d, "trainable_layers": 6}
    backbone = mobilenet_backbone(backbone_name="mobilenet_v3_large", **whole)
    return KeypointRCNN(
        backbone,
        num_classes=2,
        min_size=SIDE,
        max_size=SIDE,
        rpn_anchor_generator=AnchorGenerator(((32, 64, 128, 256, 512),) * 3, ((0.5, 1.0, 2.0),) * 3),
        box_batch_size_per_image=REGIONS,
        box_detections_per_img=1,
        keypoint_head=KeypointRCNNHeads(backbone.out_channels, LAYERS),
        keypoint_predictor=KeypointRCNNPredictor(LAYERS[-1], joints),
    )


def kept(joints: Tensor, annotated: Tensor) -> Tensor:
    """The targets of a network that takes the joints themselves."""
    return joints


def loss(network: nn.Module, images: Tensor, joints: Tensor, annotated: Tensor) -> Tensor:
    """The sum of torchvision's losses: each person fills the picture."""
    height, width = images.shape[2:]
    whole = {"boxes": torch.tensor([[0.0, 0.0, width, height]]), "labels": torch.ones(1, dtype=torch.int64)}
    points = torch.cat([joints, annotated[..., None].to(joints)], dim=2)
    targets = [whole | {"keypoints": one[None]} for one in points]
    return sum(network(list(images), targets).values())


def found(network: nn.Module, images: Tensor) -> Tensor:
    """The joints [n, j, 2] of the likeliest person in each of uint8 images [n, 3, h, w]; NaN where there is none."""
    places = []
    for part in images.split(50):
        for one in network(list(part.float() / 255)):
            joints = one["keypoints"][:1, :, :2]  # the likeliest comes first
            places.append(joints[0] if len(joints) else joints.new_full(joints.shape[1:], torch.nan))
    return torch.stack(places)


def slow() -> str:
    """How long the whole model takes for a step with one person, and for as many epochs as torchvision's script has."""
    from torchvision.models import get_model

    unit = reference.load("06_pose")
    persons = unit["crops"]("train", unit["PERSONS"], unit["SIDE"])
    network = get_model(PEER, weights=None, weights_backbone=None, num_keypoints=len(persons.body.joints)).train()
    images, joints, annotated, _ = unit["stacked"](persons[:1])
    start = time.process_time()
    loss(network, images.float() / 255, joints, annotated).backward()
    seconds = time.process_time() - start
    days = seconds * EPOCHS * len(persons) / 86400
    return (
        f"`{PEER}` takes {seconds:.0f} CPU seconds for one step with one person: "
        f"{EPOCHS} epochs of {len(persons):,} persons would take {days:.0f} days."
    )
