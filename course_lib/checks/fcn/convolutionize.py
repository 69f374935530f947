"""Unit 05: what is asked of `convolutionize`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.compare import close, describe, exact, worst
from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.kit.pictures import both, numbered
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.refusals import forgotten
from course_lib.checks.kit.styles import gpu
from course_lib.checks.kit.weights import numbers, weights
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Refusal

NEAR = close(1e-3, 1e-4)
ORDER = "The weights are the right ones in other places. In which order does `flatten` read channels, rows and columns?"
PLACES = "The weights are right, the outputs are not. Where does the first window lie, and where the next one?"
WHAT = "The convolution answers for one window what the layer answers. What is the same number at which place?"
MEMORY = "The convolution needs memory of its own."
STILL_LEARNS = "The layer that you were given no longer learns. Somebody may want to train it further."


def layer(channels: int, height: int, width: int, outputs: int, bias: bool = True, more: int = 3, images: int = 2):
    """A linear layer's weight and bias (None without), the shape of its windows, and maps that are larger by `more`."""

    def make(rng: Generator) -> Inputs:
        return {
            "weight": weights(rng, outputs, channels * height * width),
            "bias": numbers(rng, outputs) if bias else None,
            "feature_shape": (channels, height, width),
            "x": numbers(rng, images, channels, height + more, width + more + (more > 0)),
        }

    return make


