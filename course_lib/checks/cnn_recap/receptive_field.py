"""Unit 00: what is asked of `receptive_field`."""

from collections.abc import Callable, Sequence
from typing import Any

from numpy.random import Generator

from course_lib import plots
from course_lib.checks.compare import exact, like
from course_lib.checks.kit.hints import COPY
from course_lib.checks.kit.styles import inputs_after
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch

SPANS = ("size", "stride")
WIDEST = 60  # pixels of a receptive field that are drawn one by one

STRIDE = "Draw two neighbouring units. How many pixels of the image lie between the windows' left borders?"
GAPS = "Pixels that are passed over lie between those that are looked at: from where to where does the unit reach?"
SIZE = "Draw the last layer's window on the map below it. From which pixel does its first cell see, to which its last?"


def chain(kernels: tuple[int, ...], strides: tuple[int, ...], more: int = 5):
    """A chain of layers whose kernels and strides are these, in this order, each kernel up to `more` larger."""

    def make(rng: Generator) -> Inputs:
        larger = rng.integers(0, more + 1, len(kernels)).tolist()
        return {"layers": [(kernel + plus, step) for kernel, plus, step in zip(kernels, larger, strides, strict=True)]}

    return make


four_layers = chain((3, 4, 5, 7), (3, 1, 2, 2), more=3)
"""Whatever is drawn: the other way round they see another patch, and their strides' sum is not their product."""


def these_layers(*chosen: tuple[int, int]):
    """Exactly these layers."""
    return lambda rng: {"layers": list(chosen)}


def same_size(rng: Generator) -> Inputs:
    """Two to forty layers of 3×3, stride 1."""
    return {"layers": [(3, 1)] * int(rng.integers(2, 41))}


def with_pointwise(function: Callable, layers: list[tuple[int, int]]) -> Any:
    """receptive_field with a 1×1 layer of stride 1 between any two layers: they see nothing more."""
    return function([layer for pair in layers for layer in (pair, (1, 1))])


def as_tuple(function: Callable, layers: list[tuple[int, int]]) -> Any:
    """receptive_field with a tuple of layers instead of a list."""
    return function(tuple(layers))


def spans() -> Compare:
    """Size and stride, exactly; a wrong one is named."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        wrong = like(answer, expected)
        pairs = [dict(zip(SPANS, both, strict=True)) for both in (answer, expected)] if wrong is None else []
        return wrong or exact()(*pairs, inputs)

    return compare


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """The size, or where only that is wrong the stride."""
    if float(answer[0]) == float(expected[0]):
        return STRIDE
    return GAPS if any(kernel < stride for kernel, stride in inputs["layers"]) else SIZE


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The chain of layers, and both answers over the pixels that one unit behind it looks at."""
    layers = [tuple(layer) for layer in inputs["layers"]]
    told = ", ".join(f"{kernel}×{kernel} stride {stride}" for kernel, stride in layers) or "no layers"
    right, mine = tuple(map(int, expected)), tuple(map(float, answer))
    text = (
        f"from the input: {told}\nsize: expected {right[0]}, yours {mine[0]:g}\n"
        f"stride: expected {right[1]}, yours {mine[1]:g}"
    )
    drawn = max(right[0] + right[1], sum(mine)) <= 2 * WIDEST and right[0] <= WIDEST
    return Counterexample(text, (lambda: reach(layers, right, mine)) if drawn else None)


def reach(layers: Sequence[tuple[int, int]], expected: tuple[int, int], mine: tuple[float, float]):
    """The unit above, below it the cells of each map that it sees, below the image both answers as bars.

    Each answer has two bars: what one unit sees, and what its neighbour sees. Returns the Axes.
    """
    ax = plots.curve(
        [], {}, "pixel of the image (bars: one unit, and its neighbour)", "", title="what one unit looks at"
    )
    for level, places in enumerate(_levels(layers)):
        ax.plot(places, [level] * len(places), "s", color=plots.BLACK, markersize=4)
    names = ["image", *[f"behind {k}×{k}, stride {s}" for k, s in layers]]
    for row, (name, color, (size, stride)) in enumerate(
        [("expected", plots.BLUE, expected), ("yours", plots.VERMILLION, mine)], start=1
    ):
        ax.barh([-row, -row - 0.35], [size, size], 0.25, left=[-0.5, stride - 0.5], color=color)
        names.append(f"{name}: size {size:g}, stride {stride:g}")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_yticks([*range(len(layers) + 1), -1.2, -2.2], names)
    return ax


def _levels(layers: Sequence[tuple[int, int]]) -> list[list[float]]:
    """For the image and each map the cells that one unit behind all layers sees, at their places over the image."""
    seen = [{0}]
    for kernel, stride in reversed(layers):
        seen.append({stride * cell + tap for cell in seen[-1] for tap in range(kernel)})
    places = {cell: float(cell) for cell in range(max(seen[-1]) + 1)}
    levels = []
    for level, cells in enumerate(reversed(seen)):
        if level:
            kernel, stride = layers[level - 1]
            places = {cell: (places[stride * cell] + places[stride * cell + kernel - 1]) / 2 for cell in cells}
        levels.append([places[cell] for cell in sorted(cells)])
    return levels


CHECK = Check(
    "receptive_field",
    points=3,
    forbids=("course_lib.explorers",),
    compare=spans(),
    hint=hint,
    explain=explain,
    cases=(
        Case("3×3 layers of stride 1", "values", same_size, public=these_layers(*[(3, 1)] * 3)),
        Case("a stride of 2 before the last layer", "values", chain((3, 2), (2, 1))),
        Case("strides of 2, 2 and 3", "values", chain((3, 3, 3, 3), (2, 2, 3, 1))),
        Case("four layers whose order matters", "values", four_layers),
        Case("1×1 layers in between", "property", four_layers, probe=with_pointwise, explain=False),
        Case("no layers", "edge", these_layers()),
        Case("one layer", "edge", chain((4,), (3,))),
        Case("a stride larger than the kernel", "edge", chain((1, 1, 2), (4, 6, 5), more=2), essential=True),
        Case(
            "a tuple instead of a list",
            "edge",
            four_layers,
            probe=as_tuple,
            hint=False,
            explain=False,
            weight=0.5,
        ),
        Case(
            "leaves its input alone",
            "unchanged",
            four_layers,
            exact(),
            inputs_after,
            hint=COPY,
            explain=False,
            weight=0.5,
        ),
    ),
)
