"""Unit 00: what is asked of `count_cost`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator

from course_lib.checks.cnn_recap.lent import Witness, lent, untouched
from course_lib.checks.cnn_recap.networks import FLAT, RELU, Plan, build, chain, conv, linear, norm, outputs, pool
from course_lib.checks.compare import exact, like
from course_lib.checks.kit.styles import gpu
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch

COSTS = ("parameters", "activations", "macs")

PARAMETERS = "Which tensors of this network are learned, and which of them do two layers share?"
ACTIVATIONS = "Read in the docstring which outputs count, and ask how often each of those layers is called."
MACS = "Take one single number of a layer's output. How many weights went into it? How many such numbers are there?"
AGAIN = "Your second call on the same network gives another answer. What did the first one leave behind?"


def _widths(rng: Generator, count: int) -> list[int]:
    """Numbers of channels, no two equal."""
    return (rng.permutation(6)[:count] + 2).tolist()


def one_convolution(rng: Generator) -> Inputs:
    """A 3×3 convolution."""
    a, b = _widths(rng, 2)
    return {"plan": conv(a, b), "input_shape": (a, 6, 9)}


def small_classifier(rng: Generator) -> Inputs:
    """Convolution, ReLU, pooling, linear layer."""
    a, b, classes = _widths(rng, 3)
    plan = chain(conv(a, b, padding=1), RELU, pool(2), FLAT, linear(b * 3 * 4, classes))
    return {"plan": plan, "input_shape": (a, 6, 8)}


def nested(rng: Generator) -> Inputs:
    """Blocks of convolution, batch norm and ReLU within a chain."""
    a, b, c, classes = _widths(rng, 4)
    first, second = (chain(conv(i, o, padding=1, bias=False), norm(o), RELU) for i, o in ((a, b), (b, c)))
    return {"plan": chain(chain(first, pool(2), second), FLAT, linear(c * 2 * 3, classes)), "input_shape": (a, 4, 6)}


def towers(rng: Generator) -> Inputs:
    """Groups, a stride, unequal sides of a kernel, dilation."""
    a, b = _widths(rng, 2)
    grouped = conv(2 * a, 6, (3, 2), stride=2, groups=2)
    return {"plan": chain(grouped, RELU, conv(6, 3 * b, 2, dilation=2, groups=3)), "input_shape": (2 * a, 9, 11)}


def called_twice(rng: Generator) -> Inputs:
    """A convolution that the network calls twice."""
    a, b = _widths(rng, 2)
    return {"plan": chain(conv(a, b), ("Twice", conv(b, b, padding=1))), "input_shape": (a, 5, 7)}


def tied(rng: Generator) -> Inputs:
    """Two linear layers with one weight."""
    a, b = _widths(rng, 2)
    plan = chain(conv(a, b), FLAT, ("Tied", {"features": b * 2}))
    return {"plan": plan, "input_shape": (a, 3, 4)}


def own_parameter(rng: Generator) -> Inputs:
    """A parameter that belongs to no layer of PyTorch's, and a convolution with one filter."""
    (a,) = _widths(rng, 1)
    return {"plan": chain(("Scaled", {"channels": a}), conv(a, 1)), "input_shape": (a, 4, 5)}


def each_row(rng: Generator) -> Inputs:
    """A linear layer that reads each row of the image by itself."""
    a, b, c = _widths(rng, 3)
    return {"plan": chain(linear(7, b), RELU, conv(a, c, 2)), "input_shape": (a, 5, 7)}


def nothing_counted(rng: Generator) -> Inputs:
    """Neither a convolution nor a linear layer."""
    (a,) = _widths(rng, 1)
    return {"plan": chain(norm(a), RELU), "input_shape": (a, 3, 4)}


def one_pixel(rng: Generator) -> Inputs:
    """A batch norm behind which each map has one pixel: in training mode PyTorch refuses a single image."""
    a, b = _widths(rng, 2)
    return {"plan": chain(conv(a, b, 4), norm(b)), "input_shape": (a, 4, 4)}


