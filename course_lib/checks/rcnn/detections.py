"""Unit 02: what is asked of `encode_boxes`, `decode_boxes`, `average_precision` and the whole detector."""

from course_lib.checks.compare import close
from course_lib.checks.detector import experiment
from course_lib.checks.probes import styles
from course_lib.checks.rcnn import explain, probes
from course_lib.checks.rcnn import inputs as make
from course_lib.checks.spec import Case, Check

_ENCODE = {"compare": close(1e-3, 1e-4), "explain": explain.deltas}
ENCODE = Check(
    "encode_boxes",
    points=3,
    arguments=("proposals", "targets"),
    forbids=("torchvision.models.detection._utils.BoxCoder", "torchvision.models.detection._utils.encode_boxes"),
    cases=(
        Case("one pair", "values", make.box_pairs(1), hint="Where is the centre, and what is the unit?", **_ENCODE),
        Case("five pairs", "values", make.box_pairs(5), **_ENCODE),
        Case("a target stretched in width only", "values", make.stretched, hint="th should be 0 here.", **_ENCODE),
        Case(
            "both boxes moved and scaled alike",
            "property",
            make.box_pairs(4),
            close(1e-3, 1e-4),
            probes.moved_and_scaled,
        ),
        Case("proposals that are already right", "edge", make.same_pairs, **_ENCODE),
        Case("no pairs", "edge", make.box_pairs(0), close()),
        *styles(make.box_pairs(3), close(1e-3, 1e-4)),
    ),
)

_DECODE = {"compare": close(1e-3, 1e-3), "explain": explain.moved}
DECODE = Check(
    "decode_boxes",
    points=3,
    arguments=("proposals", "deltas"),
    forbids=("torchvision.models.detection._utils.BoxCoder",),
    cases=(
        Case(
            "one box",
            "values",
            make.corrections(1),
            hint="Undo encode_boxes line by line, from the last to the first.",
            **_DECODE,
        ),
        Case("five boxes", "values", make.corrections(5), **_DECODE),
        Case(
            "much smaller boxes", "values", make.corrections(3, 0.2, -1.5), hint="What undoes a logarithm?", **_DECODE
        ),
        Case("boxes that leave the image", "values", make.corrections_out, **_DECODE),
        Case("nothing to correct", "property", make.no_corrections, **_DECODE),
        Case(
            "absurd sizes",
            "edge",
            make.wild_corrections,
            hint="Which tw is the largest that counts?",
            essential=True,
            **_DECODE,
        ),
        Case(
            "boxes that move far",
            "edge",
            make.far_corrections,
            hint="Which of the four numbers are limited?",
            essential=True,
            **_DECODE,
        ),
        Case("no boxes", "edge", make.corrections(0), close()),
        *styles(make.corrections(3), close(1e-3, 1e-3)),
    ),
)

_AP = {"compare": close(1e-4, 1e-5), "explain": explain.precision_recall}
AP = Check(
    "average_precision",
    points=4,
    arguments=("scores", "matched", "objects", "method"),
    forbids=("sklearn.metrics.average_precision_score", "torchmetrics"),
    cases=(
        Case(
            "a false alarm before a hit",
            "values",
            make.detections("-+", 7, "area"),
            hint="May recall r use a later precision?",
            **_AP,
        ),
        Case(
            "hits, then false alarms",
            "values",
            make.detections("++--", 9, "area"),
            hint="What of the objects not found?",
            **_AP,
        ),
        Case("twelve detections, area", "values", make.ranking(12, 7, "area"), **_AP),
        Case(
            "twelve detections, 11 points",
            "values",
            make.ranking(12, 9, "11-point"),
            hint="Recall 0 is the first of eleven.",
            **_AP,
        ),
        Case("one hit, 11 points", "values", make.detections("+", 7, "11-point"), **_AP),
        Case("scores on another scale", "property", make.ranking(10, 11, "area"), close(1e-4, 1e-5), probes.rescored),
        Case("every object found at once", "edge", make.detections("+++++++", 7, "area"), **_AP),
        Case("every object found, 11 points", "edge", make.detections("-+++++++++", 9, "11-point"), **_AP),
        Case(
            "a recall of exactly 0.5, 11 points",
            "edge",
            make.detections("+-", 2, "11-point"),
            hint="The envelope at r looks at recalls of at least r.",
            **_AP,
        ),
        Case("only false alarms", "edge", make.detections("---", 7, "area"), **_AP),
        Case(
            "no detections",
            "edge",
            make.detections("", 7, "area"),
            hint="A detector that says nothing scores 0.",
            **_AP,
        ),
        Case("no detections, 11 points", "edge", make.detections("", 7, "11-point"), **_AP),
        *styles(make.ranking(6, 7, "area"), close(1e-4, 1e-5)),
    ),
)

EXPERIMENT = experiment(low=0.10, high=0.35)
