"""Unit 03: what is asked of `smooth_l1`."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib import plots
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.parts import named
from course_lib.checks.kit.probes import gradients_of
from course_lib.checks.kit.show import YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def errors(steps: int, *shape: int, beta: float, most: float):
    """Errors of both signs, small and large, `steps` sizes of each up to `most`, shuffled; none is 0.

    Args:
        shape: of the errors, 2 * steps in all; one axis by default.
    """

    def make(rng: Generator) -> Inputs:
        sizes = (np.arange(2 * steps) // 2 + rng.integers(8, 57, 2 * steps) / 64) * most / steps
        x = floats(rng.permutation(sizes * np.tile([-1, 1], steps)))
        return {"x": x.reshape(shape or (-1,)), "beta": beta}

    return make


def no_errors(rng: Generator) -> Inputs:
    """No error at all."""
    return {"x": torch.zeros(0), "beta": 1.0}


def around_beta(rng: Generator) -> Inputs:
    """Errors just below beta, exactly at it and just above, of both signs, and large ones."""
    beta = int(rng.integers(10, 26)) / 32
    return {"x": beta * floats([-4, -33 / 32, -1, -31 / 32, -0.5, 0.5, 31 / 32, 1, 33 / 32, 4]), "beta": beta}


def without_parabola(rng: Generator) -> Inputs:
    """beta 0, and an error of exactly 0 among others."""
    found = errors(3, beta=0.0, most=3.0)(rng)
    return {**found, "x": torch.cat([floats([0.0]), found["x"]])}


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The error whose loss is furthest off; the expected curve, and yours through the values that you gave."""
    place, x, beta = worst(answer, expected), inputs["x"], inputs["beta"]
    values = f"expected {expected[place]:.4f}, yours {answer[place]:.4f}"
    text = f"error {x[place]:.4f}, beta {beta:.4g}: {values}"

    def draw():
        most = max(float(x.abs().max()), 1.5 * beta)
        along = torch.linspace(-most, most, 201)
        curve = nn.functional.smooth_l1_loss(along, torch.zeros(201), reduction="none", beta=beta)
        ax = plots.curve(along.tolist(), {"expected": curve.tolist()}, "error x", "loss")
        order = x.flatten().argsort()
        ax.plot(x.flatten()[order], answer.flatten()[order], "s--", color=YOURS, label="yours", alpha=0.8)
        ends = [float(expected[place]), float(answer[place])]
        ax.plot([float(x[place])] * 2, ends, "-", color=plots.BLACK, linewidth=2.5, label="the largest difference")
        ax.legend()
        return ax

    return Counterexample(text, draw)


def explain_slopes(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The error whose gradient is furthest off."""
    place, x = worst(answer[0], expected[0]), inputs["x"]
    values = f"expected {expected[0][place]:.4f}, yours {answer[0][place]:.4f}"
    return Counterexample(f"error {x[place]:.4f}, beta {inputs['beta']:.4g}: the gradient of the loss: {values}")


SLOPE = named(close(1e-4, 1e-5), "the gradient")

CHECK = Check(
    "smooth_l1",
    points=2,
    forbids=(
        "torch.nn.functional.smooth_l1_loss",
        "torch.nn.functional.huber_loss",
        "torch.nn.SmoothL1Loss",
        "torch.nn.HuberLoss",
    ),
    compare=close(1e-4, 1e-6),
    explain=explain,
    cases=(
        Case("beta 1", "values", errors(4, beta=1.0, most=4.0)),
        Case(
            "beta 0.5",
            "values",
            errors(6, beta=0.5, most=3.0),
            hint="Draw both parts for this beta. Where do they meet, and how high?",
        ),
        Case("beta 2, errors [3, 4]", "values", errors(6, 3, 4, beta=2.0, most=6.0)),
        Case(
            "around beta",
            "values",
            around_beta,
            hint="Just below beta, at beta and just above it the loss is nearly the same.",
        ),
        Case(
            "the gradient around beta",
            "property",
            around_beta,
            SLOPE,
            gradients_of(0),
            hint="Within beta the slope is x / beta, beyond it 1 or -1.",
            explain=explain_slopes,
        ),
        Case("beta 0", "edge", without_parabola, hint="0 / 0 is not a number."),
        Case(
            "the gradient with beta 0",
            "edge",
            errors(3, beta=0.0, most=3.0),
            SLOPE,
            gradients_of(0),
            hint="What does autograd make of a branch that is not chosen, but divides by 0?",
            explain=explain_slopes,
        ),
        Case("no errors", "edge", no_errors, close(), explain=False),
        *styles(errors(3, beta=0.5, most=3.0)),
    ),
)
