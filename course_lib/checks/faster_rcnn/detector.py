"""Unit 04: what is asked of `postprocess_detections`, of `FasterRCNN` and of the whole detector."""

from dataclasses import replace

from course_lib.checks.compare import exact
from course_lib.checks.detector import experiment, unseen
from course_lib.checks.faster_rcnn import explain, probes, rules, scenes, stubs
from course_lib.checks.faster_rcnn import inputs as make
from course_lib.checks.probes import inputs_after, styles, within
from course_lib.checks.spec import Case, Check

_DETECT = {"compare": rules.counted(), "explain": explain.detected}
POSTPROCESS = Check(
    "postprocess_detections",
    points=5,
    arguments=("scores", "deltas", "proposals", "image_size", "score_threshold", "nms_threshold"),
    forbids=("torchvision.models.detection.roi_heads",),
    cases=(
        Case(
            "one proposal, two classes",
            "values",
            scenes.two_from_one,
            hint="How many boxes does the network draw for one proposal?",
            **_DETECT,
        ),
        Case(
            "background is the surest",
            "values",
            scenes.sure_background,
            hint="What does class 0 stand for, and who wants to see it?",
            **_DETECT,
        ),
        Case(
            "two classes at one place",
            "values",
            scenes.one_place,
            hint="Does a dog take the place of the bicycle behind it?",
            **_DETECT,
        ),
        Case(
            "detections that leave the image",
            "values",
            scenes.leaving,
            hint="`image_size` is (H, W).",
            **_DETECT,
        ),
        Case("twelve proposals, five classes", "values", scenes.detections(12, 5), **_DETECT),
        Case("other thresholds", "values", scenes.detections(10, 3, score_threshold=0.3, nms_threshold=0.2), **_DETECT),
        Case(
            "every logit 3 higher",
            "property",
            scenes.detections(6, 4),
            rules.counted(),
            probes.logits_raised,
            hint="Which function of logits does not change when all grow alike?",
        ),
        Case("nothing is sure enough", "edge", scenes.unsure, rules.counted(), hint="An empty answer has a shape too."),
        Case("no proposals", "edge", scenes.detections(0, 4), rules.counted()),
        *styles(scenes.detections(5, 3), rules.counted()),
    ),
)

_TRAIN = {"compare": rules.said(), "probe": stubs.train}
_RUN = {"compare": rules.said(), "probe": stubs.detect}
_TRUTH = "At the start no proposal fits an object. What could the box head learn from?"
FASTER = Check(
    "FasterRCNN",
    points=5,
    arguments=("backbone", "rpn_head", "box_head", "stride"),
    forbids=("torchvision.models.detection.faster_rcnn", "torchvision.models.detection.generalized_rcnn"),
    cases=(
        Case("training: two images", "values", make.batch(2, 1), hint=_TRUTH, **_TRAIN),
        Case(
            "evaluation: two images",
            "values",
            make.images(2),
            hint="The box head answers for all images in one table: whose rows are whose?",
            **_RUN,
        ),
        Case("training: three images", "values", make.batch(1, 2, 1), **_TRAIN),
        Case(
            "the backbone runs once",
            "property",
            make.batch(1, 1),
            exact(),
            stubs.backbone_calls,
            hint="Sharing the features is what makes it fast.",
        ),
        Case(
            "every loss reaches the backbone",
            "property",
            make.batch(2, 1),
            rules.said(),
            stubs.backbone_gradients,
            hint="Can each of the four gradients find its way back?",
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
            hint="What tells a module in which mode it is?",
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
EXPERIMENT = replace(_WHOLE, cases=(replace(_WHOLE.cases[0], public=unseen(8)),))  # it needs no searched boxes
