"""Fast R-CNN over R-CNN with the same network on one photograph: python -m benchmarks.gpu.pooling

Unit 03's own functions: R-CNN's order warps each region and convolves it by itself, Fast R-CNN convolves the photograph
once and pools. Proposals are found before the clock starts. The settings choose network and device. Prints one JSON
object.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

from torch import Tensor, nn

from autograder import reference
from benchmarks.grading import BenchmarkError
from course_lib.data import photos
from course_lib.data.proposals import proposals
from course_lib.settings import settings

UNIT, REGIONS, ROUNDS = "03_fast_rcnn", 2000, 3


@dataclass(frozen=True)
class Pooled:
    """Seconds of each run over all regions, in both orders."""

    backbone: str
    regions: int
    rcnn: tuple[float, ...]
    fast: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times as fast Fast R-CNN is, by the medians."""
        return median(self.rcnn) / median(self.fast)


def measure(regions: int = REGIONS, rounds: int = ROUNDS) -> Pooled:
    """Time both orders in turn, each after a run that warms up.

    Raises:
        BenchmarkError: there are fewer proposals, or an order does not answer for each of them.
    """
    unit = reference.load(UNIT)
    photograph = photos.photo("astronaut")
    image = photograph.to(settings().device).float() / 255
    boxes = proposals(photograph, seed=0)[:regions].to(settings().device)
    if len(boxes) < regions:
        raise BenchmarkError("There are too few proposals.", expected=str(regions), got=str(len(boxes)))
    network = unit["FastRCNN"](pretrained=False).to(settings().device).eval()
    works = orders(unit, network, image, boxes)
    runs = [[unit["seconds"](work, repeats=1) for work in works] for _ in range(rounds)]
    rcnn, fast = zip(*runs, strict=True)
    return Pooled(settings().backbone, regions, rcnn, fast)


def orders(unit: dict, network: nn.Module, image: Tensor, boxes: Tensor) -> tuple[Callable[[], None], ...]:
    """R-CNN's order and Fast R-CNN's, as functions that see to it that each region is answered for."""
    rois = nn.functional.pad(boxes, (1, 0))

    def rcnn() -> None:
        _counted([scores for scores, _ in unit["cut_then_convolve"](network, image, boxes)], len(boxes))

    def fast() -> None:
        _counted([network(image[None], rois)[0]], len(boxes))

    return rcnn, fast


def _counted(scores: list[Tensor], regions: int) -> None:
    answered = sum(len(part) for part in scores)
    if answered != regions:
        raise BenchmarkError("Regions were left out.", expected=str(regions), got=str(answered))


def main() -> None:
    """Print what was measured."""
    print(json.dumps(asdict(measure())))


if __name__ == "__main__":
    main()
