"""Unit 00: what is asked of `InceptionModule` and `ResidualBlock`."""

from course_lib.checks.cnn_recap import built, explain, hints, rules
from course_lib.checks.cnn_recap import inputs as make
from course_lib.checks.compare import close
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check

_NEAR = rules.NEAR
_SHAPES = {"compare": rules.same_layers(), "probe": built.layer_shapes, "weight": 0.5, "draws": 1}

_STACKED = rules.stacked()
_RUN = {"compare": _STACKED, "probe": built.run, "explain": explain.branches, "hint": hints.branches}
INCEPTION = Check(
    "InceptionModule",
    points=4,
    forbids=("torchvision.models.googlenet", "torchvision.models.inception"),
    cases=(
        Case("its six layers", "values", make.inception(), **_SHAPES),
        Case("maps of one cell", "values", make.inception(images=4, size=(1, 1)), **{**_RUN, "explain": None}),
        Case("branches of equal width", "values", make.inception(3, 2, 4, 2, 5, 2, 2), **_RUN),
        Case("branches of unequal width, 5 × 6 cells", "values", make.inception(size=(5, 6)), **_RUN),
        Case("two images, 6 × 3 cells", "values", make.inception(images=2, size=(6, 3)), **_RUN),
        Case("each image alone", "property", make.inception(images=3), _STACKED, built.run_each),
        Case(
            "gradients of input and weights",
            "property",
            make.inception(),
            close(1e-3, 1e-3),
            built.gradients,
            hint=GRAPH,
        ),
        Case("no image", "edge", make.inception(images=0), _NEAR, built.run),
        Case("branches of one channel", "edge", make.inception(2, 1, 1, 1, 1, 1, 1), **_RUN),
        *styles(make.inception(), _STACKED, built.run),
    ),
)

_BLOCK = {"compare": _NEAR, "probe": built.run, "explain": explain.block, "hint": hints.block}
RESIDUAL = Check(
    "ResidualBlock",
    points=4,
    forbids=("torchvision.models.resnet", "course_lib.deepnet"),
    cases=(
        Case(
            "its layers where shapes agree",
            "values",
            make.block(3, 3),
            hint="The identity needs no parameters.",
            **_SHAPES,
        ),
        Case(
            "its layers where channels change",
            "values",
            make.block(2, 4),
            hint="A shortcut that projects has a convolution and a batch norm.",
            **_SHAPES,
        ),
        Case(
            "shapes agree",
            "values",
            make.block(3, 3),
            **_BLOCK,
        ),
        Case("more channels", "values", make.block(2, 4, images=2), **_BLOCK),
        Case(
            "stride 2, as many channels",
            "values",
            make.block(3, 3, 2, size=(3, 4)),
            **_BLOCK,
        ),
        Case("stride 2, more channels", "values", make.block(3, 5, 2, size=(6, 9)), **_BLOCK),
        Case("fewer channels", "values", make.block(6, 3), **_BLOCK),
        Case("each image alone", "property", make.block(2, 4, 2, images=3), _NEAR, built.run_each),
        Case(
            "in training mode",
            "property",
            make.block(2, 4, images=3),
            _NEAR,
            built.train,
        ),
        Case(
            "gradients of input and weights",
            "property",
            make.block(2, 4),
            close(1e-3, 1e-3),
            built.gradients,
            hint=GRAPH,
        ),
        Case("stride 3", "edge", make.block(2, 2, 3, size=(7, 5)), **_BLOCK),
        Case("maps of one cell", "edge", make.block(2, 2, images=8, size=(1, 1)), **_BLOCK),
        Case("no image", "edge", make.block(2, 2, images=0), _NEAR, built.run),
        *styles(make.block(2, 2), _NEAR, built.run),
    ),
)
