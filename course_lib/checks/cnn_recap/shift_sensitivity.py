"""Unit 00: what is asked of `shift_sensitivity`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.cnn_recap.lent import Witness, lent, untouched
from course_lib.checks.cnn_recap.networks import FLAT, RELU, Plan, build, chain, conv, linear, norm
from course_lib.checks.cnn_recap.shared import batch_norm, between, numbers, weights
from course_lib.checks.compare import close
from course_lib.checks.kit.probes import graph
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

FACTOR = "All your changes are off by one and the same factor. What does the formula divide by?"
LATER = "Your first change is right, the later ones are not. From which image does each shift start?"


def stripes(rng: Generator) -> Inputs:
    """A network that only lays the pixels in a row, and an image of stripes: it changes by more than it holds."""
    image = torch.zeros(2, 5, 8)
    image[..., ::2] = between(rng, 0.5, 1, (2, 5, 4))
    return {"plan": chain(FLAT), "state": {}, "image": image, "shifts": [1, 2, 3]}


def moving(*shifts: int, channels: int = 2, size: tuple[int, int] = (5, 8), head: bool = True, strided: bool = True):
    """A small network with batch norm, an image and shifts; without `strided` it moves along with the image."""
    height, width = size
    stride = 2 if strided else 1
    border = {"padding": 1} if strided else {"padding": 1, "padding_mode": "circular"}

    def make(rng: Generator) -> Inputs:
        parts = [conv(channels, 3, stride=stride, **border), norm(3), RELU]
        inside = 3 * (-(-height // stride)) * (-(-width // stride))
        state = {"0.weight": weights(rng, 3, channels, 3, 3), "0.bias": numbers(rng, 3)}
        state |= batch_norm(rng, "1", 3)
        if not strided:
            parts, inside = [*parts, ("AdaptiveAvgPool2d", {"output_size": 1})], 3
        if head:
            state |= {
                f"{len(parts) + 1}.weight": weights(rng, 4, inside),
                f"{len(parts) + 1}.bias": numbers(rng, 4),
            }
            parts = [*parts, FLAT, linear(inside, 4)]
        image = between(rng, 0.1, 1, (channels, *size))
        return {"plan": chain(*parts), "state": state, "image": image, "shifts": list(shifts)}

    return make


def _like(image: Tensor, plan: Plan, state: dict[str, Tensor]) -> nn.Module:
    """The network with these weights, of the image's type and on its device, in training mode."""
    model = build(plan).to(image)
    model.load_state_dict(state)
    return model


def sensitivity(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
    """shift_sensitivity's answer on a network in training mode."""
    return function(_like(image, plan, state), image, shifts)


def further_round(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
    """The same where each shift goes once more round the image."""
    return function(_like(image, plan, state), image, [shift - image.shape[2] for shift in shifts])


class _Louder(nn.Module):
    """Another network, its output seven times as large."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return 7 * self.inner(x)


def louder(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
    """The same where all outputs are seven times as large."""
    return function(_Louder(_like(image, plan, state)), image, shifts)


def model_after(training: bool = True, frozen: bool = False) -> Callable[..., dict[str, Any]]:
    """A probe: what shift_sensitivity has changed in a network, and whether its answer is part of a graph."""

    @graph(kept=False)
    def probe(function: Callable, plan: Plan, state: dict[str, Tensor], image: Tensor, shifts: list[int]) -> Any:
        model = lent(_like(image, plan, state), training, frozen)
        witness = Witness(model)
        answer = function(model, image, shifts)
        return witness.changes() | {"attached": bool(getattr(answer, "requires_grad", False))}

    return probe


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """A common factor, or a later shift."""
    large = expected > 1e-3
    factors = (answer / expected)[large].double()
    if len(factors) > 1 and float(factors.max() - factors.min()) < 1e-3 * float(factors.abs().max()):
        return FACTOR
    first = torch.isclose(answer, expected.to(answer), rtol=1e-3, atol=1e-4)
    return LATER if len(first) > 1 and bool(first[0]) and inputs["shifts"][0] else ""


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """Both curves over the shifts."""
    rows = zip(inputs["shifts"], expected.tolist(), answer.tolist(), strict=True)
    told = [f"shift {shift}: expected {right:.4f}, yours {mine:.4f}" for shift, right, mine in rows]
    text = "\n".join([f"image of shape {tuple(inputs['image'].shape)}", *told[:6]])

    def draw():
        shifts = torch.tensor(inputs["shifts"])
        order = shifts.argsort()
        lines = {"expected": expected[order].tolist(), "yours": answer[order].tolist()}
        return plots.curve(shifts[order].tolist(), lines, "shift to the right in pixels", "change of the output")

    return Counterexample(text, draw)


CHECK = Check(
    "shift_sensitivity",
    points=4,
    compare=close(1e-3, 1e-4),
    probe=sensitivity,
    hint=hint,
    explain=explain,
    cases=(
        Case("one step to the right", "values", moving(1), hint=False, explain=False),
        Case("one to three steps", "values", moving(1, 2, 3)),
        Case("to the left and to the right", "values", moving(-3, 1, 2, -1, channels=3, size=(6, 9))),
        Case("a network that puts out maps", "values", moving(1, 4, head=False)),
        Case("pixels as they are, in stripes", "values", stripes),
        Case("once round and further", "property", moving(1, 2, 6), probe=further_round),
        Case("outputs seven times as large", "property", moving(1, 3), probe=louder),
        Case("not moved at all", "edge", moving(0, 1)),
        Case("a network that moves along", "edge", moving(1, 2, 5, strided=False)),
        Case("an image of one column", "edge", moving(1, 2, size=(6, 1))),
        *styles(moving(1, -2), probe=sensitivity),
        *untouched(moving(1, 2), model_after),
    ),
)
