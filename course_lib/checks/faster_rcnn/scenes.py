"""Unit 04: inputs of `propose`: anchors with scores and corrections on an image of unequal sides."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.faster_rcnn.inputs import boxes, floats
from course_lib.checks.spec import Inputs

HEIGHT, WIDTH = 80, 120


def proposing(
    anchors: Tensor,
    deltas: Tensor,
    scores: Tensor,
    pre_n: int = 100,
    post_n: int = 50,
    min_size: float = 4.0,
    nms_threshold: float = 0.7,
) -> Inputs:
    """The arguments of propose, on an image of height 80 and width 120."""
    return {
        "scores": scores,
        "deltas": deltas,
        "anchors": anchors,
        "image_size": (HEIGHT, WIDTH),
        "pre_n": pre_n,
        "post_n": post_n,
        "min_size": min_size,
        "nms_threshold": nms_threshold,
    }


def ranks(rng: Generator, count: int) -> Tensor:
    """Scores (logits) in mixed order, no two equal."""
    return floats(rng.permutation(count) * 0.7 - 0.3 * count + rng.uniform(-0.1, 0.1, count))


def _corrected(inputs: Inputs) -> Tensor:
    """The clipped boxes of all anchors, by an independent decoder."""
    from torchvision.models.detection._utils import BoxCoder
    from torchvision.ops import clip_boxes_to_image

    coder = BoxCoder((1.0, 1.0, 1.0, 1.0))
    return clip_boxes_to_image(coder.decode_single(inputs["deltas"], inputs["anchors"]), inputs["image_size"])


def clear(inputs: Inputs) -> bool:
    """No overlap near the threshold of suppression, no side near the smallest one."""
    from torchvision.ops import box_iou

    found = _corrected(inputs)
    sides = found[:, 2:] - found[:, :2]
    overlaps = box_iou(found, found).nan_to_num(0)
    near = (overlaps - inputs["nms_threshold"]).abs() < 0.01
    return not near.any() and not ((sides - inputs["min_size"]).abs() < 0.05).any()


def crowd(count: int, threshold: float = 0.5, min_size: float = 8.0, **options):
    """Anchors all over the image, some beyond its border, with random corrections."""

    def draw(rng: Generator) -> Inputs:
        anchors = boxes(rng, count, WIDTH + 30, HEIGHT + 30, 8, 40) - 15
        deltas = floats(rng.normal(size=(count, 4)) * 0.2)
        scores = ranks(rng, count)
        return proposing(anchors, deltas, scores, min_size=min_size, nms_threshold=threshold, **options)

    return until_clear(draw)


def until_clear(make: Callable[[Generator], Inputs]) -> Callable[[Generator], Inputs]:
    """The first drawing that is `clear`."""

    def draw(rng: Generator) -> Inputs:
        inputs = make(rng)
        while not clear(inputs):
            inputs = make(rng)
        return inputs

    return draw


def pair(rng: Generator) -> Inputs:
    """Two anchors far apart and their corrections."""
    anchors = floats([[10, 20, 40, 36], [70, 30, 96, 60]]) + floats(rng.uniform(0, 4, (2, 4)))
    return proposing(anchors, floats(rng.uniform(-0.3, 0.3, (2, 4))), ranks(rng, 2))


def at_the_border(rng: Generator) -> Inputs:
    """Boxes that leave the image on each of its four sides."""
    anchors = floats([[-6, 30, 20, 52], [40, -8, 66, 14], [100, 28, 131, 50], [44, 60, 74, 92]])
    return proposing(anchors + floats(rng.uniform(-2, 2, (4, 4))), torch.zeros(4, 4), ranks(rng, 4))


def mostly_outside(rng: Generator) -> Inputs:
    """Large boxes of which a sliver of 2 or 3 pixels lies in the image, and one inside it."""
    anchors = floats([[-28, 20, 2.5, 50], [50, 77, 80, 110], [20, 20, 50, 44]])
    jitter = floats(rng.uniform(-0.4, 0.4, (3, 4)))
    return proposing(anchors + jitter, torch.zeros(3, 4), ranks(rng, 3), min_size=6.0)


def slender(rng: Generator) -> Inputs:
    """Boxes that are long and thin, one each way, a small one, and a large one."""
    anchors = floats([[20, 10, 21, 60], [40, 30, 95, 31.5], [5, 5, 7, 6.5], [50, 40, 90, 70]])
    jitter = floats(rng.uniform(0, 3, (4, 2))).repeat(1, 2)
    return proposing(anchors + jitter, torch.zeros(4, 4), ranks(rng, 4), min_size=3.0)


def duplicates(rng: Generator) -> Inputs:
    """Six near copies of one box with the highest scores, then three others; four may stay."""
    one = floats([20, 20, 60, 50]) + floats(rng.uniform(-0.8, 0.8, (6, 4)))
    others = floats([[70, 10, 100, 40], [10, 60, 40, 78], [80, 50, 110, 75]])
    order = torch.as_tensor(rng.permutation(9))
    scores = floats(sorted(rng.uniform(-3, 3, 9), reverse=True))
    anchors = torch.cat([one, others])
    deltas = floats(rng.uniform(-0.01, 0.01, (9, 4)))
    return proposing(anchors[order], deltas[order], scores[order], post_n=4)


def too_small(rng: Generator) -> Inputs:
    """Boxes below the smallest size, all of them."""
    return crowd(5)(rng) | {"min_size": 500.0}


def none(rng: Generator) -> Inputs:
    """No anchors."""
    return proposing(torch.zeros(0, 4), torch.zeros(0, 4), torch.zeros(0))


def with_nan(rng: Generator) -> Inputs:
    """Some corrections are NaN: of the best anchor in all four numbers, of the third in one."""
    inputs = crowd(8)(rng)
    order = inputs["scores"].argsort(descending=True)
    inputs["deltas"][order[0]] = float("nan")
    inputs["deltas"][order[2], int(rng.integers(0, 4))] = float("nan")
    return inputs


def just_large_enough(rng: Generator) -> Inputs:
    """A box with a side of exactly the smallest size, in whole coordinates, and one that is a pixel shorter."""
    x, y = (int(value) for value in rng.integers(1, 20, 2))
    anchors = floats([[x, y, x + 16, y + 40], [x + 50, y, x + 65, y + 40]])
    return proposing(anchors, torch.zeros(2, 4), ranks(rng, 2), min_size=16.0)


def all_nan(rng: Generator) -> Inputs:
    """Every correction is NaN."""
    inputs = crowd(4)(rng)
    return inputs | {"deltas": torch.full((4, 4), float("nan"))}


def detecting(
    scores: Tensor, deltas: Tensor, proposals: Tensor, score_threshold: float = 0.1, nms_threshold: float = 0.5
) -> Inputs:
    """The arguments of postprocess_detections, on an image of height 80 and width 120."""
    return {
        "scores": scores,
        "deltas": deltas,
        "proposals": proposals,
        "image_size": (HEIGHT, WIDTH),
        "score_threshold": score_threshold,
        "nms_threshold": nms_threshold,
    }


def _clear_detections(inputs: Inputs) -> bool:
    """No probability near the threshold or another one, no overlap near the threshold of suppression."""
    from torchvision.models.detection._utils import BoxCoder
    from torchvision.ops import box_iou, clip_boxes_to_image

    chances = inputs["scores"].softmax(1)
    coder = BoxCoder((1.0, 1.0, 1.0, 1.0))
    found = coder.decode_single(inputs["deltas"].flatten(1), inputs["proposals"]).reshape(-1, 4)
    found = clip_boxes_to_image(found, inputs["image_size"])
    overlaps = box_iou(found, found).nan_to_num(0)
    near = (overlaps - inputs["nms_threshold"]).abs() < 0.01
    apart = chances.flatten().sort().values.diff() > 1e-5
    return not near.any() and not ((chances - inputs["score_threshold"]).abs() < 0.005).any() and bool(apart.all())


def detections(count: int, classes: int, sure: float = 2.0, **options):
    """Random proposals with random logits and deltas for so many classes, background included."""

    def draw(rng: Generator) -> Inputs:
        scores = floats(rng.normal(size=(count, classes)) * sure)
        deltas = floats(rng.normal(size=(count, classes, 4)) * 0.3)
        return detecting(scores, deltas, boxes(rng, count, WIDTH, HEIGHT), **options)

    def make(rng: Generator) -> Inputs:
        inputs = draw(rng)
        while not _clear_detections(inputs):
            inputs = draw(rng)
        return inputs

    return make


def one_place(rng: Generator) -> Inputs:
    """Two proposals on nearly one place, the first of class 1, the second of class 2; two more of class 3 overlap."""
    proposals = floats([[20, 20, 60, 50], [21, 21, 61, 50], [80, 10, 110, 70], [81, 12, 111, 72]])
    scores = floats([[0, 3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 4], [0, 0, 0, 2.5]]) + floats(rng.uniform(0, 0.4, (4, 4)))
    return detecting(scores, floats(rng.uniform(-0.01, 0.01, (4, 4, 4))), proposals, score_threshold=0.3)


def sure_background(rng: Generator) -> Inputs:
    """Background is the surest of three proposals; an object is so of one."""
    scores = floats([[4, 0, 0], [3, 1, 0], [0, 0, 3], [5, 0, 1]]) + floats(rng.uniform(0, 0.5, (4, 3)))
    corners = floats([[5, 5], [60, 8], [20, 45], [80, 40]]) + floats(rng.uniform(0, 5, (4, 2)))
    return detecting(scores, floats(rng.normal(size=(4, 3, 4)) * 0.1), torch.cat([corners, corners + 28], 1), 0.4)


def two_from_one(rng: Generator) -> Inputs:
    """One proposal that is sure enough of two classes, each with deltas of its own."""
    scores = floats([[0, 2.0, 0.2, 1.6]]) + floats(rng.uniform(0, 0.2, (1, 4)))
    deltas = floats(rng.uniform(0.1, 0.5, (1, 4, 4)) * rng.choice([-1, 1], (1, 4, 4)))
    return detecting(scores, deltas, boxes(rng, 1, 80, 60) + 10, score_threshold=0.25)


def leaving(rng: Generator) -> Inputs:
    """Detections that leave the image at its right and lower border."""
    proposals = floats([[90, 20, 118, 50], [30, 50, 60, 78]]) + floats(rng.uniform(-2, 2, (2, 4)))
    deltas = floats(rng.uniform(0.4, 0.6, (2, 2, 4)))
    return detecting(floats([[0, 2], [0, 1]]) + floats(rng.uniform(0, 0.4, (2, 2))), deltas, proposals)


def unsure(rng: Generator) -> Inputs:
    """No class reaches the threshold."""
    return detections(4, 3, sure=0.1)(rng) | {"score_threshold": 0.95}
