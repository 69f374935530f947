"""Unit 02: what is asked of `nms`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, ranked
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.show import ASIDE, EXPECTED, GIVEN, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.rcnn.shared import boxes, canvas, covering
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

WHOLE = (torch.int8, torch.int16, torch.int32, torch.uint16, torch.uint32, torch.uint64)


def pair(rng: Generator) -> Inputs:
    """Two boxes on one object, the weaker one first."""
    box = covering(rng, 1)
    low, high = rng.uniform(0.1, 0.4), rng.uniform(0.5, 0.9)
    return {"boxes": torch.cat([box, box + 1]), "scores": floats([low, high]), "threshold": 0.5}


def chain(rng: Generator) -> Inputs:
    """A covers much of B, B much of C, A little of C; C is listed first."""
    step = floats([rng.uniform(8.0, 8.6), 0]).repeat(2)
    start = floats([10, 10, 40, 30]) + floats(rng.uniform(0, 5, 2)).repeat(2)
    chain = torch.stack([start + 2 * step, start, start + step])
    return {"boxes": chain, "scores": floats([0.5, 0.9, 0.7]), "threshold": 0.4}


def nested(rng: Generator) -> Inputs:
    """A small box inside a large one: an IoU of about 0.2."""
    jitter = floats(rng.uniform(0, 2, (2, 4)))
    return {
        "boxes": floats([[10, 10, 60, 50], [20, 20, 42, 38]]) + jitter,
        "scores": floats([0.6, 0.8]),
        "threshold": 0.5,
    }


def clusters(count: int, threshold: float, step: float):
    """Rows of three boxes, far from each other: neighbours in a row overlap above the threshold, the outer ones not.

    Args:
        step: from one box of a row to the next, for boxes 40 wide: their IoU is about (40 - step) / (40 + step), of
            the outer two (40 - 2 step) / (40 + 2 step). One of the two lies between the threshold and 0.5, so that
            another threshold shows.
    """

    rows = floats([[120.0 * (i // 3) + step * (i % 3), 80.0 * (i // 6)] for i in range(count)])
    # by falling score: the ends of one row, the middle of the next, and so on
    places = sorted(range(count), key=lambda i: ((0, 1, 2) if i // 3 % 2 == 0 else (1, 0, 2))[i % 3])
    ranks = torch.empty(count).scatter_(0, torch.tensor(places), torch.arange(count, 0, -1.0)) / (count + 1)

    def make(rng: Generator) -> Inputs:
        from torchvision.ops import nms

        corners = rows + floats(rng.uniform(-0.25, 0.25, (count, 2)))
        found = torch.cat([corners, corners + floats([40, 30])], dim=1)
        while True:
            order = torch.from_numpy(rng.permutation(count))
            inputs = {"boxes": found[order], "scores": ranks[order], "threshold": threshold}
            best = inputs["scores"].topk(2).indices
            if (best > 1).all() and (nms(*inputs.values()).diff() < 0).any():
                return inputs

    return make


def at_threshold(rng: Generator) -> Inputs:
    """Two boxes with an IoU of exactly 0.5: one is half of the other; all numbers are exact in binary."""
    x, y = (int(v) for v in rng.integers(5, 30, 2))
    found = floats([[x, y, x + 8, y + 4], [x, y, x + 16, y + 4]])
    return {"boxes": found, "scores": floats([0.5, 0.75]), "threshold": 0.5}


def ties(rng: Generator) -> Inputs:
    """Boxes far apart that all score the same."""
    offsets = floats(rng.permutation(4) * 100.0)
    return {"boxes": boxes(rng, 4) + offsets[:, None], "scores": torch.full((4,), 0.5), "threshold": 0.5}


def some(count: int):
    """Exactly `count` boxes, 0 or 1."""
    return lambda rng: {"boxes": boxes(rng, count), "scores": floats(rng.uniform(0, 1, count)), "threshold": 0.5}


def suppress_twice(function: Callable, boxes: Tensor, scores: Tensor, threshold: float) -> Any:
    """nms of what nms kept: everything stays, in order."""
    kept = torch.as_tensor(copy(function(boxes, scores, threshold)))
    if kept.dtype in WHOLE:  # of which PyTorch takes few as an index
        kept = kept.long()
    return function(boxes[kept], scores[kept], threshold)


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """All boxes with their scores: kept by both, wrongly kept, wrongly removed."""
    mine, theirs = answer.tolist(), expected.tolist()
    text = f"scores: {[round(s, 2) for s in inputs['scores'].tolist()]}\nexpected {theirs}, yours {mine}"

    def draw():
        colors = [_verdict_color(i in theirs, i in mine) for i in range(len(inputs["boxes"]))]
        title = "black: rightly kept, grey: rightly removed\nblue: you lost it, orange: you should have removed it"
        white, scores = canvas(inputs["boxes"]), inputs["scores"]
        return plots.draw_boxes(white, inputs["boxes"], scores=scores, colors=colors, title=title)

    return Counterexample(text, draw)


def _verdict_color(wanted: bool, got: bool) -> str:
    if wanted and got:
        return GIVEN
    return EXPECTED if wanted else YOURS if got else ASIDE


CHECK = Check(
    "nms",
    points=4,
    forbids=("torchvision.ops.nms", "torchvision.ops.batched_nms", "torchvision.ops.boxes.nms", "cv2.dnn.NMSBoxes"),
    compare=ranked("scores"),
    explain=explain,
    cases=(
        Case("two boxes on one object", "values", pair, hint="Which of the two may stay?"),
        Case("a chain: A covers B, B covers C", "values", chain, hint="When B is gone, can it still remove others?"),
        Case("a small box inside a large one", "values", nested),
        Case("nine boxes", "values", clusters(9, 0.4, 15)),
        Case("nine boxes, a high threshold", "values", clusters(9, 0.6, 6)),
        Case("sixteen boxes, a low threshold", "values", clusters(16, 0.2, 22)),
        Case(
            "what is kept stays when suppressed again",
            "property",
            clusters(9, 0.3, 18),
            exact(),
            suppress_twice,
            explain=False,
        ),
        Case(
            "an overlap of exactly the threshold",
            "edge",
            at_threshold,
            hint="Is a box removed at the threshold, or only above it?",
        ),
        Case("equal scores far apart", "edge", ties),
        Case("a single box", "edge", some(1)),
        Case("no box", "edge", some(0), hint="Still a tensor of whole numbers, of length 0."),
        *styles(clusters(5, 0.4, 15)),
    ),
)
