"""Unit 04: inputs of `assign_anchors`: objects, and anchors of which one knows how far they overlap them.

Anchors come in mixed order, with some beside them that touch nothing, so that no answer is the same twice.
"""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.faster_rcnn.inputs import around, boxes
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


def _overlaps(inputs: Inputs) -> Tensor:
    from torchvision.ops import box_iou

    return box_iou(inputs["anchors"], inputs["objects"])


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


def assigned(count: int, objects: int, high: float = 0.7, low: float = 0.3):
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


def one_object(rng: Generator) -> Inputs:
    """An object, and anchors that overlap it by about 0.8, 0.5, 0.1 and 0."""
    x, y = rng.integers(10, 20, 2)
    moved = floats([[4, 0], [13, 1], [2, 26], [60, 40]]) + floats(rng.integers(0, 4, (4, 2))) / 4
    found = floats([[x, y, x + 40, y + 32]])
    return mixed(rng, found + moved.repeat(1, 2), found)


def small_object(rng: Generator) -> Inputs:
    """A small object whose best anchor reaches an IoU of about 0.45, and a large one that fits."""
    small = floats(around((30, 30), *rng.integers(20, 23, 2).tolist()))
    objects = torch.stack([floats([60, 10, 110, 50]), small])
    anchors = floats([around((31, 30), 32, 31), [61, 12, 108, 52], around((22, 27), 32, 31), [70, 60, 90, 80]])
    moved = shift(rng)
    return mixed(rng, anchors + moved, either_way(rng, objects) + moved)


def hardly_touched(rng: Generator) -> Inputs:
    """A ball whose best anchor is eight to ten times as large as itself, and a large object that fits."""
    objects = floats([[60, 10, 110, 50], around((30, 30), 10, 10)])
    side = int(rng.integers(28, 32))
    anchors = floats([[61, 12, 108, 52], around((31, 30), side, side), around((42, 32), 32, 32), [70, 60, 90, 80]])
    moved = shift(rng)
    return mixed(rng, anchors + moved, either_way(rng, objects) + moved)


def overshadowed(rng: Generator) -> Inputs:
    """A large object that fits; a small one on it, whose best anchor (0.1) overlaps the other by 0.5; two more, whose
    best anchors overlap them by a third and a quarter.
    """
    objects = floats([[10, 10, 60, 60], [40, 44, 52, 54], [80, 20, 100, 40], [70, 70, 86, 80]])
    anchors = floats([[10, 9, 60, 61], [32, 12, 62, 58], [76, 14, 109, 50], [104, 60, 124, 80], [70, 66, 96, 90]])
    moved = shift(rng)
    return mixed(rng, anchors + floats(rng.integers(0, 2, (5, 1))) / 4 + moved, either_way(rng, objects) + moved)


def stolen(rng: Generator) -> Inputs:
    """Two overlapping objects; the second one's best anchor overlaps the first one more, which has a better anchor."""
    objects = floats([[10, 10, 60, 60], [10, 10, 42, 60]])
    anchors = floats([[10, 9, 60, 61], [10, 12, 55, 58], [70, 10, 120, 60]]) + floats(rng.integers(-2, 3, (3, 4))) / 4
    moved = shift(rng)
    return mixed(rng, anchors + moved, either_way(rng, objects) + moved)


def untouched(rng: Generator) -> Inputs:
    """Two objects, one of which no anchor overlaps; one anchor stands edge to edge with it, which is an IoU of 0."""
    inputs = one_object(rng)
    lonely = inputs["objects"] + floats([0, 100, 0, 100])
    neighbour = lonely - floats([20, 0, 0, 0])
    neighbour[:, 2] = lonely[:, 0]
    return inputs | {
        "objects": either_way(rng, torch.cat([inputs["objects"], lonely])),
        "anchors": torch.cat([inputs["anchors"], neighbour]),
    }


def nothing_overlaps(rng: Generator) -> Inputs:
    """Objects that no anchor touches."""
    return mixed(rng, boxes(rng, 4, 120, 80), boxes(rng, 2, 120, 80) + 90)


def ties(rng: Generator) -> Inputs:
    """An object just between two anchors: both overlap it by the same 0.4; a third one less. Coordinates are whole."""
    x, y = (int(value) for value in rng.integers(4, 30, 2))
    anchors = floats([[x, y, x + 16, y + 16], [x + 12, y, x + 28, y + 16], [x - 3, y, x + 13, y + 16]])
    return mixed(rng, anchors, floats([[x + 8, y, x + 20, y + 16]]), high=0.7, low=0.2)


def shared_best(better: int):
    """One anchor is the best of two small objects, of the first (0) or the second one (1) more; a third one is fitted.

    The third object stands between the two.
    """

    def make(rng: Generator) -> Inputs:
        less, more = floats([12, 14, 32, 34]), floats([24, 10, 50, 36])
        ends = [less, more] if better else [more, less]
        objects = torch.stack([ends[0], floats([60, 10, 100, 50]), ends[1]]) + floats(rng.integers(-2, 3, (3, 1))) / 2
        anchors = floats([[58, 12, 98, 50], [10, 10, 50, 40], [80, 40, 120, 80]])
        moved = shift(rng)
        return mixed(rng, anchors + moved, objects + moved)

    return make


def on_the_thresholds(rng: Generator) -> Inputs:
    """Overlaps of exactly high = 1/2 and low = 1/4, in whole coordinates; a third anchor is the best."""
    x, y = (int(value) for value in rng.integers(1, 30, 2))
    anchors = [[x, y, x + 16, y + 16], [x, y, x + 16, y + 8], [x, y, x + 8, y + 8]]
    return mixed(rng, floats(anchors), floats([[x, y, x + 16, y + 16]]), high=0.5, low=0.25)


def no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return assignment(boxes(rng, int(rng.integers(3, 8)), 120, 80), torch.zeros(0, 4))


def no_anchors(rng: Generator) -> Inputs:
    """No anchors."""
    return assignment(torch.zeros(0, 4), boxes(rng, 2, 120, 80))
