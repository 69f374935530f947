"""Unit 04: what is asked of `propose`."""

from course_lib.checks.compare import close, exact
from course_lib.checks.faster_rcnn import explain, probes, rules
from course_lib.checks.faster_rcnn import scenes as make
from course_lib.checks.probes import styles
from course_lib.checks.spec import Case, Check

_PROPOSE = {"compare": rules.counted(), "explain": explain.proposed}
PROPOSE = Check(
    "propose",
    points=6,
    arguments=("scores", "deltas", "anchors", "image_size", "pre_n", "post_n", "min_size", "nms_threshold"),
    forbids=("torchvision.models.detection.rpn.RegionProposalNetwork",),
    cases=(
        Case("two anchors, corrected", "values", make.pair, hint="What did the network say about them?", **_PROPOSE),
        Case(
            "boxes that leave the image on all sides",
            "values",
            make.at_the_border,
            hint="`image_size` is (H, W): which of the two bounds x?",
            **_PROPOSE,
        ),
        Case(
            "large boxes of which a sliver is inside",
            "values",
            make.mostly_outside,
            hint="How wide are they when they reach the second stage?",
            **_PROPOSE,
        ),
        Case("long and thin boxes", "values", make.slender, hint="Is a wire an object?", **_PROPOSE),
        Case(
            "six copies of the best box, room for four",
            "values",
            make.duplicates,
            hint="Who is to have the four places?",
            **_PROPOSE,
        ),
        Case(
            "forty anchors, the best twenty-five count",
            "values",
            make.crowd(40, pre_n=25),
            hint="Where does `pre_n` cut, and where `post_n`?",
            **_PROPOSE,
        ),
        Case("thirty anchors, six proposals", "values", make.crowd(30, 0.2, post_n=6), **_PROPOSE),
        Case(
            "no gradient through the proposals",
            "property",
            make.crowd(6),
            exact(),
            probes.attached,
            hint="The second stage takes boxes as data.",
        ),
        Case(
            "probabilities instead of logits",
            "property",
            make.crowd(12),
            close(1e-3, 2e-3),
            probes.rescored,
            hint="Only the order of the scores counts.",
        ),
        Case(
            "corrections that are NaN",
            "edge",
            make.with_nan,
            hint="Such a box is nowhere. What does your comparison say about it?",
            **_PROPOSE,
        ),
        Case("all corrections are NaN", "edge", make.all_nan, rules.counted()),
        Case("a side of exactly the smallest size", "edge", make.just_large_enough, **_PROPOSE),
        Case("every box too small", "edge", make.too_small, rules.counted(), hint="An empty answer has a shape too."),
        Case("no anchors", "edge", make.none, rules.counted()),
        *styles(make.crowd(5), rules.counted()),
    ),
)
