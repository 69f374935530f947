"""Unit 03: what is asked of `smooth_l1`, `fast_rcnn_loss`, `sample_rois`, `truncated_svd` and the whole detector."""

from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.fast_rcnn import batches as draw
from course_lib.checks.fast_rcnn import explain_training as explain
from course_lib.checks.fast_rcnn import hints, probes, rules
from course_lib.checks.fast_rcnn import inputs as make
from course_lib.checks.kit.detector import experiment
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check

_SMOOTH = {"compare": close(1e-4, 1e-6), "explain": explain.curves}
_SLOPES = {
    "compare": rules.named(close(1e-4, 1e-5), "the gradient"),
    "probe": gradients_of(0),
    "explain": explain.slopes,
}
SMOOTH_L1 = Check(
    "smooth_l1",
    points=2,
    forbids=(
        "torch.nn.functional.smooth_l1_loss",
        "torch.nn.functional.huber_loss",
        "torch.nn.SmoothL1Loss",
        "torch.nn.HuberLoss",
    ),
    cases=(
        Case("beta 1", "values", make.errors(4, beta=1.0, most=4.0), **_SMOOTH),
        Case(
            "beta 0.5",
            "values",
            make.errors(6, beta=0.5, most=3.0),
            hint="Draw both parts for this beta. Where do they meet, and how high?",
            **_SMOOTH,
        ),
        Case("beta 2, errors [3, 4]", "values", make.errors(6, 3, 4, beta=2.0, most=6.0), **_SMOOTH),
        Case(
            "around beta",
            "values",
            make.around_beta,
            hint="Just below beta, at beta and just above it the loss is nearly the same.",
            **_SMOOTH,
        ),
        Case(
            "the gradient around beta",
            "property",
            make.around_beta,
            hint="Within beta the slope is x / beta, beyond it 1 or -1.",
            **_SLOPES,
        ),
        Case("beta 0", "edge", make.without_parabola, hint="0 / 0 is not a number.", **_SMOOTH),
        Case(
            "the gradient with beta 0",
            "edge",
            make.errors(3, beta=0.0, most=3.0),
            hint="What does autograd make of a branch that is not chosen, but divides by 0?",
            **_SLOPES,
        ),
        Case("no errors", "edge", make.no_errors, close()),
        *styles(make.errors(3, beta=0.5, most=3.0), close(1e-4, 1e-6)),
    ),
)

_BOTH = rules.named(close(1e-4, 1e-5), "loss_classifier", "loss_box_reg")
_LOSS = {"compare": _BOTH, "explain": explain.two_losses, "hint": hints.losses}
LOSS = Check(
    "fast_rcnn_loss",
    points=4,
    forbids=("torchvision.models.detection.roi_heads.fastrcnn_loss",),
    cases=(
        Case("two objects, two backgrounds", "values", draw.losses((2, 0, 1, 0)), **_LOSS),
        Case("the network guesses another class", "values", draw.losses((2, 0, 1, 3, 0)), **_LOSS),
        Case("one object among nine regions", "values", draw.losses((0, 0, 0, 0, 4, 0, 0, 0, 0), classes=5), **_LOSS),
        Case(
            "scores of a sure network",
            "values",
            draw.losses((1, 0, 2, 0, 1), classes=2, sure=8.0, right=True),
            **_LOSS,
        ),
        Case(
            "gradients for scores and corrections",
            "property",
            draw.losses((2, 0, 1, 0, 3)),
            rules.named(close(1e-4, 1e-5), "the gradient for scores", "the gradient for deltas"),
            gradients_of(0, 1),
            hint="A loss learns only where its graph reaches back to the tensors that it was given.",
        ),
        Case("only background", "edge", draw.losses((0, 0, 0)), **_LOSS | {"hint": "What is the mean of nothing?"}),
        Case("only objects", "edge", draw.losses((1, 3, 2, 3)), **_LOSS),
        Case("one region", "edge", draw.losses((2,), classes=4), **_LOSS),
        *styles(draw.losses((2, 0, 1)), _BOTH),
    ),
)

_SAMPLE = {
    "compare": judged_by(rules.valid_rois),
    "probe": probes.draw_rois,
    "draws": 1,
    "hint": hints.sampling,
    "explain": explain.batches,
}
SAMPLE = Check(
    "sample_rois",
    points=3,
    cases=(
        Case("plenty of both", "values", draw.overlaps(60, 150, 40, batch=64), **_SAMPLE),
        Case("few objects", "values", draw.overlaps(3, 120, 30, batch=64), **_SAMPLE),
        Case("half of a small batch", "values", draw.overlaps(30, 20, 25, batch=16, fg_fraction=0.5), **_SAMPLE),
        Case("regions with an IoU of exactly 0.5", "edge", draw.overlaps(3, 30, 10, batch=64, halves=9), **_SAMPLE),
        Case("regions with an IoU of exactly 0.1", "edge", draw.overlaps(5, 20, 10, batch=64, tenths=9), **_SAMPLE),
        Case("few regions at all", "edge", draw.overlaps(9, 11, 8, batch=64), **_SAMPLE),
        Case("no background", "edge", draw.overlaps(30, 0, 12, batch=32), **_SAMPLE),
        Case("no objects", "edge", draw.no_objects, **_SAMPLE),
    ),
)

_SVD = {"compare": close(1e-3, 1e-4), "probe": probes.factor, "explain": explain.factors}
SVD = Check(
    "truncated_svd",
    points=3,
    cases=(
        Case("seven inputs, five outputs, rank 3", "values", draw.layer(7, 5, 3), hint=hints.factors(), **_SVD),
        Case("five inputs, eight outputs, rank 2", "values", draw.layer(5, 8, 2), hint=hints.factors(), **_SVD),
        Case("a square matrix, rank 4", "values", draw.layer(6, 6, 4), hint=hints.factors(), **_SVD),
        Case(
            "as many as there are",
            "values",
            draw.layer(6, 4, 4),
            hint=hints.factors("Nothing is left out: the two layers give what the one gave."),
            **_SVD,
        ),
        Case("rank 1", "edge", draw.layer(6, 9, 1), hint=hints.factors("The strongest direction alone."), **_SVD),
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
