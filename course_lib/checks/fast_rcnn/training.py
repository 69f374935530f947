"""Unit 03: what is asked of `smooth_l1`, `fast_rcnn_loss`, `sample_rois`, `truncated_svd` and the whole detector."""

from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.detector import experiment
from course_lib.checks.fast_rcnn import batches as draw
from course_lib.checks.fast_rcnn import explain, probes, rules
from course_lib.checks.fast_rcnn import inputs as make
from course_lib.checks.probes import gradients_of, styles
from course_lib.checks.spec import Case, Check

_SMOOTH = {"compare": close(1e-4, 1e-6), "explain": explain.curves}
SMOOTH_L1 = Check(
    "smooth_l1",
    points=2,
    arguments=("x", "beta"),
    forbids=(
        "torch.nn.functional.smooth_l1_loss",
        "torch.nn.functional.huber_loss",
        "torch.nn.SmoothL1Loss",
        "torch.nn.HuberLoss",
    ),
    cases=(
        Case("beta 1", "values", make.errors(9, beta=1.0), **_SMOOTH),
        Case("beta 0.5", "values", make.errors(8, beta=0.5), hint="Do both parts meet at beta?", **_SMOOTH),
        Case("beta 2, errors [3, 4]", "values", make.errors(3, 4, beta=2.0, spread=5.0), **_SMOOTH),
        Case(
            "around beta",
            "values",
            make.around_beta,
            hint="Just below beta and just above it the loss is nearly the same.",
            **_SMOOTH,
        ),
        Case("slopes around beta", "property", make.around_beta, close(0, 0.02), probes.slopes),
        Case("beta 0", "edge", make.without_parabola, hint="0 / 0 is not a number.", **_SMOOTH),
        Case("no errors", "edge", make.errors(0, beta=1.0), close()),
        *styles(make.errors(5, beta=0.5), close(1e-4, 1e-6)),
    ),
)

_LOSS = {"compare": close(1e-4, 1e-5), "explain": explain.two_losses}
LOSS = Check(
    "fast_rcnn_loss",
    points=4,
    arguments=("scores", "deltas", "labels", "targets"),
    forbids=("torchvision.models.detection.roi_heads.fastrcnn_loss",),
    cases=(
        Case(
            "two objects, two backgrounds",
            "values",
            draw.losses((2, 0, 1, 0)),
            hint="[u ≥ 1] is 1 or 0.",
            **_LOSS,
        ),
        Case(
            "the network guesses another class",
            "values",
            draw.guessed_wrong,
            hint="Which of the corrections should learn?",
            **_LOSS,
        ),
        Case(
            "one object among nine regions",
            "values",
            draw.losses((0, 0, 0, 0, 4, 0, 0, 0, 0), classes=5),
            hint="By how many do you divide?",
            **_LOSS,
        ),
        Case("scores of a sure network", "values", draw.losses((1, 0, 2, 0, 1), classes=2, sure=8.0), **_LOSS),
        Case("large and small errors", "values", draw.losses((1, 3, 2, 0, 2, 1), off=0.6), **_LOSS),
        Case(
            "gradients for scores and corrections",
            "property",
            draw.losses((2, 0, 1, 0, 3)),
            close(1e-4, 1e-5),
            gradients_of(0, 1),
            hint="Both losses must be computed from the tensors themselves: no .item(), .detach() or NumPy.",
        ),
        Case("only background", "edge", draw.losses((0, 0, 0)), hint="What is the mean of nothing?", **_LOSS),
        Case("only objects", "edge", draw.losses((1, 3, 2, 3)), **_LOSS),
        Case("one region", "edge", draw.losses((2,), classes=4), **_LOSS),
        *styles(draw.losses((2, 0, 1)), close(1e-4, 1e-5)),
    ),
)

_SAMPLE = {"compare": judged_by(rules.valid_rois), "probe": probes.draw_rois, "draws": 1}
SAMPLE = Check(
    "sample_rois",
    points=3,
    arguments=("ious", "batch", "fg_fraction", "rng"),
    forbids=("torchvision.models.detection._utils.BalancedPositiveNegativeSampler",),
    cases=(
        Case(
            "plenty of both", "values", draw.overlaps(60, 150, 40, batch=64), hint="A quarter of the batch.", **_SAMPLE
        ),
        Case(
            "few objects",
            "values",
            draw.overlaps(3, 120, 30, batch=64),
            hint="What becomes of the places that objects leave?",
            **_SAMPLE,
        ),
        Case("half of a small batch", "values", draw.overlaps(30, 20, 25, batch=16, fg_fraction=0.5), **_SAMPLE),
        Case("few regions at all", "edge", draw.overlaps(9, 11, 8, batch=64), **_SAMPLE),
        Case("no background", "edge", draw.overlaps(30, 0, 12, batch=32), **_SAMPLE),
        Case("no objects", "edge", draw.no_objects, hint="Then every largest IoU counts as 0.", **_SAMPLE),
    ),
)

_SVD = {"compare": close(1e-3, 1e-4), "probe": probes.factor, "explain": explain.factors}
SVD = Check(
    "truncated_svd",
    points=3,
    arguments=("linear", "rank"),
    cases=(
        Case("seven inputs, five outputs, rank 3", "values", draw.layer(7, 5, 3), **_SVD),
        Case("five inputs, eight outputs, rank 2", "values", draw.layer(5, 8, 2), **_SVD),
        Case(
            "a square matrix, rank 4",
            "values",
            draw.layer(6, 6, 4),
            hint="What does `torch.linalg.svd` return as its third part?",
            **_SVD,
        ),
        Case(
            "as many as there are",
            "values",
            draw.layer(6, 4, 4),
            hint="Nothing is left out: the two layers give what the one gave.",
            **_SVD,
        ),
        Case("rank 1", "edge", draw.layer(6, 9, 1), hint="The strongest direction alone.", **_SVD),
        Case("no bias", "edge", draw.layer(4, 7, 2, bias=False), **_SVD),
        Case("float64", "edge", draw.layer(5, 4, 2), close(1e-3, 1e-4), probes.factor_in_double, weight=0.5),
        Case(
            "leaves the layer alone",
            "unchanged",
            draw.layer(5, 4, 2),
            exact(),
            probes.layer_after,
            hint="The new layers need memory of their own.",
            weight=0.5,
        ),
    ),
)

EXPERIMENT = experiment(low=0.10, high=0.35)
