"""A student's function and a library's on the same inputs, which are whole numbers or short fractions: on every machine
the same, and exact in what decides (nothing lies so near to a threshold that rounding could move it across)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder import reference


@dataclass(frozen=True)
class Contest:
    """One function of a solution and its peer on one input.

    Attributes:
        size: of the input, and where a student meets it.
        peer: the library's name for it; `package` is the one whose version counts.
        ours, theirs: compute, without arguments. `same`: whether two answers are equal.
    """

    function: str
    size: str
    peer: str
    package: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    same: Callable[[Any, Any], bool]


def contests() -> Iterator[Contest]:
    """All of them, each at two sizes."""
    for make in (overlaps, suppression, pooling, mining, segmentation):
        yield from make()


def boxes(count: int, objects: int, side: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Boxes [n, 4] that crowd around some objects, corners in whole pixels; a different score for each."""
    rng = torch.Generator().manual_seed(seed)
    centres = torch.randint(side // 4, 3 * side // 4, (objects, 2), generator=rng)
    places = centres[torch.arange(count) % objects] + torch.randint(-side // 16, side // 16, (count, 2), generator=rng)
    halves = torch.randint(side // 16, side // 5, (count, 2), generator=rng)
    scores = (torch.randperm(count, generator=rng) + 1) / 4096
    return torch.cat([places - halves, places + halves], dim=1).float(), scores


def overlaps() -> Iterator[Contest]:
    """Unit 02's `box_iou`: a scene's windows with its objects, and a photograph's proposals with its objects."""
    from torchvision import ops

    ours = reference.find("02_rcnn", "box_iou")
    sizes = {"103 × 3 boxes, a scene": (103, 3, 128), "2,000 × 20 boxes, a photograph": (2000, 20, 500)}
    for size, (n, m, side) in sizes.items():
        one, other = boxes(n, 3, side)[0], boxes(m, 3, side, seed=1)[0]
        yield Contest(
            "02 `box_iou`",
            size,
            "`torchvision.ops.box_iou`",
            "torchvision",
            lambda one=one, other=other: ours(one, other),
            lambda one=one, other=other: ops.box_iou(one, other),
            near,
        )


def suppression() -> Iterator[Contest]:
    """Unit 02's `nms`: one class in a scene, and as many proposals as the paper has for a photograph."""
    from torchvision import ops

    ours = reference.find("02_rcnn", "nms")
    for size, (n, objects, side) in {
        "100 boxes, a scene": (100, 3, 128),
        "2,000 boxes, a photograph": (2000, 20, 500),
    }.items():
        given = (*boxes(n, objects, side), 0.5)
        yield Contest(
            "02 `nms`",
            size,
            "`torchvision.ops.nms`",
            "torchvision",
            lambda given=given: ours(*given),
            lambda given=given: ops.nms(*given),
            torch.equal,
        )


def pooling() -> Iterator[Contest]:
    """Unit 03's `roi_pool`: the batch that trains with a student's own, and a batch of the whole training."""
    import torchvision  # noqa: F401 (brings the operator)

    ours, theirs = reference.find("03_fast_rcnn", "roi_pool"), torch.ops.torchvision.roi_pool
    for size, images in {"128 regions, 2 images": 2, "256 regions, 4 images": 4}.items():
        rng = torch.Generator().manual_seed(images)
        features = torch.randn(images, 48, 32, 32, generator=rng)
        first = torch.randint(0, 96, (64 * images, 2), generator=rng)
        last = first + torch.randint(8, 64, (64 * images, 2), generator=rng)
        corners = 2 * torch.cat([first, last], dim=1) + 1  # odd: at stride 8 none lies at half a cell
        image = torch.arange(images).repeat_interleave(64)
        rois = torch.cat([image[:, None], corners.clamp(max=255)], dim=1).float()
        yield Contest(
            "03 `roi_pool`",
            f"{size}, 48 × 32 × 32",
            "`torch.ops.torchvision.roi_pool`",
            "torchvision",
            lambda given=(features, rois): ours(*given, 6, 1 / 8),
            lambda given=(features, rois): theirs(*given, 1 / 8, 6, 6),
            lambda one, other: all(torch.equal(a, b.to(a.dtype)) for a, b in zip(one, other, strict=True)),
        )


def mining() -> Iterator[Contest]:
    """Unit 07's `mine_semi_hard` with its `pairwise_distances`, from embeddings to triplets, as its peer works."""
    from pytorch_metric_learning.distances import LpDistance
    from pytorch_metric_learning.miners import TripletMarginMiner

    distances, mine = (reference.find("07_faces", name) for name in ("pairwise_distances", "mine_semi_hard"))
    squared = LpDistance(normalize_embeddings=False, p=2, power=2)
    miner = TripletMarginMiner(margin=0.2, type_of_triplets="semihard", distance=squared)
    for people in (10, 24):
        rng = torch.Generator().manual_seed(people)
        labels = torch.arange(people).repeat_interleave(4)
        centre, own = torch.randn(people, 64, generator=rng) / 10, torch.randn(len(labels), 64, generator=rng) / 12
        x = ((centre[labels] + own) * 64).round() / 64
        yield Contest(
            "07 `mine_semi_hard` of `pairwise_distances`",
            f"{len(labels)} faces of {people} people, {'the first ten' if people == 10 else 'a batch'}",
            "`TripletMarginMiner`",
            "pytorch-metric-learning",
            lambda x=x, labels=labels: mine(distances(x), labels, 0.2),
            lambda x=x, labels=labels: miner(x, labels),
            lambda one, other: torch.equal(one.unique(dim=0), torch.stack(other, dim=1).unique(dim=0)),
        )


def segmentation() -> Iterator[Contest]:
    """Unit 05's `mean_iou` of its `confusion_matrix`, from two masks to one number."""
    from torchmetrics.functional.classification import multiclass_jaccard_index

    count, mean = (reference.find("05_fcn", name) for name in ("confusion_matrix", "mean_iou"))
    sizes = {"128 × 128 pixels, 9 classes, a scene": (128, 128, 9), "375 × 500, 21 classes, VOC": (375, 500, 21)}
    for size, (height, width, classes) in sizes.items():
        rng = torch.Generator().manual_seed(classes)
        target = torch.randint(classes, (height, width), generator=rng)
        pred = torch.where(torch.rand(height, width, generator=rng) < 0.7, target, target.roll(1))
        target[torch.rand(height, width, generator=rng) < 0.05] = 255
        yield Contest(
            "05 `mean_iou` of `confusion_matrix`",
            size,
            "`multiclass_jaccard_index`",
            "torchmetrics",
            lambda pred=pred, target=target, k=classes: mean(count(pred, target, k, 255)),
            lambda pred=pred, target=target, k=classes: multiclass_jaccard_index(pred, target, k, ignore_index=255),
            near,
        )


def near(one: Any, other: Any) -> bool:
    """Equal but for the rounding of 32-bit numbers."""
    return torch.allclose(torch.as_tensor(one).double(), torch.as_tensor(other).double(), rtol=1e-5, atol=1e-6)
