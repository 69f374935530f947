"""Unit 04: inputs. Sizes are unequal everywhere (height, width, channels, anchors), since slips hide in squares."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.kit.numbers import floats
from course_lib.checks.spec import Inputs


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
    """A feature map; scales are drawn within 10 %, so that no public number helps in the exam: odd eighths of a pixel,
    so that no side is whole.
    """

    def make(rng: Generator) -> Inputs:
        drawn = [(2 * round(4 * scale * rng.uniform(0.9, 1.1)) + 1) / 8 for scale in scales]
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


def any_head(rng: Generator) -> Inputs:
    """Weights of a region proposal network of any width, and the features of one cell."""
    return head(int(rng.integers(3, 9)), int(rng.integers(2, 9)), 1, 1)(rng)


def predictions(positive: int, negative: int, ignored: int, scale: float = 1.0):
    """Outputs of a region proposal network with their truth, shuffled; box errors on both sides of 1/9.

    Targets that mean nothing are wild.

    Args:
        scale: of the logits.
    """

    def make(rng: Generator) -> Inputs:
        labels = torch.as_tensor(rng.permutation([1] * positive + [0] * negative + [-1] * ignored)).long()
        targets = floats(rng.normal(size=(len(labels), 4)))
        errors = rng.normal(size=(len(labels), 4)) * rng.choice([0.05, 0.8], size=(len(labels), 1))
        logits = floats(rng.normal(size=len(labels)) * 1.5 * scale)
        deltas, wild = targets + floats(errors), floats(rng.integers(-90, 90, (len(labels), 4)))
        targets = torch.where(labels[:, None] > 0, targets, wild)
        return {"objectness": logits, "deltas": deltas, "labels": labels, "targets": targets}

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
