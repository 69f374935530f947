"""Unit 00: what is asked of `conv2d` and `max_pool2d`."""

from course_lib.checks.cnn_recap import explain, hints, probes
from course_lib.checks.cnn_recap import inputs as make
from course_lib.checks.compare import close, exact
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check

KINDS = ("1d", "2d", "3d", "_transpose1d", "_transpose2d", "_transpose3d")
LIBRARY = (
    *(f"{module}.conv{kind}" for module in ("torch", "torch.nn.functional") for kind in KINDS),
    *(f"torch.nn.{name}{d}d" for name in ("Conv", "ConvTranspose", "LazyConv", "LazyConvTranspose") for d in (1, 2, 3)),
    *("torch.convolution", "scipy.signal", "scipy.ndimage", "cv2.filter2D"),
)

_WHOLE = close(1e-5, 0.05)  # all numbers are whole: a sum in another order is the same, by Fourier transform nearly so
_CONV = {"compare": _WHOLE, "explain": explain.convolved, "hint": hints.convolved}
CONV = Check(
    "conv2d",
    points=5,
    forbids=LIBRARY,
    cases=(
        Case("one channel, one filter, no bias", "values", make.convolving(bias=False), **_CONV),
        Case(
            "three channels, two filters",
            "values",
            make.convolving(channels=3, filters=2, size=(5, 6), kernel=(2, 3)),
            **_CONV,
        ),
        Case("as many filters as columns", "values", make.convolving(channels=2, filters=4, size=(5, 6)), **_CONV),
        Case(
            "stride 2, and a window that does not fit",
            "values",
            make.convolving(channels=2, filters=3, size=(8, 10), stride=2),
            **_CONV,
        ),
        Case("padding 1, two images", "values", make.convolving(2, 2, 3, (4, 7), (2, 4), padding=1), **_CONV),
        Case("padding 2, stride 3", "values", make.convolving(1, 3, 2, (7, 9), (4, 3), stride=3, padding=2), **_CONV),
        Case("each image alone", "property", make.convolving(3, 2, 2), _WHOLE, probes.one_by_one),
        Case(
            "gradients of image, weight and bias",
            "property",
            make.convolving(2, 2, 3, stride=2, padding=1),
            _WHOLE,
            gradients_of(0, 1, 2),
            hint=GRAPH,
        ),
        Case("a filter of one pixel", "edge", make.convolving(channels=4, filters=3, kernel=(1, 1)), **_CONV),
        Case("a filter as large as the image", "edge", make.convolving(channels=2, filters=3, kernel=(5, 7)), **_CONV),
        Case("one row", "edge", make.convolving(filters=2, size=(1, 9), kernel=(1, 3), stride=2), **_CONV),
        Case("no images", "edge", make.convolving(0, 2, 3), close()),
        *styles(make.convolving(2, 2, 3, padding=1), _WHOLE),
    ),
)

_POOL = {"compare": exact(), "explain": explain.pooled, "hint": hints.pooled}
POOL = Check(
    "max_pool2d",
    points=3,
    forbids=(
        *(f"{module}.max_pool{d}d" for module in ("torch", "torch.nn.functional") for d in (1, 2, 3)),
        *(f"torch.nn.functional.{kind}max_pool{d}d" for kind in ("adaptive_", "fractional_") for d in (2, 3)),
        *(f"torch.nn.functional.max_pool{d}d_with_indices" for d in (1, 2, 3)),
        *(f"torch.nn.{kind}MaxPool{d}d" for kind in ("", "Adaptive", "Fractional") for d in (1, 2, 3)),
        *("scipy.ndimage", "skimage.measure.block_reduce"),
    ),
    cases=(
        Case("one map, tiles of 2", "values", make.pooling(1, 1, 4, 6), **_POOL),
        Case("windows of 3 that move by 2", "values", make.pooling(1, 1, 7, 9, kernel=3), **_POOL),
        Case("only negative responses", "values", make.pooling(1, 2, 4, 6, negative=True), **_POOL),
        Case("a window that does not fit", "values", make.pooling(1, 1, 8, 10, kernel=3), **_POOL),
        Case("two images of three channels", "values", make.pooling(2, 3, 5, 8, kernel=3, stride=1), **_POOL),
        Case("windows with gaps between them", "values", make.pooling(1, 2, 8, 12, stride=3), **_POOL),
        Case("brighter and more contrast", "property", make.pooling(1, 2, 5, 7, kernel=3), exact(), probes.brighter),
        Case(
            "gradient",
            "property",
            make.pooling(1, 2, 7, 9, kernel=3),
            close(1e-4, 1e-5),
            gradients_of(0),
            hint=GRAPH,
        ),
        Case("windows of one pixel", "edge", make.pooling(1, 2, 3, 5, kernel=1), **_POOL),
        Case("one window alone", "edge", make.pooling(2, 2, 4, 4, kernel=4, stride=3), **_POOL),
        Case("no images", "edge", make.pooling(0, 2, 4, 6), close()),
        *styles(make.pooling(2, 2, 5, 7, kernel=3), exact()),
    ),
)
