"""Unit 04: inputs of `propose`: anchors with scores and corrections on an image of unequal sides."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.faster_rcnn.inputs import boxes
from course_lib.checks.kit.numbers import floats, until
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


def clear(inputs: Inputs) -> bool:
    """No overlap near the threshold of suppression, none that clipping lifts over it; no side near the smallest one."""
    found = corrected(inputs)[inputs["scores"].argsort(descending=True)[: inputs["pre_n"]]]
    inside = clipped(found, inputs["image_size"])
    sides = inside[:, 2:] - inside[:, :2]
    return apart(found, inside, inputs["nms_threshold"]) and not ((sides - inputs["min_size"]).abs() < 0.02).any()


def corrected(inputs: Inputs) -> Tensor:
    """The boxes of all anchors, by an independent decoder."""
    from torchvision.models.detection._utils import BoxCoder

    return BoxCoder((1.0, 1.0, 1.0, 1.0)).decode_single(inputs["deltas"], inputs["anchors"])


def clipped(boxes: Tensor, image_size: tuple[int, int]) -> Tensor:
    """What of the boxes lies in the image."""
    from torchvision.ops import clip_boxes_to_image

    return clip_boxes_to_image(boxes, image_size)


def apart(found: Tensor, inside: Tensor, threshold: float) -> bool:
    """No overlap of boxes, as found or as clipped, near the threshold; clipping moves none to its other side."""
    from torchvision.ops import box_iou

    before, after = (box_iou(boxes, boxes).nan_to_num(0) for boxes in (found, inside))
    near = ((before - threshold).abs() < 0.003) | ((after - threshold).abs() < 0.003)
    return not near.any() and bool(((before > threshold) == (after > threshold)).all())


def _all_steps(inputs: Inputs) -> bool:
    """Whether every step matters to the result: of the best `pre_n` boxes the first leaves the image above or on the
    left, one of the first three below or on the right, and two of the first `post_n` overlap too much. Either clipping
    makes one too small that stands alone; or none is too small, and there are twice as many as may stay.
    """
    from torchvision.ops import box_iou

    best = inputs["scores"].argsort(descending=True)[: inputs["pre_n"]]
    found = corrected(inputs)[best]
    inside = clipped(found, inputs["image_size"])
    large = (inside[:, 2:] - inside[:, :2]).amin(dim=1) >= inputs["min_size"]
    wide = (inside[:, 2:] - inside[:, :2]).amax(dim=1) >= inputs["min_size"]
    close = box_iou(inside, inside) > inputs["nms_threshold"]
    few, all_stay = inputs["post_n"], inputs["post_n"] >= len(best)
    slivers = ((found[:, 2:] - found[:, :2]).amin(dim=1) >= inputs["min_size"]) & ~large & (close.sum(dim=1) == 1)
    overlapping = close[large][:, large][:few, :few].triu(diagonal=1).any()
    below = (inside[:, 2:] + inside[:, :2]).amin(dim=1) >= 2 * inputs["min_size"]  # not at the left or upper border
    sized = (slivers & wide & below).any() if all_stay else large.all() and len(best) >= 2 * few
    above = large.any() and bool((found[large][0, :2] < -1).any())
    return bool(above and overlapping and sized and (found[large][:3, 2:] != inside[large][:3, 2:]).any())


def crowd(
    count: int, threshold: float = 0.5, min_size: float = 8.0, all_steps: bool = False, beyond: float = 15, **options
):
    """Anchors all over the image, some beyond its border, with random corrections.

    Args:
        all_steps: the best three anchors lie where something happens to them; drawn until every step of `propose`
            matters.
        beyond: how far anchors may lie beyond the border, pixels.
    """
    busy = floats([[-8, 30, 22, 54], [96, 24, 132, 50], [97, 25, 133, 51]])

    def draw(rng: Generator) -> Inputs:
        anchors = boxes(rng, count, WIDTH + 2 * beyond, HEIGHT + 2 * beyond, 8, 40) - beyond
        deltas, scores = floats(rng.normal(size=(count, 4)) * (0.1 if all_steps else 0.2)), ranks(rng, count)
        if all_steps:
            best = scores.argsort(descending=True)[:3]
            anchors[best], deltas[best] = busy + floats(rng.integers(-2, 3, (3, 4))) / 2, deltas[best] / 4
        return proposing(anchors, deltas, scores, min_size=min_size, nms_threshold=threshold, **options)

    return until(draw, lambda inputs: clear(inputs) and (not all_steps or _all_steps(inputs)))


def pair(rng: Generator) -> Inputs:
    """Two anchors far apart and their corrections."""
    anchors = floats([[24, 24, 54, 40], [70, 34, 96, 60]]) + floats(rng.uniform(0, 4, (2, 4)))
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


def once_clipped(rng: Generator) -> Inputs:
    """Two boxes at the right border that overlap by 0.6, and are one within the image; another one stands apart."""
    x, y = (int(value) for value in rng.integers(0, 8, 2))
    anchors = floats([[92 + x, y, 122 + x, y + 30], [92 + x, y, 142 + x, y + 30], [20, 40, 50, 70]])
    return proposing(anchors + floats([0, 1, 0, 1]), torch.zeros(3, 4), ranks(rng, 3))


def at_the_threshold(rng: Generator) -> Inputs:
    """Two boxes that overlap by exactly 1/2, the threshold, in whole coordinates: one is half of the other."""
    x, y = (int(value) for value in rng.integers(1, 40, 2))
    anchors = floats([[x, y, x + 16, y + 32], [x, y, x + 16, y + 16]])
    return proposing(anchors, torch.zeros(2, 4), ranks(rng, 2), nms_threshold=0.5)


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
