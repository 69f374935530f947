"""Unit 04: inputs of `assign_anchors`: objects, and anchors of which one knows how far they overlap them.

Anchors come in mixed order, with some beside them that touch nothing, so that no answer is the same twice.
"""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.faster_rcnn.shared import boxes
from course_lib.checks.kit.numbers import floats
from course_lib.checks.spec import Inputs

ASIDE = 140  # pixels: from this x on nothing overlaps


def assignment(anchors: Tensor, objects: Tensor, high: float = 0.7, low: float = 0.3) -> Inputs:
    """The arguments of assign_anchors."""
    return {"anchors": anchors, "objects": objects, "high": high, "low": low}


def mixed(rng: Generator, anchors: Tensor, objects: Tensor, high: float = 0.7, low: float = 0.3) -> Inputs:
    """These anchors and some that touch nothing, in any order; the objects as they come."""
    beside = torch.stack([torch.arange(4.0) * 12, torch.arange(4.0) * 9], dim=1)[: int(rng.integers(1, 5))]
    beside = torch.cat([beside, beside + 16], dim=1) + floats([ASIDE, 10, ASIDE, 10])
    together = torch.cat([anchors, beside])
    return assignment(together[torch.as_tensor(rng.permutation(len(together)))], objects, high, low)


def either_way(rng: Generator, objects: Tensor) -> Tensor:
    """The objects in any order."""
    return objects[torch.as_tensor(rng.permutation(len(objects)))]


def shift(rng: Generator, most: int = 8) -> Tensor:
    """By how much a whole scene is moved, in whole pixels."""
    return floats(rng.integers(0, most, 2)).repeat(2)


def scattered(count: int, objects: int, high: float = 0.7, low: float = 0.3):
    """Random anchors around random objects, two of them far off the last one; every rule but those on ties acts."""

    def draw(rng: Generator) -> Inputs:
        found = boxes(rng, objects, 120, 80)
        nearest = torch.as_tensor([*rng.integers(0, objects - 1, count - 2).tolist(), objects - 1, objects - 1])
        far = floats([4.0] * (objects - 1) + [12.0])[nearest]
        anchors = found[nearest] + floats(rng.normal(size=(count, 4))) * far[:, None]
        return assignment(anchors, found, high, low)

    def make(rng: Generator) -> Inputs:
        inputs = draw(rng)
        while not (_whole(inputs) and clear(inputs) and tells_all(inputs)):
            inputs = draw(rng)
        return inputs | {"objects": either_way(rng, inputs["objects"])}

    return make


def _whole(inputs: Inputs) -> bool:
    """Whether every anchor has sides of at least 2 pixels."""
    return bool((inputs["anchors"][:, 2:] - inputs["anchors"][:, :2] >= 2).all())


def clear(inputs: Inputs) -> bool:
    """No overlap near a threshold, none equal to another one, and no anchor the best of two objects."""
    table = _overlaps(inputs)
    overlaps, best = table[table > 0], table.argmax(dim=0)
    near = [((overlaps - limit).abs() < 0.01).any() for limit in (inputs["high"], inputs["low"])]
    apart = overlaps.sort().values.diff() > 1e-4
    return not any(near) and bool(apart.all()) and len(best.unique()) == len(best)


def tells_all(inputs: Inputs) -> bool:
    """Whether every rule but those on ties acts: so a version without one of them is always wrong here.

    Some object is fitted, some has a best anchor far below `low`, all are touched; each best anchor overlaps its own
    object most; thresholds leave anchors out, of which one is nobody's best.
    """
    table, high, low = _overlaps(inputs), inputs["high"], inputs["low"]
    least = max(low, high / 2) + 0.01
    best, owner = table.max(dim=0)
    largest = table.amax(dim=1)
    between = (largest >= low) & (largest < high)
    between[owner] = False
    own = table[owner].argmax(dim=1) == torch.arange(len(owner))
    unsaved, fitted = (best > 0.03) & (best < 0.17), best >= high
    return bool((unsaved | (best > least)).all() and unsaved.any() and fitted.any() and own.all() and between.any())


def _overlaps(inputs: Inputs) -> Tensor:
    from torchvision.ops import box_iou

    return box_iou(inputs["anchors"], inputs["objects"])
