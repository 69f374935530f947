"""How fast the detector and the segmenters of `full` learn, and in how much memory, beside torchvision's.

python -m benchmarks.gpu.training, with COURSE_PROFILE=full, COURSE_BACKBONE, COURSE_DEVICE and the data in COURSE_DATA.
Ours and torchvision's take turns on the same batches, which lie in memory before the clock starts, with the course's
training loop and its precision. Prints one JSON object: a list of rows.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from autograder import reference
from benchmarks.detection import ours, torchvisions
from benchmarks.throughput import IMAGES, same_backbone, trained_a_second
from course_lib.data import detection
from course_lib.data.segmentation import segmentation
from course_lib.errors import SettingsError
from course_lib.settings import settings

ROUNDS, STEPS, KEPT = 3, 20, 4  # runs of each; steps of a run; batches in memory
SEGMENTATION = "05_fcn"
PEERS = {"resnet50": "fcn_resnet50", "resnet101": "fcn_resnet101"}  # by backbone


@dataclass(frozen=True)
class Learner:
    """A network that is to learn: how it is made, the i-th batch, its loss, images of a batch."""

    task: str
    name: str
    make: Callable[[], nn.Module]
    batch: Callable[[int], tuple]
    loss: Callable[..., Tensor]
    images: int


@dataclass(frozen=True)
class Speed:
    """What one network took.

    Attributes:
        images: of a batch.
        speeds: images per second of training in each run.
        memory: bytes of the GPU at the peak; 0 where there is none.
        parameters: how many numbers the network has.
    """

    task: str
    name: str
    images: int
    speeds: tuple[float, ...]
    memory: int
    parameters: int


class Scores(nn.Module):
    """One of torchvision's segmenters that gives its scores alone, as ours do."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        """Scores [n, k, h, w]."""
        return self.network(images)["out"]


def kept(batch: Callable[[int], tuple], count: int = KEPT) -> Callable[[int], tuple]:
    """The first few batches again and again: nothing is read or scaled while the clock runs."""
    made = [batch(number) for number in range(count)]
    return lambda number: made[number % count]


def detectors() -> list[Learner]:
    """Unit 04's and torchvision's Faster R-CNN with the same backbone and images."""
    mine = ours(IMAGES, "unit 04's Faster R-CNN")
    peers = torchvisions(same_backbone, "torchvision's Faster R-CNN with FPN", IMAGES)
    batch = kept(mine.batches(detection("train", 20)))
    return [Learner("detection", one.name, one.make, batch, one.loss, IMAGES) for one in (mine, peers)]


def segmenters(images: int | None = None) -> list[Learner]:
    """Unit 05's networks on the pretrained backbone, and torchvision's FCN on the same; all of each learns.

    Args:
        images: of a batch; the unit's own number where it is None.
    """
    unit = reference.load(SEGMENTATION)
    images = images or unit["IMAGES"]
    batch = kept(unit["batches"](segmentation("train", 20), images))

    def own(name: str) -> Learner:
        def make() -> nn.Module:
            return unit["network"](name, pretrained=False).train().requires_grad_()

        return Learner("segmentation", f"unit 05's {name}", make, batch, unit["loss"], images)

    def theirs() -> nn.Module:
        return Scores(peer(len(unit["CLASSES"]))).train()

    peers = Learner("segmentation", f"torchvision's {peer_name()}", theirs, batch, unit["loss"], images)
    return [own("FCN-8s"), own("encoder–decoder"), peers]


def peer_name() -> str:
    """Torchvision's FCN on the settings' backbone. Raises SettingsError for one on which it has none."""
    if (name := settings().backbone) not in PEERS:
        raise SettingsError("Torchvision has no FCN on this backbone.", expected=" or ".join(PEERS), got=name)
    return PEERS[name]


def peer(classes: int) -> nn.Module:
    """Torchvision's FCN with random weights; it keeps stride 8 by dilated convolutions."""
    from torchvision.models import get_model

    return get_model(peer_name(), weights=None, weights_backbone=None, num_classes=classes)


def measure(learners: Sequence[Learner], rounds: int = ROUNDS, steps: int = STEPS) -> list[Speed]:
    """Train each for a few steps, in turn, several times."""
    networks = [one.make() for one in learners]
    runs = [[trained(*pair, steps) for pair in zip(learners, networks, strict=True)] for _ in range(rounds)]
    return [
        Speed(
            one.task,
            one.name,
            one.images,
            tuple(speed for speed, _ in own),
            max(memory for _, memory in own),
            sum(weight.numel() for weight in network.parameters()),
        )
        for one, network, own in zip(learners, networks, zip(*runs, strict=True), strict=True)
    ]


def trained(one: Learner, network: nn.Module, steps: int) -> tuple[float, int]:
    """Images per second of one short training, and the most bytes of the GPU."""
    on_gpu = torch.device(settings().device).type == "cuda"
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    speed = trained_a_second(network, one.batch, one.loss, one.images, steps)
    return speed, torch.cuda.max_memory_allocated() if on_gpu else 0


def main() -> None:
    """Print the rows."""
    found = [*measure(detectors()), *measure(segmenters())]
    print(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
