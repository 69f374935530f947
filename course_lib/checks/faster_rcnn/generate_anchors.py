"""Unit 04: what is asked of `generate_anchors`."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, order_free, worst
from course_lib.checks.faster_rcnn.shared import picture
from course_lib.checks.kit.show import EXPECTED, GIVEN, YOURS, show_box
from course_lib.checks.kit.styles import inputs_after
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def grid(height: int, width: int, stride: int, scales: list[float], ratios: list[float]):
    """A feature map; scales are drawn within 10 %, so that no public number helps in the exam: odd eighths of a pixel,
    so that no side is whole.
    """

    def make(rng: Generator) -> Inputs:
        drawn = [(2 * round(4 * scale * rng.uniform(0.9, 1.1)) + 1) / 8 for scale in scales]
        return {"feature_size": (height, width), "stride": stride, "scales": drawn, "ratios": ratios}

    return make


def whole_numbers(rng: Generator) -> Inputs:
    """Scales and ratios as whole numbers, in tuples."""
    return {
        "feature_size": (2, 1),
        "stride": 8,
        "scales": (int(rng.integers(10, 30)), int(rng.integers(31, 60))),
        "ratios": (1, 2, 3),
    }


def scaled_up(function: Callable, feature_size: Any, stride: int, scales: Sequence[float], ratios: Any) -> Any:
    """A third of what generate_anchors gives for an image of three times the size."""
    return torch.as_tensor(copy(function(feature_size, 3 * stride, [3 * scale for scale in scales], ratios))) / 3


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Whether middles, areas or shapes of the anchors are wrong."""
    middles = [(boxes[:, :2] + boxes[:, 2:]).double() / 2 for boxes in (answer, expected)]
    sides = [(boxes[:, 2:] - boxes[:, :2]).double() for boxes in (answer, expected)]
    if (answer.double() - expected.double()).abs().max() < 1.0:
        return "Your corners are off by less than a pixel: is anything rounded?"
    if not torch.allclose(*middles, atol=1e-2):
        return "Where is the middle of a cell, and does x or y change along a row?"
    if not torch.allclose(*(each.prod(dim=1) for each in sides), rtol=1e-3):
        return "Which area has an anchor? It stays when the ratio changes: what follows for the two sides?"
    return ""


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The anchor that is furthest off, in a cell whose anchors are not all there."""
    per_cell = len(inputs["scales"]) * len(inputs["ratios"])
    rows = [slice(start, start + per_cell) for start in range(0, len(expected), per_cell)]
    wrong = [row for row in rows if order_free()(answer[row], expected[row], inputs)] or rows
    row = max(wrong, key=lambda row: (answer[row].double() - expected[row].double()).abs().max())
    place = row.start + worst(answer[row], expected[row])[0]
    pair = f"expected {show_box(expected[place])}, yours {show_box(answer[place])}"

    def draw():
        title = "black: the cell\nblue: its anchors, expected\norange: yours"
        return picture([_cell(inputs, place), expected[row], answer[row]], [GIVEN, EXPECTED, YOURS], title)

    return Counterexample(f"{_anchor(inputs, place)}\n{pair}", draw)


def explain_order(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The first position at which another anchor stands, and where that one belongs."""
    apart = (answer.double() - expected.double()).abs().amax(dim=1)
    place = int((~(apart <= 0.01)).nonzero()[0])  # NaN, too
    same = ((expected.double() - answer[place].double()).abs().amax(dim=1) < 0.01).nonzero().flatten().tolist()
    other = f"\nyours is that of {_anchor(inputs, same[0])}" if same else ""
    pair = f"expected {show_box(expected[place])}, yours {show_box(answer[place])}"

    def draw():
        title = f"black: the cell of position {place}\nblue: the anchor expected there\norange: yours"
        return picture([_cell(inputs, place), expected[place], answer[place]], [GIVEN, EXPECTED, YOURS], title)

    return Counterexample(f"position {place} of {len(expected)}: {_anchor(inputs, place)}\n{pair}{other}", draw)


def _anchor(inputs: Inputs, place: int) -> str:
    """Whose anchor is expected at a position."""
    cell, (scale, ratio) = _cell_of(inputs, place), _shape_of(inputs, place)
    return f"row {cell[0]}, column {cell[1]} at stride {inputs['stride']}, scale {scale:g}, ratio {ratio:g}"


def _cell_of(inputs: Inputs, place: int) -> tuple[int, int]:
    return divmod(place // (len(inputs["scales"]) * len(inputs["ratios"])), inputs["feature_size"][1])


def _shape_of(inputs: Inputs, place: int) -> tuple[float, float]:
    shapes = [(scale, ratio) for scale in inputs["scales"] for ratio in inputs["ratios"]]
    return shapes[place % len(shapes)]


def _cell(inputs: Inputs, place: int) -> Tensor:
    """The square of a position's cell, in pixels."""
    i, j = _cell_of(inputs, place)
    return inputs["stride"] * torch.tensor([[j, i, j + 1, i + 1]])


CHECK = Check(
    "generate_anchors",
    points=4,
    forbids=(
        "torchvision.models.detection.anchor_utils.AnchorGenerator",
        "torchvision.models.detection.rpn.AnchorGenerator",
    ),
    compare=order_free(),
    hint=hint,
    explain=explain,
    cases=(
        Case("one cell, a square", "values", grid(1, 1, 16, [32], [1.0])),
        Case("one cell, a tall box", "values", grid(1, 1, 16, [24], [2.0])),
        Case("a row of cells", "values", grid(1, 4, 8, [20], [1.0])),
        Case("2 × 3 cells, two scales, three ratios", "values", grid(2, 3, 16, [20, 50], [0.5, 1.0, 3.0])),
        Case(
            "in the order that the docstring gives",
            "property",
            grid(3, 2, 12, [12, 30, 40], [0.4, 1.5]),
            close(1e-4, 1e-3),
            hint="The right boxes in another order would meet the scores of other anchors.",
            explain=explain_order,
        ),
        Case(
            "stride and scales three times as large",
            "property",
            grid(2, 1, 8, [15], [0.7, 1.6]),
            probe=scaled_up,
            hint=False,
            explain=False,
        ),
        Case("scales and ratios as whole numbers", "edge", whole_numbers),
        Case("a map without rows", "edge", grid(0, 3, 16, [32], [1.0, 2.0]), hint=False, explain=False),
        Case("a map without columns", "edge", grid(2, 0, 16, [32], [1.0, 2.0]), hint=False, explain=False),
        Case(
            "leaves its input alone",
            "unchanged",
            grid(1, 2, 16, [32, 20], [2.0, 0.6]),
            close(),
            inputs_after,
            hint=False,
            explain=False,
            weight=0.5,
        ),
    ),
)
