"""Unit 04: what is asked of `assign_anchors`. `assignments` mixes its anchors and draws those at random; scenes of one
rule each are here.
"""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, like
from course_lib.checks.faster_rcnn.assignments import assignment, either_way, mixed, scattered, shift
from course_lib.checks.faster_rcnn.shared import boxes, picture
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.show import ASIDE, GIVEN, YOURS, show_box
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch


def around(center: tuple[float, float], width: float, height: float) -> list[float]:
    """The box of this size around a centre (x, y)."""
    (x, y), w, h = center, width / 2, height / 2
    return [x - w, y - h, x + w, y + h]


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


def objects_reversed(function: Callable, anchors: Tensor, objects: Tensor, high: float, low: float) -> Any:
    """assign_anchors with the objects in reverse order, its matches counted from the other end."""
    labels, matches = copy(function(anchors, objects.flip(0), high, low))
    return labels, len(objects) - 1 - torch.as_tensor(matches)


def assigned() -> Compare:
    """The same labels, and of the positive anchors the same matches; other matches are free."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected)
        if wrong:
            return wrong
        labels, matches = expected
        if wrong := exact()(answer[0], labels, inputs):
            return Mismatch(f"Labels. {wrong.message}")
        positive = labels == 1
        wrong = exact()(answer[1][positive], matches[positive], inputs)
        return Mismatch(f"Matches of the positive anchors. {wrong.message}") if wrong else None

    return compare


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """Which of the rules on labels and matches is broken."""
    from torchvision.ops import box_iou

    labels, mine = expected[0], answer[0]
    if not len(inputs["objects"]):
        return "What is every anchor in an image without objects?"
    largest = box_iou(inputs["anchors"], inputs["objects"]).amax(dim=1)
    if ((labels == 1) & (mine != 1) & (largest < inputs["high"])).any():
        return "Who will teach the network an object that no anchor fits well?"
    if ((mine == 1) & (largest == 0)).any():
        return "Of an object that no anchor overlaps, all anchors tie for the best, at an IoU of 0."
    if ((labels == -1) & (mine != -1)).any():
        return "Is an anchor that half covers an object an example of it, or of background?"
    return "Which object was this anchor saved for?" if bool((labels == mine).all()) else ""


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The first anchor with a wrong label or match, with all objects and its overlaps."""
    from torchvision.ops import box_iou

    (labels, matches), (mine, my_matches) = expected, answer
    wrong = (mine != labels) | ((labels == 1) & (my_matches != matches))
    i = int(wrong.nonzero()[0])
    anchor, objects = inputs["anchors"][i], inputs["objects"]
    row = ", ".join(f"{value:.2f}" for value in box_iou(anchor[None], objects)[0].tolist())
    theirs, yours = _told(labels[i], matches[i]), _told(mine[i], my_matches[i])
    text = (
        f"high {inputs['high']}, low {inputs['low']}\nanchor {i}, {show_box(anchor)}, overlaps the objects by [{row}]\n"
        f"expected {theirs}, yours {yours}"
    )

    def draw():
        others = inputs["anchors"][torch.arange(len(mine)) != i]
        title = f"black: objects, grey: other anchors\norange: anchor {i}"
        return picture([objects, others, anchor], [GIVEN, ASIDE, YOURS], title)

    return Counterexample(text, draw)


def _told(label: Tensor, match: Tensor) -> str:
    """A label and its match in words."""
    known = {1: f"1 (object {int(match)})", 0: "0 (background)", -1: "-1 (left out)"}
    return known.get(int(label), str(int(label)))


CHECK = Check(
    "assign_anchors",
    points=6,
    forbids=("torchvision.models.detection._utils.Matcher",),
    compare=assigned(),
    hint=hint,
    explain=explain,
    cases=(
        Case("one object", "values", one_object),
        Case("a small object that no anchor fits", "values", small_object),
        Case("an object that its best anchor hardly touches", "values", hardly_touched),
        Case("best anchors that lie on another object", "values", overshadowed),
        Case("two overlapping objects", "values", stolen),
        Case("twenty anchors, three objects", "values", scattered(20, 3)),
        Case("other thresholds", "values", scattered(14, 2, high=0.6, low=0.45)),
        Case(
            "objects in reverse order",
            "property",
            scattered(12, 3),
            probe=objects_reversed,
            hint=False,
            explain=False,
        ),
        Case("an object that no anchor overlaps", "edge", untouched, essential=True),
        Case("two anchors tie for best", "edge", ties),
        Case("one anchor is the best of two objects, of the second more", "edge", shared_best(1)),
        Case("one anchor is the best of two objects, of the first more", "edge", shared_best(0)),
        Case("no anchor overlaps any object", "edge", nothing_overlaps),
        Case("overlaps of exactly high and exactly low", "edge", on_the_thresholds),
        Case("no objects", "edge", no_objects),
        Case("no anchors", "edge", no_anchors, hint=False, explain=False),
        *styles(scattered(8, 2)),
    ),
)
