"""Unit 00: what is asked of `ResidualBlock`."""

from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, worst
from course_lib.checks.kit.built import BELOW_ZERO, gradients, has_layers, run, run_each, train
from course_lib.checks.kit.hints import GRAPH
from course_lib.checks.kit.pictures import both, number, numbered
from course_lib.checks.kit.styles import styles
from course_lib.checks.kit.weights import batch_norm, numbers, weights
from course_lib.checks.spec import Case, Check, Counterexample, Inputs
from course_lib.deepnet import residual_block
from course_lib.hooks import recording

TWO_WAYS = (
    "Follow `x` along both ways to the plus sign. Is each layer used once, in its place, and is nothing left out?"
)


def block(inside: int, outside: int, stride: int = 1, images: int = 1, size: tuple[int, int] = (4, 5)):
    """Arguments, weights and an input of a residual block; without a stride of its own where the stride is 1."""

    def make(rng: Generator) -> Inputs:
        a, b = (int(width + rng.integers(0, 2)) for width in (inside, outside))
        b = a if inside == outside else b
        state = {"conv1.weight": weights(rng, b, a, 3, 3), "conv2.weight": weights(rng, b, b, 3, 3)}
        state |= batch_norm(rng, "bn1", b) | batch_norm(rng, "bn2", b)
        if stride > 1 or a != b:
            state |= {"shortcut.0.weight": weights(rng, b, a, 1, 1), **batch_norm(rng, "shortcut.1", b)}
        config = (a, b) if stride == 1 else (a, b, stride)
        return {"config": config, "state": state, "x": numbers(rng, images, a, *size)}

    return make


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Signs, or the two ways."""
    return BELOW_ZERO if bool((answer < 0).any()) else TWO_WAYS


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The number that is furthest off, and the two that its sum is made of."""
    n, c, i, j = worst(answer, expected)
    inside, outside, *stride = inputs["config"]
    branch, shortcut = (one[n, c] for one in _two_ways(inputs))
    text = (
        f"{inside} channels to {outside}, stride {stride[0] if stride else 1}, in evaluation mode\n"
        f"channel {c}, row {i}, column {j}: F(x) is {number(float(branch[i, j]))}, "
        f"shortcut(x) is {number(float(shortcut[i, j]))}\nReLU of their sum: {both(answer, expected, (n, c, i, j))}"
    )

    def draw():
        titles = [f"F(x), channel {c}", "shortcut(x)", "expected: ReLU of their sum", "yours"]
        maps = [branch, shortcut, expected[n, c], answer[n, c]]
        return numbered(maps, [(i, j, 1, 1)] * 4, titles, right=expected[n, c], columns=2)

    return Counterexample(text, draw)


def _two_ways(inputs: Inputs) -> tuple[Tensor, Tensor]:
    """What torchvision's block with these weights adds: its branch and its shortcut. [n, d, i, j] each"""
    model = residual_block(*inputs["config"]).eval()
    model.load_state_dict({name.replace("shortcut", "downsample"): value for name, value in inputs["state"].items()})
    with recording(filter(None, [model.bn2, model.downsample])) as outputs:
        model(inputs["x"])
    seen = dict(outputs)
    return seen[model.bn2], seen.get(model.downsample, inputs["x"])


CHECK = Check(
    "ResidualBlock",
    points=4,
    forbids=("torchvision.models.resnet", "course_lib.deepnet"),
    compare=close(1e-3, 1e-4),
    probe=run,
    hint=hint,
    explain=explain,
    cases=(
        has_layers("its layers where shapes agree", block(3, 3), "The identity needs no parameters."),
        has_layers(
            "its layers where channels change",
            block(2, 4),
            "A shortcut that projects has a convolution and a batch norm.",
        ),
        Case("shapes agree", "values", block(3, 3)),
        Case("more channels", "values", block(2, 4, images=2)),
        Case("stride 2, as many channels", "values", block(3, 3, 2, size=(3, 4))),
        Case("stride 2, more channels", "values", block(3, 5, 2, size=(6, 9))),
        Case("fewer channels", "values", block(6, 3)),
        Case("each image alone", "property", block(2, 4, 2, images=3), probe=run_each, hint=False, explain=False),
        Case("in training mode", "property", block(2, 4, images=3), probe=train, hint=False, explain=False),
        Case(
            "gradients of input and weights",
            "property",
            block(2, 4),
            close(1e-3, 1e-3),
            gradients("x"),
            hint=GRAPH,
            explain=False,
        ),
        Case("stride 3", "edge", block(2, 2, 3, size=(7, 5))),
        Case("maps of one cell", "edge", block(2, 2, images=8, size=(1, 1))),
        Case("no image", "edge", block(2, 2, images=0), hint=False, explain=False),
        *styles(block(2, 2), probe=run),
    ),
)
