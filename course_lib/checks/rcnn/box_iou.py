"""Unit 02: what is asked of `box_iou`."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.probes import both_ways
from course_lib.checks.kit.show import show_box
from course_lib.checks.kit.styles import styles
from course_lib.checks.rcnn.shared import boxes, canvas, covering
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def pairs(n: int, m: int):
    """n against m random boxes that all overlap, some of them little: boxes that are apart are a case of their own."""

    def make(rng: Generator) -> Inputs:
        first, second = covering(rng, n), covering(rng, m)
        if n and m:  # a flat box across an upright one: each holds much that the other does not
            first[0], second[-1] = floats([14, 25, 46, 33]), floats([26, 12, 33, 48])
        return {"boxes1": first + floats(rng.uniform(0, 4, 2)).repeat(2), "boxes2": second}

    return make


def apart(rng: Generator) -> Inputs:
    """Boxes that are apart in both directions, and one that is the first, moved."""
    found = covering(rng, 2)
    return {"boxes1": found, "boxes2": torch.cat([covering(rng, 2) + 100, found[:1] + floats([3, -4, 3, -4])])}


def same(rng: Generator) -> Inputs:
    """One box against itself."""
    box = boxes(rng, 1)
    return {"boxes1": box, "boxes2": box.clone()}


def nested(rng: Generator) -> Inputs:
    """Small boxes inside a large one."""
    outer = floats([[10, 20, 70, 60]]) + floats(rng.uniform(0, 5, (1, 4)))
    inner = floats([[30, 32, 42, 40], [20, 40, 30, 56]]) + floats(rng.uniform(0, 2, (2, 4)))
    return {"boxes1": outer, "boxes2": inner}


def touching(rng: Generator) -> Inputs:
    """Boxes that share an edge or a corner only, and one without area."""
    x, y = (int(v) for v in rng.integers(5, 30, 2))
    box = [[x, y, x + 8, y + 4]]
    others = [[x + 8, y, x + 20, y + 4], [x - 3, y - 5, x, y], [x + 2, y + 1, x + 2, y + 3]]
    return {"boxes1": floats(box), "boxes2": floats(others)}


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pair of boxes whose IoU is furthest off."""
    i, j = worst(answer, expected)
    first, second = inputs["boxes1"][i], inputs["boxes2"][j]
    values = f"expected {expected[i, j]:.3f}, yours {answer[i, j]:.3f}"
    text = f"boxes1[{i}] = {show_box(first)}\nboxes2[{j}] = {show_box(second)}\nIoU: {values}"

    def draw():
        pair, title = torch.stack([first, second]), f"blue: boxes1[{i}], green: boxes2[{j}]"
        return plots.draw_boxes(canvas(pair), pair, colors=[plots.BLUE, plots.GREEN], title=title)

    return Counterexample(text, draw)


CHECK = Check(
    "box_iou",
    points=3,
    forbids=("torchvision.ops.box_iou", "torchvision.ops.boxes.box_iou", "torchmetrics.functional.detection"),
    compare=close(1e-4, 1e-5),
    explain=explain,
    cases=(
        Case("one box against itself", "values", same, hint="Identical boxes share everything."),
        Case("three boxes against five", "values", pairs(3, 5)),
        Case("as many boxes on both sides", "values", pairs(4, 4)),
        Case(
            "small boxes inside a large one",
            "values",
            nested,
            hint="Draw it: which area stands below the fraction bar?",
        ),
        Case("boxes apart in both directions", "values", apart, hint="Can a width be negative?"),
        Case("a with b, then b with a", "property", pairs(4, 4), probe=both_ways, explain=False),
        Case("boxes that only touch, and one without area", "edge", touching),
        Case("no box on the first side", "edge", pairs(0, 3), close(), explain=False),
        Case("no box on the second side", "edge", pairs(2, 0), close(), explain=False),
        *styles(pairs(3, 2)),
    ),
)
