"""Unit 03: what is asked of `roi_pool`, `roi_pool_backward` and `roi_align`."""

from course_lib.checks.compare import close
from course_lib.checks.fast_rcnn import explain, hints, probes
from course_lib.checks.fast_rcnn import inputs as make
from course_lib.checks.fast_rcnn.rules import named
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check

_PARTS = named(close(1e-4, 1e-5), "pooled", "argmax")
_POOL = {"compare": _PARTS, "explain": explain.pooled}
POOL = Check(
    "roi_pool",
    points=6,
    forbids=("torchvision.ops.roi_pool", "torchvision.ops.RoIPool", "torch.ops.torchvision"),
    cases=(
        Case("one region", "values", make.pooling(make.LEFT), hint=hints.pool(), **_POOL),
        Case(
            "seven cells into three bins",
            "values",
            make.pooling((0, 2, 1, 8, 5), size=3),
            hint=hints.pool("A bin owns every cell that it touches."),
            **_POOL,
        ),
        Case(
            "two cells into three bins",
            "values",
            make.pooling((0, 4, 2, 5, 3), (0, 8, 5, 8, 5), size=3),
            hint=hints.pool("No bin stays empty here: neighbours share a cell."),
            **_POOL,
        ),
        Case(
            "three regions of two images",
            "values",
            make.pooling(*make.TWO_IMAGES, size=2, images=2, scale=1 / 8),
            hint=hints.pool(),
            **_POOL,
        ),
        Case(
            "only negative responses",
            "values",
            make.pooling((0, 0, 1, 6, 6), size=3, shift=-3),
            hint=hints.pool("The largest of negative numbers is negative."),
            **_POOL,
        ),
        Case(
            "an image of twice the resolution",
            "property",
            make.pooling((0, 1, 0, 6, 5), (0, 3, 2, 9, 4), size=2),
            _PARTS,
            probes.twice_the_pixels,
        ),
        Case("the first cell of all wins", "edge", make.corner_wins, hint=hints.pool(), **_POOL),
        Case(
            "regions beyond the border",
            "edge",
            make.pooling((0, 6, 3, 12, 7), (0, -2, -1, 6, 4), size=3, shift=-2),
            hint=hints.pool("Cut the bins at the border, not the region."),
            essential=True,
            **_POOL,
        ),
        Case(
            "bins outside the map",
            "edge",
            make.pooling((0, 12, 8, 15, 11), (0, -6, 1, -3, 4), (0, 7, 2, 14, 5), size=2, shift=-2),
            hint=hints.pool("A bin without cells has the response 0 and the place -1."),
            **_POOL,
        ),
        Case("a single bin", "edge", make.pooling((0, 1, 2, 8, 5), size=1), hint=hints.pool(), **_POOL),
        Case("no regions", "edge", make.pooling(), close()),
        *styles(make.pooling((0, 1, 1, 5, 4)), _PARTS),
    ),
)

_BACKWARD = {"compare": close(1e-4, 1e-5), "explain": explain.gradient_maps}
BACKWARD = Check(
    "roi_pool_backward",
    points=4,
    forbids=("torch.ops.torchvision",),
    cases=(
        Case(
            "one region",
            "values",
            make.gradients(make.WIDE, size=3),
            hint="To which cell does the gradient of a bin go? And how many bins may one cell have won?",
            **_BACKWARD,
        ),
        Case(
            "three regions that overlap",
            "values",
            make.gradients(*make.OVERLAPPING, size=2),
            hint="The cell in the middle wins in several regions.",
            **_BACKWARD,
        ),
        Case(
            "three regions of two images",
            "values",
            make.gradients(*make.TWO_IMAGES, size=2, images=2),
            hint="A gradient has an image, a channel and a place.",
            **_BACKWARD,
        ),
        Case(
            "autograd finds the same",
            "property",
            make.gradients(*make.TWO_IMAGES, size=3, images=2),
            close(1e-4, 1e-5),
            probes.beside_autograd,
        ),
        Case(
            "bins without cells",
            "edge",
            make.gradients((0, 6, 4, 13, 9), (0, 1, 1, 5, 5), size=3),
            hint="Where does place -1 lead in Python?",
            essential=True,
            **_BACKWARD,
        ),
        Case("no regions", "edge", make.gradients(images=2), **_BACKWARD),
        *styles(make.gradients(*make.OVERLAPPING), close(1e-4, 1e-5)),
    ),
)

_ALIGN = {"compare": close(1e-3, 1e-4), "explain": explain.aligned, "hint": hints.align}
ALIGN = Check(
    "roi_align",
    points=2,
    forbids=("torchvision.ops.roi_align", "torchvision.ops.RoIAlign", "torch.ops.torchvision"),
    cases=(
        Case("one point in each bin", "values", make.aligning(make.WIDE, size=3, ratio=1), **_ALIGN),
        Case("four points in each bin", "values", make.aligning((0, 1, 1, 6, 4), size=2, ratio=2), **_ALIGN),
        Case("three regions of two images", "values", make.aligning(*make.TWO_IMAGES, size=3, images=2), **_ALIGN),
        Case(
            "the older convention",
            "values",
            make.aligning((0, 1, 2, 7, 5), size=2, ratio=3, aligned=False),
            **_ALIGN,
        ),
        Case("responses that rise evenly", "property", make.ramp, **_ALIGN),
        Case("regions at the border", "edge", make.past_the_border, **_ALIGN),
        Case(
            "regions smaller than a cell, in the older convention",
            "edge",
            make.smaller_than_a_cell(aligned=False),
            essential=True,
            **_ALIGN,
        ),
        Case(
            "regions smaller than a cell, aligned",
            "edge",
            make.smaller_than_a_cell(aligned=True),
            essential=True,
            **_ALIGN,
        ),
        Case("no regions", "edge", make.aligning(), close()),
        *styles(make.aligning((0, 1, 1, 5, 4)), close(1e-3, 1e-4)),
    ),
)