def linear_of(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    """A layer with this weight and bias, of their type and on their device."""
    linear = nn.Linear(weight.shape[1], weight.shape[0], bias is not None).to(weight)
    linear.weight.data = weight.clone()
    if bias is not None:
        linear.bias.data = bias.clone()
    return linear


def convolution(function: Callable, linear: nn.Linear, shape: tuple[int, int, int]) -> nn.Conv2d:
    """What the student's function makes of a layer.

    Raises:
        Refusal: no `nn.Conv2d`, or one of other numbers.
    """
    begin_chance(12345)  # weights that are left at random are the same ones each time
    made = function(linear, shape)
    if not isinstance(made, nn.Conv2d):
        raise Refusal(f"Expected an nn.Conv2d, got {describe(made)}.{forgotten(made)}")
    if not isinstance(made.weight, nn.Parameter) or not isinstance(made.bias, nn.Parameter | None):
        raise Refusal("Expected a convolution whose weight and bias are parameters (nn.Parameter), got plain tensors.")
    kinds = {str(parameter.dtype) for parameter in made.parameters()}
    if kinds != {str(linear.weight.dtype)}:
        raise Refusal(f"Expected weights of the layer's type ({linear.weight.dtype}), got {' and '.join(kinds)}.")
    return made


def fits(made: nn.Conv2d, weight: Tensor, shape: tuple[int, int, int]) -> bool:
    """Whether the convolution has the weights' shape that is asked for."""
    return tuple(made.weight.shape) == (len(weight), *shape)


def convolve(
    function: Callable, weight: Tensor, bias: Tensor | None, shape: tuple[int, int, int], x: Tensor
) -> dict[str, Any]:
    """Weight and bias of the convolution, and its outputs; none where the weight has another shape."""
    made = convolution(function, linear_of(weight, bias), shape)
    with torch.no_grad():
        return {
            "weight": made.weight,
            "it has a bias": made.bias is not None,
            "bias": weight.new_zeros(len(weight)) if made.bias is None else made.bias,
            "outputs": made(x) if fits(made, weight, shape) else x.new_zeros(0),
        }


def beside_windows(
    function: Callable, weight: Tensor, bias: Tensor | None, shape: tuple[int, int, int], x: Tensor
) -> Tensor:
    """How far the convolution is from the layer itself, asked about one window after the other."""
    linear, (_, height, width) = linear_of(weight, bias), shape
    made = convolution(function, linear_of(weight, bias), shape)
    with torch.no_grad():
        windows = x.unfold(2, height, 1).unfold(3, width, 1)  # [n, c, i, j, h, w]
        answers = linear(windows.movedim(1, 3).flatten(3)).movedim(3, 1)
        mine = made(x) if fits(made, weight, shape) else x.new_zeros(0)
        return mine - answers if mine.shape == answers.shape else mine


@graph(kept=True)
def learning(
    function: Callable, weight: Tensor, bias: Tensor | None, shape: tuple[int, int, int], x: Tensor
) -> dict[str, Tensor]:
    """Gradients of the convolution's weight and bias; zeros where they do not learn."""
    made = convolution(function, linear_of(weight, bias), shape)
    if not fits(made, weight, shape):
        raise Refusal(f"Expected a weight of shape {[len(weight), *shape]}, got {list(made.weight.shape)}.")
    out = made(x).square().sum()
    if out.requires_grad:
        out.backward()
    named = {"weight": made.weight, "bias": made.bias}
    return {name: torch.zeros_like(p) if p.grad is None else p.grad for name, p in named.items() if p is not None}


def in_double(function: Callable, weight: Tensor, bias: Tensor, shape: tuple[int, int, int], x: Tensor) -> Any:
    """The same with a layer of 64-bit numbers."""
    return convolve(function, weight.double(), bias.double(), shape, x.double())


def on_gpu(function: Callable, weight: Tensor, bias: Tensor, shape: tuple[int, int, int], x: Tensor) -> Any:
    """The same on the GPU where there is one."""
    return convolve(function, weight.to(gpu()), bias.to(gpu()), shape, x.to(gpu()))


def layer_after(function: Callable, weight: Tensor, bias: Tensor, shape: tuple[int, int, int], x: Tensor) -> dict:
    """The layer's own weight and bias after the call, and after the convolution was changed."""
    linear = linear_of(weight, bias)
    for parameter in convolution(function, linear, shape).parameters():
        parameter.data.zero_()
    learns = all(parameter.requires_grad for parameter in linear.parameters())
    return {"weight": linear.weight, "bias": linear.bias, "it learns": learns}


def left_alone(answer: dict, expected: dict, inputs: Inputs) -> str:
    """Whether the layer's numbers were changed, or only whether they learn."""
    return MEMORY if answer["it learns"] else STILL_LEARNS


def hint(answer: dict, expected: dict, inputs: Inputs) -> str:
    """Order of the weights, places of the windows, or neither."""
    mine, right = (one["weight"].double() for one in (answer, expected))
    if torch.allclose(mine, right, 1e-3, 1e-4):
        biases = [one["bias"].double() for one in (answer, expected)]
        return PLACES if torch.allclose(*biases, 1e-3, 1e-4) else ""
    both_sorted = [one.flatten().sort().values for one in (mine, right)]
    return ORDER if torch.allclose(*both_sorted, 1e-3, 1e-4) else WHAT


def explain(inputs: Inputs, answer: dict, expected: dict) -> Counterexample:
    """The weight, bias or output that is furthest off; the filter of one channel beside the expected one."""
    text = f"windows of (channels, rows, columns) {inputs['feature_shape']}, outputs: {len(inputs['weight'])}\n"
    if answer["it has a bias"] != expected["it has a bias"]:
        told = [f"{'a' if one['it has a bias'] else 'no'} bias" for one in (expected, answer)]
        return Counterexample(f"{text}expected {told[0]}, yours has {told[1]}")
    name = next(n for n in ("weight", "bias", "outputs") if NEAR(answer[n], expected[n], inputs))
    place = worst(answer[name], expected[name])
    text += f"{name} at {list(place)}: {both(answer[name], expected[name], place)}"
    if name == "bias":
        return Counterexample(text)
    o, c, i, j = place
    what = f"filter {o}, channel {c}" if name == "weight" else f"image {o}, output {c}"

    def draw():
        maps = [expected[name][o, c], answer[name][o, c]]
        titles = [f"{what},\nexpected", f"{what},\nyours"]
        return numbered(maps, [(i, j, 1, 1)] * 2, titles, right=expected[name][o, c])

    return Counterexample(text, draw)


CHECK = Check(
    "convolutionize",
    points=4,
    compare=NEAR,
    probe=convolve,
    hint=hint,
    explain=explain,
    cases=(
        Case("one channel, 2 × 3 windows", "values", layer(1, 2, 3, outputs=2)),
        Case("three channels, 2 × 4 windows", "values", layer(3, 2, 4, outputs=5)),
        Case("a square of two channels", "values", layer(2, 3, 3, outputs=4)),
        Case("five channels, 4 × 2 windows, one output", "values", layer(5, 4, 2, outputs=1)),
        Case(
            "the layer itself, window by window",
            "property",
            layer(3, 4, 2, outputs=3),
            NEAR,
            beside_windows,
            hint=False,
            explain=False,
        ),
        Case(
            "gradients of weight and bias",
            "property",
            layer(2, 2, 3, outputs=3),
            close(1e-3, 1e-3),
            learning,
            hint="Whoever trains the convolution further needs parameters that learn.",
            explain=False,
        ),
        Case("a window as large as the map", "edge", layer(3, 2, 4, outputs=2, more=0, images=1)),
        Case("windows of one cell", "edge", layer(4, 1, 1, outputs=3)),
        Case("no bias", "edge", layer(2, 3, 2, outputs=3, bias=False)),
        Case("float64", "edge", layer(2, 2, 3, outputs=2), probe=in_double, hint=False, explain=False, weight=0.5),
        Case(
            "on the GPU, where there is one",
            "edge",
            layer(2, 2, 3, outputs=2),
            probe=on_gpu,
            hint=False,
            explain=False,
            weight=0.5,
        ),
        Case(
            "leaves the layer alone",
            "unchanged",
            layer(2, 2, 3, outputs=2),
            exact(),
            layer_after,
            hint=left_alone,
            explain=False,
            weight=0.5,
        ),
    ),
)
