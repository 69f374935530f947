"""Unit 04: what is asked of `postprocess_detections`, of `FasterRCNN` and of the whole detector."""

from dataclasses import replace

from course_lib.checks.compare import exact, judged_by
from course_lib.checks.faster_rcnn import detections as scenes
from course_lib.checks.faster_rcnn import explain, hints, probes, rules, stubs
from course_lib.checks.faster_rcnn import inputs as make
from course_lib.checks.kit.detector import experiment, shown
from course_lib.checks.kit.styles import inputs_after, styles, within
from course_lib.checks.spec import Case, Check

_DETECT = {"compare": rules.counted(), "explain": explain.detected, "hint": hints.detected}
POSTPROCESS = Check(
    "postprocess_detections",
    points=5,
    forbids=("torchvision.models.detection.roi_heads.RoIHeads",),
    cases=(
        Case("one proposal, two classes", "values", scenes.two_from_one, **_DETECT),
        Case("background is the surest", "values", scenes.sure_background, **_DETECT),
        Case("two classes at one place", "values", scenes.one_place, **_DETECT),
        Case("detections that leave the image", "values", scenes.leaving, **_DETECT),
        Case("two boxes that are one within the image", "values", scenes.once_clipped, **_DETECT),
        Case("twelve proposals, five classes", "values", scenes.detections(12, 5, all_rules=True), **_DETECT),
        Case(
            "other thresholds",
            "values",
            scenes.detections(10, 3, all_rules=True, score_threshold=0.3, nms_threshold=0.2),
            **_DETECT,
        ),
        Case(
            "every logit 3 higher",
            "property",
            scenes.detections(6, 4),
            rules.counted(),
            probes.logits_raised,
        ),
        Case("a probability of exactly the threshold", "edge", scenes.at_the_score, **_DETECT),
        Case("an overlap of exactly the threshold", "edge", scenes.at_the_overlap, **_DETECT),
        Case("nothing is sure enough", "edge", scenes.unsure, **_DETECT),
        Case("no proposals", "edge", scenes.detections(0, 4), rules.counted()),
        *styles(scenes.detections(5, 3), rules.counted()),
    ),
)

_TRAIN = {"compare": rules.trained(), "probe": stubs.train, "explain": explain.trained, "hint": hints.trained}
_RUN = {"compare": rules.said(), "probe": stubs.detect, "explain": explain.found}
FASTER = Check(
    "FasterRCNN",
    points=5,
    forbids=(
        "torchvision.models.detection.FasterRCNN",
        "torchvision.models.detection.faster_rcnn",
        "torchvision.models.detection.generalized_rcnn",
    ),
    cases=(
        Case("training: two images", "values", make.batch(2, 1), **_TRAIN),
        Case("evaluation: two images", "values", make.images(2), **_RUN),
        Case("training: three images", "values", make.batch(1, 2, 1), **_TRAIN),
        Case(
            "the backbone runs once",
            "property",
            make.batch(1, 1),
            judged_by(rules.ran_once),
            stubs.backbone_calls,
        ),
        Case(
            "every loss reaches the backbone",
            "property",
            make.batch(2, 1),
            rules.said(),
            stubs.backbone_gradients,
            hint=hints.reaches,
        ),
        Case("training: an image without objects", "edge", make.batch(1, 0), **_TRAIN),
        Case("training: no objects at all", "edge", make.batch(0, 0), **_TRAIN),
        Case("training: one image", "edge", make.batch(2), **_TRAIN),
        Case("evaluation: one image", "edge", make.images(1), **_RUN),
        Case(
            "evaluation with targets",
            "edge",
            make.batch(2, 1),
            rules.said(),
            stubs.detect_with_targets,
            essential=True,
        ),
        Case(
            "leaves its input alone",
            "unchanged",
            make.batch(2, 1),
            exact(),
            within(inputs_after, stubs.train),
            hint="The next epoch needs the targets again.",
            weight=0.5,
        ),
    ),
)


_WHOLE = experiment(low=0.10, high=0.35)
EXPERIMENT = replace(_WHOLE, cases=(replace(_WHOLE.cases[0], public=shown(8)),))  # it needs no searched boxes
