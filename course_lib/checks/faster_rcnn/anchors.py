"""Unit 04: what is asked of `generate_anchors` and `assign_anchors`."""

from course_lib.checks.compare import close, order_free
from course_lib.checks.faster_rcnn import assignments, explain, hints, probes, rules
from course_lib.checks.faster_rcnn import inputs as make
from course_lib.checks.kit.styles import inputs_after, styles
from course_lib.checks.spec import Case, Check

_ANCHORS = {"compare": order_free(), "explain": explain.anchors, "hint": hints.anchors}
GENERATE = Check(
    "generate_anchors",
    points=4,
    forbids=(
        "torchvision.models.detection.anchor_utils.AnchorGenerator",
        "torchvision.models.detection.rpn.AnchorGenerator",
    ),
    cases=(
        Case("one cell, a square", "values", make.anchor_grid(1, 1, 16, [32], [1.0]), **_ANCHORS),
        Case("one cell, a tall box", "values", make.anchor_grid(1, 1, 16, [24], [2.0]), **_ANCHORS),
        Case("a row of cells", "values", make.anchor_grid(1, 4, 8, [20], [1.0]), **_ANCHORS),
        Case(
            "2 × 3 cells, two scales, three ratios",
            "values",
            make.anchor_grid(2, 3, 16, [20, 50], [0.5, 1.0, 3.0]),
            **_ANCHORS,
        ),
        Case(
            "in the order that the docstring gives",
            "property",
            make.anchor_grid(3, 2, 12, [12, 30, 40], [0.4, 1.5]),
            close(1e-4, 1e-3),
            hint="The right boxes in another order would meet the scores of other anchors.",
            explain=explain.anchor_order,
        ),
        Case(
            "stride and scales three times as large",
            "property",
            make.anchor_grid(2, 1, 8, [15], [0.7, 1.6]),
            order_free(),
            probes.scaled_up,
        ),
        Case("scales and ratios as whole numbers", "edge", make.anchor_grid_whole, **_ANCHORS),
        Case("a map without rows", "edge", make.anchor_grid(0, 3, 16, [32], [1.0, 2.0]), order_free()),
        Case("a map without columns", "edge", make.anchor_grid(2, 0, 16, [32], [1.0, 2.0]), order_free()),
        Case(
            "leaves its input alone",
            "unchanged",
            make.anchor_grid(1, 2, 16, [32, 20], [2.0, 0.6]),
            close(),
            inputs_after,
            weight=0.5,
        ),
    ),
)

_ASSIGN = {"compare": rules.assigned(), "explain": explain.assigned, "hint": hints.assigned}
ASSIGN = Check(
    "assign_anchors",
    points=6,
    forbids=("torchvision.models.detection._utils.Matcher",),
    cases=(
        Case("one object", "values", assignments.one_object, **_ASSIGN),
        Case("a small object that no anchor fits", "values", assignments.small_object, **_ASSIGN),
        Case("an object that its best anchor hardly touches", "values", assignments.hardly_touched, **_ASSIGN),
        Case("best anchors that lie on another object", "values", assignments.overshadowed, **_ASSIGN),
        Case("two overlapping objects", "values", assignments.stolen, **_ASSIGN),
        Case("twenty anchors, three objects", "values", assignments.assigned(20, 3), **_ASSIGN),
        Case("other thresholds", "values", assignments.assigned(14, 2, high=0.6, low=0.45), **_ASSIGN),
        Case(
            "objects in reverse order",
            "property",
            assignments.assigned(12, 3),
            rules.assigned(),
            probes.objects_reversed,
        ),
        Case("an object that no anchor overlaps", "edge", assignments.untouched, essential=True, **_ASSIGN),
        Case("two anchors tie for best", "edge", assignments.ties, **_ASSIGN),
        Case(
            "one anchor is the best of two objects, of the second more", "edge", assignments.shared_best(1), **_ASSIGN
        ),
        Case("one anchor is the best of two objects, of the first more", "edge", assignments.shared_best(0), **_ASSIGN),
        Case("no anchor overlaps any object", "edge", assignments.nothing_overlaps, **_ASSIGN),
        Case("overlaps of exactly high and exactly low", "edge", assignments.on_the_thresholds, **_ASSIGN),
        Case("no objects", "edge", assignments.no_objects, **_ASSIGN),
        Case("no anchors", "edge", assignments.no_anchors, rules.assigned()),
        *styles(assignments.assigned(8, 2), rules.assigned()),
    ),
)
