"""Unit 04: what is asked of `propose`."""

from course_lib.checks.compare import close, judged_by
from course_lib.checks.faster_rcnn import explain, hints, probes, rules
from course_lib.checks.faster_rcnn import scenes as make
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check

_PROPOSE = {"compare": rules.counted(), "explain": explain.proposed, "hint": hints.proposed}
PROPOSE = Check(
    "propose",
    points=6,
    forbids=("torchvision.models.detection.rpn.RegionProposalNetwork",),
    cases=(
        Case("two anchors, corrected", "values", make.pair, **_PROPOSE),
        Case("boxes that leave the image on all sides", "values", make.at_the_border, **_PROPOSE),
        Case("large boxes of which a sliver is inside", "values", make.mostly_outside, **_PROPOSE),
        Case("long and thin boxes", "values", make.slender, **_PROPOSE),
        Case("six copies of the best box, room for four", "values", make.duplicates, **_PROPOSE),
        Case("two boxes that are one within the image", "values", make.once_clipped, **_PROPOSE),
        Case(
            "forty anchors, the best twenty-five count",
            "values",
            make.crowd(40, all_steps=True, pre_n=25),
            **_PROPOSE,
        ),
        Case(
            "twenty-four anchors, five proposals",
            "values",
            make.crowd(24, min_size=1.0, all_steps=True, beyond=4, post_n=5),
            **_PROPOSE,
        ),
        Case(
            "no gradient through the proposals",
            "property",
            make.crowd(6),
            judged_by(rules.detached),
            probes.attached,
        ),
        Case(
            "probabilities instead of logits",
            "property",
            make.crowd(12),
            close(1e-3, 2e-3),
            probes.rescored,
        ),
        Case("corrections that are NaN", "edge", make.with_nan, **_PROPOSE),
        Case("all corrections are NaN", "edge", make.all_nan, **_PROPOSE),
        Case("a side of exactly the smallest size", "edge", make.just_large_enough, **_PROPOSE),
        Case("an overlap of exactly the threshold", "edge", make.at_the_threshold, **_PROPOSE),
        Case("every box too small", "edge", make.too_small, **_PROPOSE),
        Case("no anchors", "edge", make.none, rules.counted()),
        *styles(make.crowd(5), rules.counted()),
    ),
)
