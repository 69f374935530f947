"""Unit 04: what is asked of `RPNHead`, `rpn_loss` and `joint_loss`."""

from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.faster_rcnn import explain, hints, probes, rules
from course_lib.checks.faster_rcnn import inputs as make
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import in_double, inputs_after, styles
from course_lib.checks.spec import Case, Check

_HEAD = {"compare": close(1e-3, 1e-4), "probe": probes.judge_anchors, "hint": hints.ordered}
HEAD = Check(
    "RPNHead",
    points=4,
    forbids=("torchvision.models.detection.rpn.RPNHead",),
    cases=(
        Case(
            "the given layers",
            "values",
            make.any_head,
            rules.layers(),
            probes.layer_shapes,
            hint="Write `forward` alone: the layers come from `RPNLayers`.",
            weight=0.25,
        ),
        Case("one cell, one anchor", "values", make.head(4, 1, 1, 1), explain=explain.judged, **_HEAD),
        Case(
            "one cell, three anchors",
            "values",
            make.head(4, 3, 1, 1),
            explain=explain.judged,
            **_HEAD,
        ),
        Case(
            "2 × 5 cells, three anchors",
            "values",
            make.head(4, 3, 2, 5),
            explain=explain.judged,
            **_HEAD,
        ),
        Case("two images, 4 × 3 cells", "values", make.head(3, 2, 4, 3, images=2), explain=explain.judged, **_HEAD),
        Case(
            "each image alone",
            "property",
            make.head(3, 2, 3, 2, images=3),
            close(1e-3, 1e-4),
            probes.one_by_one,
        ),
        Case(
            "gradients of features and weights",
            "property",
            make.head(3, 2, 2, 3),
            close(1e-3, 1e-3),
            probes.head_gradients,
            hint=hints.flows,
        ),
        Case("no image", "edge", make.head(3, 2, 2, 4, images=0), **_HEAD),
        *styles(make.head(3, 2, 3, 4), close(1e-3, 1e-4), probes.judge_anchors),
    ),
)

_LOSS = {"compare": close(1e-3, 1e-5), "explain": explain.losses, "hint": hints.losses}
LOSS = Check(
    "rpn_loss",
    points=4,
    forbids=("torchvision.models.detection.rpn.RegionProposalNetwork",),
    cases=(
        Case("positives and negatives", "values", make.predictions(4, 5, 0), **_LOSS),
        Case("anchors that are left out", "values", make.predictions(3, 4, 6), **_LOSS),
        Case("few positives among many", "values", make.predictions(2, 22, 9), **_LOSS),
        Case(
            "every anchor twice",
            "property",
            make.predictions(3, 6, 4),
            close(1e-3, 1e-5),
            probes.doubled,
        ),
        Case(
            "gradients of logits and deltas",
            "property",
            make.predictions(4, 6, 3),
            close(1e-3, 1e-5),
            gradients_of(0, 1),
            hint=hints.flows,
        ),
        Case("no positive anchor", "edge", make.predictions(0, 6, 2), **_LOSS),
        Case("no negative anchor", "edge", make.predictions(3, 0, 2), **_LOSS),
        Case("one sampled anchor", "edge", make.predictions(1, 0, 3), **_LOSS),
        Case("no sampled anchor", "edge", make.predictions(0, 0, 4), **_LOSS),
        Case("no sampled anchor, gradients", "edge", make.predictions(0, 0, 4), close(), gradients_of(0, 1)),
        Case("no anchors at all", "edge", make.predictions(0, 0, 0), **_LOSS),
        Case("very sure, and wrong", "edge", make.very_sure, **_LOSS),
        *styles(make.predictions(2, 3, 2), close(1e-3, 1e-5)),
    ),
)

_JOINT = {"compare": close(), "explain": explain.weighted}
_ONES = dict.fromkeys(make.FOUR, 1.0)
_OTHER_ORDER = {"loss_box_reg": 4.0, "loss_objectness": 0.5, "loss_classifier": 1.5, "loss_rpn_box_reg": 2.0}
_NAN = make.losses(_ONES, loss_classifier=float("nan"))
_INFINITE = make.losses({"loss_rpn_box_reg": 0.0}, loss_rpn_box_reg=float("inf"))
JOINT = Check(
    "joint_loss",
    points=2,
    cases=(
        Case("four losses that count once", "values", make.losses(_ONES), **_JOINT),
        Case(
            "weights in another order",
            "values",
            make.losses(_OTHER_ORDER),
            **_JOINT,
        ),
        Case(
            "weights for two of the four",
            "values",
            make.losses({"loss_rpn_box_reg": 3.0, "loss_classifier": 0.5}),
            **_JOINT,
        ),
        Case("no weights", "values", make.losses({}), **_JOINT),
        Case(
            "gradient of each loss",
            "property",
            make.losses(_OTHER_ORDER),
            close(),
            probes.loss_gradients,
            hint=hints.flows,
        ),
        Case("one loss", "edge", make.losses({"loss_mask": 2.0}, ("loss_mask",)), **_JOINT),
        Case("a weight without a loss", "edge", make.losses({"loss_mask": 2.0, "loss_classifier": 3.0}), **_JOINT),
        Case("weight 0", "edge", make.losses({"loss_classifier": 0.0}), **_JOINT),
        Case("a loss that is NaN", "edge", _NAN, judged_by(rules.stopped), probes.not_finite, essential=True),
        Case("an infinite loss, with weight 0", "edge", _INFINITE, judged_by(rules.stopped), probes.not_finite),
        Case("the error names the loss", "edge", _NAN, judged_by(rules.refused), probes.not_finite),
        Case("float64", "edge", make.losses(_OTHER_ORDER), close(), in_double, weight=0.5),
        Case("leaves its input alone", "unchanged", make.losses(_OTHER_ORDER), exact(), inputs_after, weight=0.5),
    ),
)
