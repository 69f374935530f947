"""Unit 04's Faster R-CNN beside torchvision's small one: python -m benchmarks.detection --seconds 300 (make detection)

Both begin with random weights, learn from the same Tinytown scenes for the same time on the same cores with the
course's training loop, each at the input size that suits it, and detect in the same test scenes. Each trains with the
best of the learning rates in RATES, chosen on validation scenes with a tenth of the time. Writes docs/detection.md; the
last printed line is "mAP ratio: A, speed ratio: B", ours divided by torchvision's; where torchvision's mAP is 0 it says
so. How long each needs to reach a mAP is `benchmarks.marks`'s.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
import typer
from torch import Tensor, nn

from autograder import reference
from benchmarks.document import machine
from course_lib import training
from course_lib.data import detection
from course_lib.download import atomic_write
from course_lib.metrics import mean_average_precision

UNIT, PEER = "04_faster_rcnn", "fasterrcnn_mobilenet_v3_large_320_fpn"
SCENES, TESTS, FIRST, IMAGES = 400, 100, 7000, 4
RATES = (3e-3, 1e-3, 3e-4)
TRIAL, LEAST = 12, 20  # steps to find the speed; steps of a training at least
HEADER = f"""# Detection, beside torchvision

Unit 04's Faster R-CNN and torchvision's `{PEER}`,
both with random weights at the start, trained on the same {SCENES} Tinytown scenes for the same time with the course's
training loop ({IMAGES} images a batch; the learning rate that did best of {", ".join(map(str, RATES))} in a tenth of
the time), tested on the same {TESTS} scenes, one at a time. `make detection` writes this file. `make marks
NAME=detection` measures how long each needs to reach 20 % mAP, for [marks.md](marks.md).

"""
Batch = Callable[[int], tuple]


@dataclass(frozen=True)
class Contestant:
    """A detector: how it is made, what a batch is, its loss, and its detections (labels from 0) in a uint8 image."""

    name: str
    make: Callable[[], nn.Module]
    batches: Callable[[object], Batch]
    loss: Callable[..., Tensor]
    detect: Callable[[nn.Module, Tensor], dict[str, Tensor]]


@dataclass(frozen=True)
class Result:
    """What one contestant reached: `seen` images in training, mAP at IoU 0.5 in [0, 1], images a second in testing."""

    name: str
    rate: float
    seconds: float
    seen: int
    mean_ap: float
    speed: float


def ours(images: int = IMAGES, name: str = "ours, 256 px") -> Contestant:
    """The unit's detector, all of it learning: no frozen stage, statistics of each batch."""
    unit = reference.load(UNIT)

    def make() -> nn.Module:
        network = unit["detector"](pretrained=False).train().requires_grad_()
        network.backbone.conv.train()
        return network

    return Contestant(name, make, lambda data: unit["batches"](data, images), unit["loss"], unit["detect"])


def peer(classes: int) -> nn.Module:
    """Torchvision's detector at its own 320 pixels."""
    from torchvision.models import get_model

    return get_model(PEER, weights=None, weights_backbone=None, num_classes=classes)


def torchvisions(
    build: Callable[[int], nn.Module] = peer, name: str = "torchvision, 320 px", images: int = IMAGES
) -> Contestant:
    """A detector of torchvision's, from its number of classes; it takes lists of images of any size."""
    unit, classes = reference.load(UNIT), len(detection("test", 1).classes)

    def make() -> nn.Module:
        return build(classes + 1).train()

    def detect(network: nn.Module, image: Tensor) -> dict[str, Tensor]:
        (found,) = network([image.to(next(network.parameters()).device).float() / 255])
        found = {key: value.cpu() for key, value in found.items()}
        return found | {"labels": found["labels"] - 1}

    def loss(network: nn.Module, images: Tensor, targets: list[dict[str, Tensor]]) -> Tensor:
        return sum(network(list(images), targets).values())

    return Contestant(name, make, lambda data: unit["batches"](data, images), loss, detect)


def train(one: Contestant, data, seconds: float, rate: float) -> tuple[nn.Module, int, float]:
    """A contestant trained for about so long; how many steps that were, and the seconds that they took."""
    torch.manual_seed(0)
    batch = one.batches(data)
    start = time.perf_counter()
    training.fit(one.make(), batch, one.loss, TRIAL, rate, progress=False)
    steps = max(LEAST, int(TRIAL * seconds / (time.perf_counter() - start)))
    torch.manual_seed(0)
    network, start = one.make(), time.perf_counter()
    training.fit(network, batch, one.loss, steps, rate, progress=False)
    return network.eval(), steps, time.perf_counter() - start


@torch.no_grad()
def mean_ap(one: Contestant, network: nn.Module, scenes) -> float:
    """mAP at IoU 0.5 in these scenes."""
    found = [one.detect(network, scene.image) for scene in scenes]
    targets = [{"boxes": scene.boxes, "labels": scene.labels} for scene in scenes]
    return mean_average_precision(found, targets, scenes.classes).map


@torch.no_grad()
def images_a_second(one: Contestant, network: nn.Module, scenes) -> float:
    """How many of these images it detects in, one after the other; the first ten warm up."""
    for scene in scenes[:10]:
        one.detect(network, scene.image)
    start = time.perf_counter()
    for scene in scenes:
        one.detect(network, scene.image)
    return len(scenes) / (time.perf_counter() - start)


def compete(one: Contestant, seconds: float) -> Result:
    """Choose the learning rate, train, test."""
    data, val = detection("train", SCENES), detection("val", TESTS)
    scores = {rate: mean_ap(one, train(one, data, seconds / 10, rate)[0], val) for rate in RATES}
    rate = max(RATES, key=lambda each: scores[each])
    print(f"{one.name}: " + ", ".join(f"{rate:g}: {100 * score:.1f} %" for rate, score in scores.items()), flush=True)
    network, steps, took = train(one, data, seconds, rate)
    test = detection("test", TESTS, start=FIRST)
    return Result(
        one.name, rate, took, IMAGES * steps, mean_ap(one, network, test), images_a_second(one, network, test)
    )


def ratios(mine: Result, theirs: Result) -> str:
    """The last line."""
    quotient = f"{mine.mean_ap / theirs.mean_ap:.2f}" if theirs.mean_ap else f"none, as {theirs.name} has 0 %"
    return f"mAP ratio: {quotient}, speed ratio: {mine.speed / theirs.speed:.2f}"


def table(results: list[Result]) -> str:
    """The results as Markdown."""
    lines = [
        "| detector | learning rate | training | images seen | mAP at IoU 0.5 | images a second |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.name} | {r.rate:g} | {r.seconds:.0f} s | {r.seen:,} | {100 * r.mean_ap:.1f} % | {r.speed:.1f} |"
        for r in results
    ]
    return "\n".join(lines) + "\n"


def main(
    seconds: Annotated[float, typer.Option(help="Training time of each detector.")] = 300,
    write: Annotated[bool, typer.Option(help="Rewrite docs/detection.md.")] = True,
) -> None:
    """Train both for the same time and compare them. Example: python -m benchmarks.detection --seconds 60 --no-write"""
    results = [compete(one(), seconds) for one in (ours, torchvisions)]
    text = f"{table(results)}\n{ratios(*results)}\n"
    if write:
        with atomic_write(reference.ROOT / "docs" / "detection.md") as temporary:
            temporary.write_text(f"{HEADER}{text}\n{machine()}\n", encoding="utf-8")
    print(text, end="")


if __name__ == "__main__":
    sys.exit(typer.run(main))
