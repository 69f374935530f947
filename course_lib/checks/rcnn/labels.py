"""Unit 02: what is asked of `fine_tune_batch`, `label_proposals` and `mine_hard_negatives`."""

from course_lib.checks.compare import exact, judged_by, ranked
from course_lib.checks.probes import styles
from course_lib.checks.rcnn import explain, probes, rules
from course_lib.checks.rcnn import inputs as make
from course_lib.checks.spec import Case, Check

_BATCH = {"compare": judged_by(rules.valid_batches), "probe": probes.draw_batches, "draws": 1}
BATCH = Check(
    "fine_tune_batch",
    points=3,
    arguments=("ious", "rng"),
    cases=(
        Case("plenty of both", "values", make.batch(420, 0.3), hint="32 and 96, each kind drawn for itself.", **_BATCH),
        Case("few positives", "values", make.batch(300, 0.05), hint="Take what there is.", **_BATCH),
        Case(
            "overlaps of exactly 0.5",
            "edge",
            make.batch(300, 0.05, exact=9),
            hint="Which of the two is a proposal with an IoU of exactly 0.5?",
            **_BATCH,
        ),
        Case("few proposals at all", "edge", make.batch(60, 0.5), **_BATCH),
        Case("no objects", "edge", make.batch_no_objects, **_BATCH),
    ),
)

_LABEL = {"compare": exact(), "explain": explain.labelled}
LABEL = Check(
    "label_proposals",
    points=3,
    arguments=("ious", "positive", "negative"),
    forbids=("torchvision.models.detection._utils.Matcher",),
    cases=(
        Case("fine-tuning: 0.5 and 0.5", "values", make.labels(12, 3, 0.5, 0.5), **_LABEL),
        Case(
            "a zone to ignore: 0.6 and 0.3",
            "values",
            make.labels(14, 4, 0.6, 0.3),
            hint="Three outcomes, not two.",
            **_LABEL,
        ),
        Case("two good objects", "values", make.labels_two_good, hint="Which of the two does it show?", **_LABEL),
        Case("as many proposals as objects", "values", make.labels(5, 5, 0.5, 0.3), **_LABEL),
        Case("more objects than proposals", "values", make.labels(3, 7, 0.5, 0.3), **_LABEL),
        Case(
            "exactly on the thresholds",
            "edge",
            make.labels_on_the_thresholds,
            hint="Read `positive` and `negative` in the docstring once more: from where on, and below what?",
            **_LABEL,
        ),
        Case(
            "no objects",
            "edge",
            make.labels(4, 0, 0.5, 0.3),
            hint="What is every proposal then?",
            compare=exact(),
            essential=True,
        ),
        Case("no proposals", "edge", make.labels(0, 3, 0.5, 0.3), compare=exact()),
        *styles(make.labels(6, 2, 0.5, 0.3), exact()),
    ),
)

_HARD = {"compare": ranked("_scores"), "probe": probes.mine, "explain": explain.hard}
HARD = Check(
    "mine_hard_negatives",
    points=2,
    arguments=("svm", "features"),
    cases=(
        Case(
            "some beyond, some inside the margin",
            "values",
            make.mining(lambda rng: [3.1, -0.3, -0.7, 0.4, -1.6, -2.5, 1.2, -0.15, *rng.uniform(-4, -1.2, 4)]),
            hint="The margin ends at -1, not at 0.",
            **_HARD,
        ),
        Case(
            "all of them hard",
            "values",
            make.mining(lambda rng: [2.0, 0.3, -0.5, -0.9, *rng.uniform(-0.8, 2, 2)]),
            **_HARD,
        ),
        Case(
            "rows in another order",
            "property",
            make.mining(lambda rng: [*rng.uniform(-0.9, 2, 5), *rng.uniform(-3, -1.1, 4)]),
            ranked("_scores"),
            probes.mine_again,
        ),
        Case("none is hard", "edge", make.mining(lambda rng: rng.uniform(-5, -1.2, 5)), **_HARD),
        Case(
            "scores of exactly -1",
            "edge",
            make.mining(lambda rng: [-1.0, 0.5, -1.0, -0.5, 2.0, -3.0]),
            hint="Does a region on the margin count?",
            **_HARD,
        ),
        Case("no features", "edge", make.mining(lambda rng: []), hint="There is nothing to score.", **_HARD),
    ),
)
