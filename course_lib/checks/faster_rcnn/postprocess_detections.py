"""Unit 04: what is asked of `postprocess_detections`, given what a second stage says about its proposals."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.faster_rcnn.found import (
    HEIGHT,
    WIDTH,
    apart,
    clipped,
    compared,
    counted,
    labelled,
    outside,
    side_by_side,
)
from course_lib.checks.faster_rcnn.shared import boxes
from course_lib.checks.kit.numbers import floats, until
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


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


def _boxes(inputs: Inputs) -> Tensor:
    """The boxes of all classes of all proposals, by an independent decoder. [r * classes, 4]"""
    from torchvision.models.detection._utils import BoxCoder

    coder = BoxCoder((1.0, 1.0, 1.0, 1.0))
    return coder.decode_single(inputs["deltas"].flatten(1), inputs["proposals"]).reshape(-1, 4)


def _detected(inputs: Inputs) -> tuple[Tensor, Tensor]:
    """The boxes, not yet clipped, that are sure enough, and their labels."""
    chances = inputs["scores"].softmax(1)
    rows, labels = (chances[:, 1:] > inputs["score_threshold"]).nonzero(as_tuple=True)
    return _boxes(inputs).unflatten(0, chances.shape)[rows, labels + 1], labels + 1


def _clear(inputs: Inputs) -> bool:
    """No probability near the threshold or another one, no overlap near the threshold of suppression."""
    chances, (found, _) = inputs["scores"].softmax(1), _detected(inputs)
    different = chances.flatten().sort().values.diff() > 1e-5
    sure = not ((chances - inputs["score_threshold"]).abs() < 0.003).any() and bool(different.all())
    return sure and apart(found, clipped(found, inputs["image_size"]), inputs["nms_threshold"])


def _all_rules(inputs: Inputs) -> bool:
    """Whether every rule matters: of one class two boxes overlap too much; two that do are of different classes, and no
    other box of their classes is near; so alone, a detection leaves the image on the right or below, one is not its
    proposal's best, and of one's proposal background is the best.
    """
    from torchvision.ops import box_iou

    found, labels = _detected(inputs)
    inside, chances = clipped(found, inputs["image_size"]), inputs["scores"].softmax(1)
    kept = chances[:, 1:] > inputs["score_threshold"]
    second = (chances < chances.amax(1, keepdim=True))[:, 1:][kept]
    under = (chances[:, 1:] < chances[:, :1])[kept]
    close, same = box_iou(inside, inside) > inputs["nms_threshold"], labels[:, None] == labels
    alone = (close & same).sum(dim=1) == 1
    beside = close & ~same & alone & alone[:, None]
    lonely = [(alone & each).any() for each in ((found[:, 2:] > inside[:, 2:]).any(dim=1), second, under)]
    return bool((~alone).any() and beside.any() and all(lonely))


def detections(count: int, classes: int, sure: float = 2.0, all_rules: bool = False, **options):
    """Random proposals with random logits and deltas for so many classes, background included.

    Args:
        all_rules: proposals in pairs (`count` is even), drawn until every rule of `postprocess_detections` matters.
    """

    def draw(rng: Generator) -> Inputs:
        scores = floats(rng.normal(size=(count, classes)) * sure)
        deltas = floats(rng.normal(size=(count, classes, 4)) * (0.1 if all_rules else 0.3))
        proposals = boxes(rng, count, WIDTH, HEIGHT)
        if all_rules:
            proposals[count // 2 :] = proposals[: count - count // 2] + floats(rng.uniform(-2, 2, (count // 2, 4)))
        return detecting(scores, deltas, proposals, **options)

    return until(draw, lambda inputs: _clear(inputs) and (not all_rules or _all_rules(inputs)))


def one_place(rng: Generator) -> Inputs:
    """Two proposals on nearly one place, the first of class 1, the second of class 2; two more of class 3 overlap."""
    proposals = floats([[20, 20, 60, 50], [21, 21, 61, 50], [80, 10, 110, 70], [81, 12, 111, 72]])
    scores = floats([[0, 3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 4], [0, 0, 0, 2.5]]) + floats(rng.uniform(0, 0.4, (4, 4)))
    return detecting(scores, floats(rng.uniform(-0.01, 0.01, (4, 4, 4))), proposals, score_threshold=0.3)


def sure_background(rng: Generator) -> Inputs:
    """Background is the surest of three proposals; an object is so of one. All stay inside and apart."""
    scores = floats([[4, 0, 0], [3, 1, 0], [0, 0, 3], [5, 0, 1]]) + floats(rng.uniform(0, 0.5, (4, 3)))
    corners = floats([[8, 8], [60, 8], [20, 45], [80, 40]]) + floats(rng.integers(0, 5, (4, 2)))
    deltas = floats(rng.integers(-8, 9, (4, 3, 4))) / 64
    return detecting(scores, deltas, torch.cat([corners, corners + 26], 1), 0.4)


def two_from_one(rng: Generator) -> Inputs:
    """One proposal that is sure enough of two classes, each with deltas of its own that lead to another side."""
    scores = floats([[0, 2.0, 0.2, 1.6]]) + floats(rng.uniform(0, 0.2, (1, 4)))
    deltas = floats(rng.integers(20, 32, (1, 4, 4))) / 64 * floats([[1], [-1], [1], [1]])
    sides, corner = floats(rng.integers(20, 26, 2)), floats(rng.integers(0, 6, 2)) + floats([45, 27])
    return detecting(scores, deltas, torch.cat([corner, corner + sides])[None], score_threshold=0.25)


def leaving(rng: Generator) -> Inputs:
    """Detections that leave the image at its right and lower border."""
    proposals = floats([[90, 20, 118, 50], [30, 50, 60, 78]]) + floats(rng.uniform(-2, 2, (2, 4)))
    deltas = floats(rng.uniform(0.4, 0.6, (2, 2, 4)))
    return detecting(floats([[0, 2], [0, 1]]) + floats(rng.uniform(0, 0.4, (2, 2))), deltas, proposals)


def unsure(rng: Generator) -> Inputs:
    """No class reaches the threshold."""
    return detections(4, 3, sure=0.1)(rng) | {"score_threshold": 0.95}


def once_clipped(rng: Generator) -> Inputs:
    """Two boxes of one class at the right border that overlap by 0.6, and are one within the image."""
    x, y = (int(value) for value in rng.integers(0, 8, 2))
    proposals = floats([[92 + x, y, 122 + x, y + 30], [92 + x, y, 142 + x, y + 30], [20, 40, 50, 70]])
    scores = floats([[0, 3], [0, 2], [0, 1]]) + floats(rng.uniform(0, 0.4, (3, 2)))
    return detecting(scores, torch.zeros(3, 2, 4), proposals + floats([0, 1, 0, 1]), nms_threshold=0.7)


def at_the_score(rng: Generator) -> Inputs:
    """Two equal logits, which is a probability of exactly 1/2, the threshold; another proposal is above it."""
    scores = torch.stack([torch.zeros(2), floats([0, rng.uniform(1, 3)])])
    proposals = boxes(rng, 1, WIDTH / 2, HEIGHT)
    proposals = torch.cat([proposals, proposals + floats([WIDTH / 2, 0, WIDTH / 2, 0])])
    return detecting(scores, torch.zeros(2, 2, 4), proposals, score_threshold=0.5)


def at_the_overlap(rng: Generator) -> Inputs:
    """Two boxes of one class that overlap by exactly 1/2, the threshold: one is half of the other."""
    x, y = (int(value) for value in rng.integers(1, 40, 2))
    proposals = floats([[x, y, x + 16, y + 32], [x, y, x + 16, y + 16]])
    scores = floats([[0, 2], [0, 1]]) + floats(rng.uniform(0, 0.4, (2, 2)))
    return detecting(scores, torch.zeros(2, 2, 4), proposals, nms_threshold=0.5)


def logits_raised(function: Callable, scores: Tensor, *others: Any) -> Any:
    """postprocess_detections when every logit is 3 higher: the probabilities stay."""
    return function(scores + 3, *others)


def hint(answer: dict[str, Tensor], expected: dict[str, Tensor], inputs: Inputs) -> str:
    """Which property the detections lack."""
    if (answer["labels"] == 0).any():
        return "What does class 0 stand for, and who wants to see it?"
    if outside(answer["boxes"].double(), inputs["image_size"]):
        return "Some of your boxes leave the image. `image_size` is (H, W): which of the two bounds x?"
    if len(answer["boxes"]) < len(expected["boxes"]):
        return "Some detections are missing: how many may one proposal give, and which boxes compete for a place?"
    return ""


def explain(inputs: Inputs, answer: dict[str, Tensor], expected: dict[str, Tensor]) -> Counterexample:
    """All detections with their classes: those of both, those that you lost, those that should not be."""
    options = ", ".join(f"{name} {inputs[name]}" for name in ("image_size", "score_threshold", "nms_threshold"))
    text = f"{options}\n{side_by_side(labelled(expected), labelled(answer))}"
    return Counterexample(text, compared(inputs, expected["boxes"], answer["boxes"]))


CHECK = Check(
    "postprocess_detections",
    points=5,
    forbids=("torchvision.models.detection.roi_heads.RoIHeads",),
    compare=counted(),
    hint=hint,
    explain=explain,
    cases=(
        Case("one proposal, two classes", "values", two_from_one),
        Case("background is the surest", "values", sure_background),
        Case("two classes at one place", "values", one_place),
        Case("detections that leave the image", "values", leaving),
        Case("two boxes that are one within the image", "values", once_clipped),
        Case("twelve proposals, five classes", "values", detections(12, 5, all_rules=True)),
        Case(
            "other thresholds",
            "values",
            detections(10, 3, all_rules=True, score_threshold=0.3, nms_threshold=0.2),
        ),
        Case("every logit 3 higher", "property", detections(6, 4), probe=logits_raised, hint=False, explain=False),
        Case("a probability of exactly the threshold", "edge", at_the_score),
        Case("an overlap of exactly the threshold", "edge", at_the_overlap),
        Case("nothing is sure enough", "edge", unsure),
        Case("no proposals", "edge", detections(0, 4), hint=False, explain=False),
        *styles(detections(5, 3)),
    ),
)
