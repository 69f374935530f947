"""Unit 04: what is asked of `propose`, given anchors with scores and corrections on an image of unequal sides."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, judged_by
from course_lib.checks.faster_rcnn.found import HEIGHT, WIDTH, apart, clipped, compared, counted, outside, side_by_side
from course_lib.checks.faster_rcnn.shared import boxes
from course_lib.checks.kit.numbers import floats, until
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.show import show_box
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


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


@graph(kept=False)
def attached(function: Callable, scores: Tensor, deltas: Tensor, anchors: Tensor, *options: Any) -> list[bool]:
    """Whether gradients could flow back through proposals and scores, when scores and deltas come from a network."""
    answer = function(scores.clone().requires_grad_(), deltas.clone().requires_grad_(), anchors, *options)
    return [bool(getattr(part, "requires_grad", False)) for part in answer]


def rescored(function: Callable, scores: Tensor, *others: Any) -> Any:
    """The proposals alone, when the scores are probabilities instead of logits."""
    return function(torch.sigmoid(scores), *others)[0]


def detached(answer: list[bool], inputs: Inputs) -> tuple[str, str] | None:
    """Whether the proposals' boxes and scores are cut off from the network, by what `attached` found out."""
    tied = " and ".join(name for name, part in zip(("boxes", "scores"), answer, strict=True) if part)
    return (tied, f"Expected both to be detached; a gradient can flow back through your {tied}.") if tied else None


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Which property the proposals lack."""
    boxes, theirs = answer[0].double(), expected[0]
    if boxes.isnan().any():
        return "A box of NaN is nowhere. What does your comparison say about it?"
    if outside(boxes, inputs["image_size"]):
        return "Some of your boxes leave the image. `image_size` is (H, W): which of the two bounds x?"
    if (boxes[:, 2:] - boxes[:, :2] < inputs["min_size"] - 1e-3).any():
        return "Some of your boxes have a side below `min_size`. How wide is a box once it is clipped?"
    if overlapping(boxes, inputs["nms_threshold"]):
        return "Some of your boxes overlap by more than `nms_threshold`."
    return "Some proposals are missing: which step comes before which?" if len(boxes) < len(theirs) else ""


def overlapping(boxes: Tensor, threshold: float) -> bool:
    """Whether two of the boxes overlap by more than the threshold."""
    from torchvision.ops import box_iou

    return bool((box_iou(boxes, boxes).triu(diagonal=1) > threshold + 1e-3).any())


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """All proposals: those of both, those that you lost, those that should have gone."""
    (boxes, scores), (mine, my_scores) = expected, answer
    options = ", ".join(f"{name} {inputs[name]}" for name in ("image_size", "pre_n", "post_n", "min_size"))
    rows = [
        [f"{show_box(box)} with the score {score:.2f}" for box, score in zip(*both, strict=False)]
        for both in ((boxes, scores), (mine, my_scores))
    ]
    text = f"{options}, nms_threshold {inputs['nms_threshold']}\n{side_by_side(*rows)}"
    return Counterexample(text, compared(inputs, boxes, mine))


CHECK = Check(
    "propose",
    points=6,
    forbids=("torchvision.models.detection.rpn.RegionProposalNetwork",),
    compare=counted(),
    hint=hint,
    explain=explain,
    cases=(
        Case("two anchors, corrected", "values", pair),
        Case("boxes that leave the image on all sides", "values", at_the_border),
        Case("large boxes of which a sliver is inside", "values", mostly_outside),
        Case("long and thin boxes", "values", slender),
        Case("six copies of the best box, room for four", "values", duplicates),
        Case("two boxes that are one within the image", "values", once_clipped),
        Case("forty anchors, the best twenty-five count", "values", crowd(40, all_steps=True, pre_n=25)),
        Case(
            "twenty-four anchors, five proposals",
            "values",
            crowd(24, min_size=1.0, all_steps=True, beyond=4, post_n=5),
        ),
        Case(
            "no gradient through the proposals",
            "property",
            crowd(6),
            judged_by(detached),
            attached,
            hint=False,
            explain=False,
        ),
        Case(
            "probabilities instead of logits",
            "property",
            crowd(12),
            close(1e-3, 2e-3),
            rescored,
            hint=False,
            explain=False,
        ),
        Case("corrections that are NaN", "edge", with_nan),
        Case("all corrections are NaN", "edge", all_nan),
        Case("a side of exactly the smallest size", "edge", just_large_enough),
        Case("an overlap of exactly the threshold", "edge", at_the_threshold),
        Case("every box too small", "edge", too_small),
        Case("no anchors", "edge", none, hint=False, explain=False),
        *styles(crowd(5)),
    ),
)
