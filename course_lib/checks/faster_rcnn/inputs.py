"""Unit 04: inputs. Sizes are unequal everywhere (height, width, channels, anchors), since slips hide in squares."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.spec import Inputs


def floats(values) -> Tensor:
    """Any numbers as a float32 tensor."""
    return torch.as_tensor(values, dtype=torch.float32)


def around(center: tuple[float, float], width: float, height: float) -> list[float]:
    """The box of this size around a centre (x, y)."""
    (x, y), w, h = center, width / 2, height / 2
    return [x - w, y - h, x + w, y + h]


def boxes(rng: Generator, count: int, width: float, height: float, least: float = 12, most: float = 44) -> Tensor:
    """Boxes inside an image of this size, sides between `least` and `most`. [count, 4]"""
    sides = rng.uniform(least, most, (count, 2))
    corner = rng.uniform(0, 1, (count, 2)) * (floats([width, height]).numpy() - sides)
    return floats(torch.cat([floats(corner), floats(corner + sides)], dim=1))


def anchor_grid(height: int, width: int, stride: int, scales: list[float], ratios: list[float]):
    """A feature map; scales are drawn within 10 %, so that no public number helps in the exam."""

    def make(rng: Generator) -> Inputs:
        drawn = [float(round(scale * rng.uniform(0.9, 1.1), 1)) for scale in scales]
        return {"feature_size": (height, width), "stride": stride, "scales": drawn, "ratios": ratios}

    return make


def anchor_grid_whole(rng: Generator) -> Inputs:
    """Scales and ratios as whole numbers, in tuples."""
    return {
        "feature_size": (2, 1),
        "stride": 8,
        "scales": (int(rng.integers(10, 30)), int(rng.integers(31, 60))),
        "ratios": (1, 2, 3),
    }


def assignment(anchors: Tensor, objects: Tensor, high: float = 0.7, low: float = 0.3) -> Inputs:
    """The arguments of assign_anchors."""
    return {"anchors": anchors, "objects": objects, "high": high, "low": low}


def clear(inputs: Inputs) -> bool:
    """No overlap near a threshold, none equal to another one, and no anchor the best of two objects."""
    from torchvision.ops import box_iou

    table = box_iou(inputs["anchors"], inputs["objects"])
    overlaps, best = table[table > 0], table.argmax(dim=0)
    near = [((overlaps - limit).abs() < 0.01).any() for limit in (inputs["high"], inputs["low"])]
    apart = overlaps.sort().values.diff() > 1e-4
    return not any(near) and bool(apart.all()) and len(best.unique()) == len(best)


def until_clear(make, fits=lambda inputs: True):
    """The first drawing that is `clear` and `fits`."""

    def draw(rng: Generator) -> Inputs:
        inputs = make(rng)
        while not (clear(inputs) and fits(inputs)):
            inputs = make(rng)
        return inputs

    return draw


def _crowded(count: int, objects: int, high: float, low: float):
    """Anchors near the objects, some hardly moved, others far off."""

    def make(rng: Generator) -> Inputs:
        found = boxes(rng, objects, 120, 80)
        moved = found[torch.as_tensor(rng.integers(0, objects, count))] + floats(rng.normal(size=(count, 4)) * 4)
        return assignment(moved, found, high, low)

    return make


def _all_labels(inputs: Inputs) -> bool:
    """Whether plain thresholds give all three labels."""
    from torchvision.ops import box_iou

    largest = box_iou(inputs["anchors"], inputs["objects"]).amax(dim=1)
    high, low = largest >= inputs["high"], largest < inputs["low"]
    return bool(high.any() and low.any() and (~high & ~low).any())


def assigned(count: int, objects: int, high: float = 0.7, low: float = 0.3):
    """Random anchors around random objects, with all three labels among them."""
    return until_clear(_crowded(count, objects, high, low), _all_labels)


def one_object(rng: Generator) -> Inputs:
    """An object, and anchors that overlap it by about 0.8, 0.5, 0.1 and 0."""
    x, y = rng.uniform(10, 20, 2)
    shifts = floats([[4, 0], [13, 1], [2, 26], [60, 60]]) + floats(rng.uniform(0, 1, (4, 2)))
    found = floats([[x, y, x + 40, y + 32]])
    return assignment(found + shifts.repeat(1, 2), found)


def small_object(rng: Generator) -> Inputs:
    """A small object whose best anchor reaches an IoU of about 0.45, and a large one that fits."""
    shift = floats(rng.uniform(0, 4, 2)).repeat(2)
    small = floats(around((30, 30), *rng.uniform(20, 22, 2)))
    large = floats([60, 10, 110, 50])
    anchors = floats([around((31, 30), 32, 31), [61, 12, 108, 52], around((22, 27), 32, 31), [70, 60, 90, 80]])
    return assignment(anchors + shift, torch.stack([large, small]) + shift)


def stolen(rng: Generator) -> Inputs:
    """Two overlapping objects; the second one's best anchor overlaps the first one more, which has a better anchor."""
    shift = floats(rng.uniform(0, 8, 2)).repeat(2)
    objects = floats([[10, 10, 60, 60], [10, 10, 42, 60]])
    anchors = floats([[10, 9, 60, 61], [10, 12, 55, 58], [70, 10, 120, 60]]) + floats(rng.uniform(-0.5, 0.5, (3, 4)))
    return assignment(anchors + shift, objects + shift)


