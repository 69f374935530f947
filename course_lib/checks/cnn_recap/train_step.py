"""Unit 00: what is asked of `train_step`."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from course_lib import plots
from course_lib.checks.cnn_recap.steps import (
    State,
    attached,
    linear_layer,
    mode_after,
    normalised,
    pixels_normalised,
    seen_by_the_optimizer,
    small_network,
    step_by_step,
)
from course_lib.checks.compare import close, judged_by, like, worst
from course_lib.checks.kit.show import EXPECTED, GIVEN, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch

RTOL, ATOL = 1e-4, 1e-5
MOMENTUM = {"options": {"momentum": 0.875, "weight_decay": 0.125}}
ADAM = {"optimizer": "Adam", "rates": [0.125], "options": {"eps": 0.015625}}

MOVED = {"yours: one dot per weight": False, "yours: a batch norm's running statistics": True}

STILL = "No weight has moved. What must have happened before the optimizer can take a step, and does it take one?"
FACTOR = "All your changes are off by one factor. What is the loss of a batch: a sum over its images, or their mean?"
TIMES = "The loss is right, all changes are off by one factor. Of what is your gradient, and how often is it used?"
STATISTICS = "A batch norm's statistics are not right. How often do the images pass it in one step, and in which mode?"
LOSS = "The weights are right, the loss is not. Which loss is asked for, and at which moment?"
LATER = "Your first loss is right, the later ones are not. What does one step leave behind that the next one finds?"
FROM_WHERE = "The loss is right, the weights are not. What lies in the gradients when the optimizer reads them?"
LOGITS = (
    "Work the loss of one image out by hand. Does the network put out probabilities, and what does your loss expect?"
)
ORDER = "Write your calls one below the other. Which of them write the gradients, which read them, which clear them?"
GRAPH = "A list of such losses keeps all maps of all steps in memory. How does one number become a plain one?"
AWAKE = "In which mode does the next step need the network? Who switches it to the other one, and when?"


def stepped() -> Compare:
    """The losses of all steps, and the weights and statistics after them; what is furthest off is told of both."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        if wrong := like(answer, expected):
            return wrong
        told = [*_losses(answer["losses"], expected["losses"]), *_furthest(answer["state"], expected["state"])]
        return Mismatch(" ".join(told)) if told else None

    return compare


def _losses(mine: list[Any], right: list[float]) -> Iterator[str]:
    for step, (a, b) in enumerate(zip(mine, right, strict=True), start=1):
        if close(RTOL, ATOL)(a, b, {}):
            when = f" of step {step}" if len(right) > 1 else ""
            yield f"The loss{when}: expected {float(b):.4f}, got {float(a):.4f}."
            return


def _furthest(mine: State, right: State) -> Iterator[str]:
    """Of the weights and statistics that are wrong, the number that is furthest off."""
    wrong = [name for name in right if close(RTOL, ATOL)(mine[name], right[name], {})]
    if not wrong:
        return
    name = max(wrong, key=lambda name: float((mine[name].double() - right[name].double()).abs().nan_to_num(1e9).max()))
    place = worst(torch.as_tensor(mine[name]), right[name])
    at = f"{name}{list(place)}" if place else name
    a, b = (float(torch.as_tensor(state[name])[place]) for state in (mine, right))
    yield f"Afterwards {at}: expected {b:.4f}, got {a:.4f}."


