"""Unit 04: what is asked of `joint_loss`."""

import math
from collections.abc import Callable
from typing import Any

from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import close, exact, judged_by
from course_lib.checks.faster_rcnn.shared import flows
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.probes import backward, graph
from course_lib.checks.kit.refusals import refusal
from course_lib.checks.kit.styles import in_double, inputs_after
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

FOUR = ("loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg")
ONES = dict.fromkeys(FOUR, 1.0)
OTHER_ORDER = {"loss_box_reg": 4.0, "loss_objectness": 0.5, "loss_classifier": 1.5, "loss_rpn_box_reg": 2.0}


def weighted(weights: dict[str, float], names: tuple[str, ...] = FOUR, **special: float):
    """Losses by name in this order, the `special` ones as given; the weights' order may differ."""

    def make(rng: Generator) -> Inputs:
        drawn = {name: floats(special.get(name, rng.uniform(0.2, 2))) for name in names}
        return {"losses": drawn, "weights": weights}

    return make


NAN = weighted(ONES, loss_classifier=float("nan"))
INFINITE = weighted({"loss_rpn_box_reg": 0.0}, loss_rpn_box_reg=float("inf"))


@graph(kept=True)
def gradients(function: Callable, losses: dict[str, Tensor], weights: dict[str, float]) -> list[Tensor]:
    """The gradient of joint_loss with respect to each loss."""
    leaves = {name: loss.clone().requires_grad_() for name, loss in losses.items()}
    return backward([function(leaves, weights)], list(leaves.values()))


def not_finite(function: Callable, losses: dict[str, Tensor], weights: dict[str, float]) -> str:
    """What becomes of a loss that is not finite: "named" or "nameless" in a ValueError, "hidden" or "passed" on, or the
    name of another error.
    """
    name = next(name for name, loss in losses.items() if not loss.isfinite())
    totals = []
    told = refusal(lambda: totals.append(function(losses, weights)), ValueError, lambda message: name in message)
    if told != "accepted":
        return told
    return "hidden" if math.isfinite(totals[0]) else "passed"


def stopped(answer: str, inputs: Inputs) -> tuple[str, str] | None:
    """Whether a loss that is not finite raised a ValueError, by what `not_finite` found out."""
    return None if answer == "nameless" else refused(answer, inputs)


def refused(answer: str, inputs: Inputs) -> tuple[str, str] | None:
    """What `not_finite` found out, in words; None when a ValueError named the loss."""
    name, loss = next((name, loss) for name, loss in inputs["losses"].items() if not loss.isfinite())
    told = {
        "nameless": f"Your ValueError does not say that the loss is {name}.",
        "hidden": f"{name} is {float(loss)}, and you return a finite sum.",
        "passed": f"{name} is {float(loss)}, and you return the sum all the same.",
    }
    other = f"{name} is {float(loss)}, and your function raises another error, {answer}."
    return None if answer == "named" else (answer, f"Expected a ValueError that names it. {told.get(answer, other)}")


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """Each loss with its weight, and both sums."""
    told = ", ".join(f"{name} {float(loss):.3f}" for name, loss in inputs["losses"].items())
    weights = ", ".join(f"{name} {weight:g}" for name, weight in inputs["weights"].items()) or "none"
    sums = f"expected {float(expected):.4f}, yours {float(answer):.4f}"
    return Counterexample(f"losses: {told}\nweights: {weights}\n{sums}")


CHECK = Check(
    "joint_loss",
    points=2,
    compare=close(),
    explain=explain,
    cases=(
        Case("four losses that count once", "values", weighted(ONES)),
        Case("weights in another order", "values", weighted(OTHER_ORDER)),
        Case("weights for two of the four", "values", weighted({"loss_rpn_box_reg": 3.0, "loss_classifier": 0.5})),
        Case("no weights", "values", weighted({})),
        Case("gradient of each loss", "property", weighted(OTHER_ORDER), probe=gradients, hint=flows, explain=False),
        Case("one loss", "edge", weighted({"loss_mask": 2.0}, ("loss_mask",))),
        Case("a weight without a loss", "edge", weighted({"loss_mask": 2.0, "loss_classifier": 3.0})),
        Case("weight 0", "edge", weighted({"loss_classifier": 0.0})),
        Case("a loss that is NaN", "edge", NAN, judged_by(stopped), not_finite, explain=False, essential=True),
        Case("an infinite loss, with weight 0", "edge", INFINITE, judged_by(stopped), not_finite, explain=False),
        Case("the error names the loss", "edge", NAN, judged_by(refused), not_finite, explain=False),
        Case("float64", "edge", weighted(OTHER_ORDER), probe=in_double, explain=False, weight=0.5),
        Case(
            "leaves its input alone",
            "unchanged",
            weighted(OTHER_ORDER),
            exact(),
            inputs_after,
            explain=False,
            weight=0.5,
        ),
    ),
)