def untouched(rng: Generator) -> Inputs:
    """Two objects, one of which no anchor touches."""
    inputs = one_object(rng)
    return inputs | {"objects": torch.cat([inputs["objects"], inputs["objects"] + 300])}


def nothing_overlaps(rng: Generator) -> Inputs:
    """Objects that no anchor touches."""
    return assignment(boxes(rng, 5, 120, 80), boxes(rng, 2, 120, 80) + 200)


def ties(rng: Generator) -> Inputs:
    """An object just between two anchors: both overlap it by the same 0.4; a third one less. Coordinates are whole."""
    x, y = (int(value) for value in rng.integers(1, 30, 2))
    anchors = floats([[x, y, x + 16, y + 16], [x + 12, y, x + 28, y + 16], [x - 3, y, x + 13, y + 16]])
    return assignment(anchors, floats([[x + 8, y, x + 20, y + 16]]), high=0.7, low=0.2)


def shared_best(rng: Generator) -> Inputs:
    """One anchor is the best of two small objects, of the second one more; another one fits a third object."""
    shift = floats(rng.uniform(0, 8, 2)).repeat(2)
    objects = floats([[12, 14, 30, 34], [60, 10, 100, 50], [24, 10, 50, 36]]) + floats(rng.uniform(-1, 1, (3, 4)))
    anchors = floats([[58, 12, 98, 50], [10, 10, 50, 40], [80, 40, 120, 80]])
    return assignment(anchors + shift, objects + shift)


def on_the_thresholds(rng: Generator) -> Inputs:
    """Overlaps of exactly high = 1/2 and low = 1/4, in whole coordinates; a third anchor is the best."""
    x, y = (int(value) for value in rng.integers(1, 30, 2))
    anchors = [[x, y, x + 16, y + 16], [x, y, x + 16, y + 8], [x, y, x + 8, y + 8]]
    return assignment(floats(anchors), floats([[x, y, x + 16, y + 16]]), high=0.5, low=0.25)


def no_objects(rng: Generator) -> Inputs:
    """An image without objects."""
    return assignment(boxes(rng, 6, 120, 80), torch.zeros(0, 4))


def no_anchors(rng: Generator) -> Inputs:
    """No anchors."""
    return assignment(torch.zeros(0, 4), boxes(rng, 2, 120, 80))


def head(channels: int, anchors: int, height: int, width: int, images: int = 1):
    """Weights of a region proposal network, and feature maps that are negative in places."""
    shapes = {
        "conv.weight": (channels, channels, 3, 3),
        "conv.bias": (channels,),
        "cls_logits.weight": (anchors, channels, 1, 1),
        "cls_logits.bias": (anchors,),
        "bbox_pred.weight": (4 * anchors, channels, 1, 1),
        "bbox_pred.bias": (4 * anchors,),
    }

    def make(rng: Generator) -> Inputs:
        state = {name: floats(rng.normal(size=shape) * 0.5) for name, shape in shapes.items()}
        return {"state": state, "features": floats(rng.normal(size=(images, channels, height, width)))}

    return make


def predictions(positive: int, negative: int, ignored: int, scale: float = 1.0):
    """Outputs of a region proposal network with their truth, shuffled; box errors on both sides of 1/9.

    Args:
        scale: of the logits.
    """

    def make(rng: Generator) -> Inputs:
        labels = torch.as_tensor(rng.permutation([1] * positive + [0] * negative + [-1] * ignored)).long()
        targets = floats(rng.normal(size=(len(labels), 4)))
        errors = rng.normal(size=(len(labels), 4)) * rng.choice([0.05, 0.8], size=(len(labels), 1))
        logits = floats(rng.normal(size=len(labels)) * 1.5 * scale)
        return {"objectness": logits, "deltas": targets + floats(errors), "labels": labels, "targets": targets}

    return make


def very_sure(rng: Generator) -> Inputs:
    """Logits whose sigmoid is 0 or 1 in float32, half of them wrong."""
    inputs = predictions(3, 3, 2)(rng)
    wrong = torch.tensor([1.0, -1.0]).repeat(4)
    sure = floats(rng.uniform(100, 200, 8)) * wrong * (2 * (inputs["labels"] > 0) - 1)
    return inputs | {"objectness": sure}


FOUR = ("loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg")


def losses(weights: dict[str, float], names: tuple[str, ...] = FOUR, **special: float):
    """Losses by name in this order, the `special` ones as given; the weights' order may differ."""

    def make(rng: Generator) -> Inputs:
        drawn = {name: floats(special.get(name, rng.uniform(0.2, 2))) for name in names}
        return {"losses": drawn, "weights": weights}

    return make


def batch(*objects: int):
    """Images of an unequal height and width, one for each number of objects (at most 2); boxes and labels of those."""

    def make(rng: Generator) -> Inputs:
        targets = [
            {"boxes": boxes(rng, count, 20, 12, 3, 9), "labels": torch.as_tensor(rng.integers(1, 3, count)).long()}
            for count in objects
        ]
        return {"images": floats(rng.normal(size=(len(objects), 3, 12, 20))), "targets": targets}

    return make


def images(count: int):
    """Images alone."""
    return lambda rng: {"images": batch(*[0] * count)(rng)["images"]}