def reached() -> Compare:
    """One step of the optimizer that was given, at the right gradients."""

    def compare(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
        if wrong := like(answer, expected):
            return wrong
        steps, found = int(answer["steps"]), answer["gradients"]
        if steps != 1:
            times = "never takes a step" if not steps else f"takes {steps} steps"
            return Mismatch(f"The optimizer that you are given {times}; expected is one.", symptom=f"{steps} steps")
        if not any(bool(torch.as_tensor(gradient).any()) for gradient in found.values()):
            later = bool(answer["any at the end"])
            when = "they come only after it" if later else "they are gone before it"
            return Mismatch(f"At its step the optimizer finds no gradients: {when}.", symptom=f"none, later {later}")
        told = [
            sentence.replace("Afterwards", "At its step the gradient of")
            for sentence in _furthest(found, expected["gradients"])
        ]
        return Mismatch(told[0]) if told else None

    return compare


def no_graph(answer: dict[str, bool], inputs: Inputs) -> tuple[str, str] | None:
    """The loss is part of no graph."""
    told = "Expected a plain number; your loss still holds the graph of the network."
    return ("graph", told) if answer["graph"] else None


def awake(answer: str, inputs: Inputs) -> tuple[str, str] | None:
    """No module is in evaluation mode."""
    told = f"Expected the network in training mode after the step; in evaluation mode are: {answer}."
    return (answer, told) if answer else None


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """What the losses, the weights and the statistics tell together; "" where that is no clue."""
    wrong = {name for name, right in expected["state"].items() if close(RTOL, ATOL)(answer["state"][name], right, {})}
    learned = {name for name in wrong if "running" not in name}
    losses = [not close(RTOL, ATOL)(a, b, {}) for a, b in zip(answer["losses"], expected["losses"], strict=True)]
    if learned and not _changes(inputs, answer, expected)[0].any():
        return STILL
    if wrong - learned:
        return STATISTICS
    if not learned:
        return LOSS
    if _factor(inputs, answer, expected):
        return TIMES if losses[0] else FACTOR
    if not losses[0]:
        return LOGITS
    return FROM_WHERE if all(losses) else LATER


def _changes(inputs: Inputs, answer: Any, expected: Any, running: bool = False) -> tuple[Tensor, Tensor]:
    """How the steps have changed each weight, or each of the `running` statistics: yours and expected, in a row."""
    names = [name for name in expected["state"] if ("running" in name) == running]
    before = {name: inputs["state"][name].double().flatten() for name in names}
    mine, right = (
        torch.cat([state[name].double().flatten() - before[name] for name in names] or [torch.zeros(0)])
        for state in (answer["state"], expected["state"])
    )
    return mine, right


def _factor(inputs: Inputs, answer: Any, expected: Any) -> float | None:
    """The one factor, other than 1, by which all changes are off; None where there is none."""
    mine, right = _changes(inputs, answer, expected)
    large = right.abs() > 0.01
    factors = (mine / right)[large]
    alike = len(factors) > 1 and float(factors.max() - factors.min()) < 0.01 * abs(float(factors.mean()))
    return float(factors.mean()) if alike and abs(float(factors.mean()) - 1) > 0.01 else None


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The losses, and how far each weight has moved: yours over what is expected."""
    setting, batch = inputs["setting"], inputs["setting"]["batch"]
    steps, rates = len(expected["losses"]), " and ".join(f"{rate:g}" for rate in setting["rates"])
    options = "".join(f", {name.replace('_', ' ')} {value:g}" for name, value in setting["options"].items())
    factor = _factor(inputs, answer, expected)
    losses = [", ".join(f"{float(loss):.4f}" for loss in each["losses"]) for each in (expected, answer)]
    told = list(_furthest(answer["state"], expected["state"])) or ["Weights and statistics are right."]
    text = (
        f"{steps} step{'s' * (steps > 1)} of {setting['optimizer']}, learning rate {rates}{options}; "
        f"{batch} image{'s' * (batch > 1)} per step\n"
        f"loss before each step: expected {losses[0]}, yours {losses[1]}\n"
        f"{told[0]}{f' All your changes are {factor:.3g} times the expected ones.' if factor else ''}"
    )
    moved = {what: _changes(inputs, answer, expected, running) for what, running in MOVED.items()}
    return Counterexample(text, lambda: _draw(moved, losses[0] == losses[1]))


def _draw(moved: dict[str, tuple[Tensor, Tensor]], right_loss: bool):
    """One dot per number, its change over the expected one: right ones lie on the diagonal. Returns the Axes."""
    ax = plots.curve([], {"": []}, "expected change", "your change")
    ends = [float(end) for _, right in moved.values() if len(right) for end in right.aminmax()]
    ax.plot([min(ends), max(ends)], [min(ends), max(ends)], color=EXPECTED, label="expected: all lie here")
    for (what, (mine, right)), marker, color in zip(moved.items(), "oD", (YOURS, plots.PURPLE), strict=True):
        if len(right):
            ax.scatter(
                right, mine.nan_to_num(0, 0, 0), s=22, marker=marker, color=color, alpha=0.7, label=what, zorder=3
            )
    said = ("the loss is right", GIVEN) if right_loss else ("the loss is another one", YOURS)
    ax.set_title(said[0], fontsize=10, color=said[1])
    ax.legend(loc="best", fontsize=9)
    return ax


CHECK = Check(
    "train_step",
    points=4,
    compare=stepped(),
    probe=step_by_step,
    hint=hint,
    explain=explain,
    cases=(
        Case("a linear layer, three images", "values", linear_layer()),
        Case("convolution, ReLU, linear layer", "values", small_network()),
        Case("batch norm and its running statistics", "values", normalised()),
        Case("Adam in place of plain descent", "values", small_network(**ADAM)),
        Case("three steps with momentum and weight decay", "property", small_network(3, steps=3, **MOMENTUM)),
        Case("three steps of Adam", "property", linear_layer(4, 5, steps=3, **ADAM)),
        Case("a network that comes in evaluation mode", "property", normalised(3, training=False)),
        Case(
            "what the optimizer finds at its step",
            "property",
            linear_layer(5),
            reached(),
            seen_by_the_optimizer,
            hint=ORDER,
            explain=False,
        ),
        Case("gradients left from before", "edge", linear_layer(left=True)),
        Case("a batch of one image", "edge", small_network(1)),
        Case("a first layer that is frozen", "edge", small_network(3, frozen=True, **MOMENTUM)),
        Case("an optimizer for the last layer alone", "edge", normalised(3, only_last=True)),
        Case("two learning rates", "edge", small_network(rates=[0.5, 0.125])),
        Case(
            "a plain number",
            "edge",
            linear_layer(),
            judged_by(no_graph),
            attached,
            hint=GRAPH,
            explain=False,
            weight=0.5,
        ),
        Case(
            "in training mode afterwards",
            "edge",
            normalised(training=False),
            judged_by(awake),
            mode_after,
            hint=AWAKE,
            explain=False,
            weight=0.5,
        ),
        *styles(pixels_normalised(), probe=step_by_step),
    ),
)