def cost(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> Any:
    """count_cost's answer on the network of a plan."""
    return function(build(plan), input_shape)


def on_meta(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> Any:
    """count_cost's answer on a network whose tensors have no numbers."""
    with torch.device("meta"):
        model = build(plan)
    return function(model, input_shape)


def on_gpu(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> Any:
    """The same on the GPU where there is one."""
    return function(build(plan).to(gpu()), input_shape)


def twice(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> list[Any]:
    """count_cost's answers when it is called twice on one network."""
    model = build(plan)
    return [function(model, input_shape) for _ in range(2)]


def model_after(training: bool = True, frozen: bool = False) -> Callable[..., dict[str, Any]]:
    """A probe: what count_cost has changed in a network."""

    def probe(function: Callable, plan: Plan, input_shape: tuple[int, int, int]) -> dict[str, Any]:
        model = lent(build(plan), training, frozen)
        witness = Witness(model)
        function(model, input_shape)
        return witness.changes()

    return probe


def costs() -> Compare:
    """The three numbers of a cost, or of each of several calls, exactly; a wrong one is named."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        return like(answer, expected) or exact()(_named(answer), _named(expected), inputs)

    return compare


def _named(costs: Any) -> dict[str, Any]:
    if isinstance(costs[0], list | tuple):
        return {f"call {i}": _named(cost) for i, cost in enumerate(costs, start=1)}
    return dict(zip(COSTS, costs, strict=True))


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """The first of the three numbers that is wrong; of two calls, whether the second answers otherwise."""
    if isinstance(expected[0], list | tuple):
        return AGAIN if list(answer[0]) != list(answer[1]) else hint(answer[0], expected[0], inputs)
    texts = (PARAMETERS, ACTIVATIONS, MACS)
    return next((text for text, a, e in zip(texts, answer, expected, strict=True) if float(a) != float(e)), "")


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The layers with the shapes of their outputs, and the three numbers."""
    with torch.no_grad():
        told = [
            f"{told}: output {tuple(x.shape[1:])}, {x.numel()} numbers"
            for told, x in outputs(inputs["plan"], torch.zeros(1, *inputs["input_shape"]))
        ]
    answers = answer if isinstance(answer[0], list | tuple) else [answer]  # of several calls
    rights = expected if isinstance(expected[0], list | tuple) else [expected]
    pairs = zip(answers, rights, strict=True)
    mine, right = next((pair for pair in pairs if [*map(float, pair[0])] != [*map(float, pair[1])]), (answer, expected))
    lines = [f"{name}: expected {int(b)}, yours {float(a):g}" for name, a, b in zip(COSTS, mine, right, strict=True)]
    return Counterexample("\n".join([f"one image of shape {tuple(inputs['input_shape'])}", *told, *lines]))


CHECK = Check(
    "count_cost",
    points=5,
    forbids=("torch.utils.flop_counter", "torchinfo", "fvcore", "thop", "ptflops"),
    compare=costs(),
    probe=cost,
    hint=hint,
    explain=explain,
    cases=(
        Case("one convolution", "values", one_convolution),
        Case("convolution, ReLU, pooling, linear layer", "values", small_classifier),
        Case("blocks with batch norm", "values", nested),
        Case("groups, stride, dilation", "values", towers),
        Case("called twice", "property", small_classifier, probe=twice),
        Case("a layer that is called twice", "edge", called_twice, essential=True),
        Case("two layers that share their weight", "edge", tied, essential=True),
        Case("a parameter of the network's own, one filter", "edge", own_parameter),
        Case("a linear layer for each row", "edge", each_row, essential=True),
        Case("nothing to count but parameters", "edge", nothing_counted),
        Case("a batch norm over one pixel", "edge", one_pixel, essential=True),
        # for any layer but a convolution PyTorch takes a second to get ready on the meta device
        Case("on the meta device", "edge", one_convolution, probe=on_meta),
        Case(
            "on the GPU, where there is one",
            "edge",
            small_classifier,
            probe=on_gpu,
            hint=False,
            explain=False,
            weight=0.5,
        ),
        *untouched(nested, model_after),
    ),
)
