"""Unit 04: what is asked of `generate_anchors` and `assign_anchors`."""

from course_lib.checks.compare import close, order_free
from course_lib.checks.faster_rcnn import explain, probes, rules
from course_lib.checks.faster_rcnn import inputs as make
from course_lib.checks.probes import inputs_after, styles
from course_lib.checks.spec import Case, Check

_ANCHORS = {"compare": order_free(), "explain": explain.anchors}
_RATIO = "The area stays: what follows for the sides when one is twice as long as the other?"
GENERATE = Check(
    "generate_anchors",
    points=4,
    arguments=("feature_size", "stride", "scales", "ratios"),
    forbids=("torchvision.models.detection.anchor_utils", "torchvision.models.detection.rpn.AnchorGenerator"),
    cases=(
        Case(
            "one cell, a square",
            "values",
            make.anchor_grid(1, 1, 16, [32], [1.0]),
            hint="Where is the middle of a cell of 16 pixels?",
            **_ANCHORS,
        ),
        Case("one cell, a tall box", "values", make.anchor_grid(1, 1, 16, [24], [2.0]), hint=_RATIO, **_ANCHORS),
        Case(
            "a row of cells",
            "values",
            make.anchor_grid(1, 4, 8, [20], [1.0]),
            hint="Does x or y change along a row?",
            **_ANCHORS,
        ),
        Case(
            "2 × 3 cells, two scales, three ratios",
            "values",
            make.anchor_grid(2, 3, 16, [20, 50], [0.5, 1.0, 3.0]),
            **_ANCHORS,
        ),
        Case(
            "in the order that the docstring gives",
            "property",
            make.anchor_grid(3, 2, 10, [12, 30, 40], [0.4, 1.5]),
            close(1e-4, 1e-3),
            hint="The right boxes in another order would meet the scores of other anchors.",
        ),
        Case(
            "stride and scales three times as large",
            "property",
            make.anchor_grid(2, 1, 7, [15], [0.7, 1.6]),
            order_free(),
            probes.scaled_up,
        ),
        Case("scales and ratios as whole numbers", "edge", make.anchor_grid_whole, **_ANCHORS),
        Case("a map without cells", "edge", make.anchor_grid(0, 3, 16, [32], [1.0, 2.0]), order_free()),
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

_ASSIGN = {"compare": rules.assigned(), "explain": explain.assigned}
ASSIGN = Check(
    "assign_anchors",
    points=6,
    arguments=("anchors", "objects", "high", "low"),
    forbids=("torchvision.models.detection._utils.Matcher",),
    cases=(
        Case(
            "one object, four anchors",
            "values",
            make.one_object,
            hint="Is half an object an object, or background?",
            **_ASSIGN,
        ),
        Case(
            "a small object that no anchor fits",
            "values",
            make.small_object,
            hint="Who will teach the network this object?",
            **_ASSIGN,
        ),
        Case(
            "two overlapping objects",
            "values",
            make.stolen,
            hint="Which object was this anchor saved for?",
            **_ASSIGN,
        ),
        Case("twenty anchors, three objects", "values", make.assigned(20, 3), **_ASSIGN),
        Case("other thresholds", "values", make.assigned(14, 2, high=0.6, low=0.45), **_ASSIGN),
        Case(
            "objects in reverse order",
            "property",
            make.assigned(12, 3),
            rules.assigned(),
            probes.objects_reversed,
        ),
        Case("two anchors tie for best", "edge", make.ties, hint="Which of two equals is the best?", **_ASSIGN),
        Case(
            "an object that no anchor touches",
            "edge",
            make.untouched,
            hint="All anchors tie for the best of this object, at 0.",
            **_ASSIGN,
        ),
        Case("one anchor is the best of two objects", "edge", make.shared_best, **_ASSIGN),
        Case("no anchor touches any object", "edge", make.nothing_overlaps, **_ASSIGN),
        Case("overlaps of exactly high and exactly low", "edge", make.on_the_thresholds, **_ASSIGN),
        Case("no objects", "edge", make.no_objects, hint="What is everything in an empty street?", **_ASSIGN),
        Case("no anchors", "edge", make.no_anchors, rules.assigned()),
        *styles(make.assigned(8, 2), rules.assigned()),
    ),
)
