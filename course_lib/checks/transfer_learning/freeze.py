"""Unit 01: what is asked of `freeze`."""

from collections.abc import Callable
from typing import Any

from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import worst
from course_lib.checks.kit.refusals import holding, refusal, refused
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import in_double, on_gpu, within
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch
from course_lib.checks.transfer_learning.networks import (
    BLOCK,
    HEAD,
    STAGE,
    STEM,
    WHOLE,
    build,
    describe,
    layer_name,
    layers_of,
    random_images,
    random_network,
)
from course_lib.checks.transfer_learning.shared import MOST, Found, mistyped, near, numbers, some, without
from course_lib.checks.transfer_learning.training import train_as_left, train_frozen


def freezing(upto: str, *parts: Any, **options: Any):
    """A network, a layer up to which it is to be frozen, and images to train on."""

    def make(rng: Generator) -> Inputs:
        model = random_network(rng, parts, **options)
        return {"model": model, "upto": layer_name(model["parts"], upto), "x": random_images(rng, 4)}

    return make


def alike(rng: Generator) -> Inputs:
    """The name of the layer after the last frozen one begins like it."""
    parts = {"conv1": STEM, "conv10": STAGE, "out": HEAD}
    return {"model": describe(rng, parts), "upto": "conv1", "x": random_images(rng, 4)}


def unknown(rng: Generator) -> Inputs:
    """The name of a layer that the network does not have."""
    return freezing("#0", *WHOLE)(rng) | {"upto": f"layer{int(rng.integers(5, 9))}"}


def unknown_upto(function: Callable, network: dict, upto: str, x: Tensor) -> str:
    """What becomes of a name that is no layer's."""
    model = build(network, x)
    return refusal(lambda: function(model, upto), KeyError, holding(*layers_of(model)))


def held_still() -> Compare:
    """What moved in training and what did not, and the frozen features before, in, and after it."""

    def compare(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> Mismatch | None:
        if answer["given"]:
            told = "In training a layer was given a module in place of its input: does a hook of yours return one?"
            return Mismatch(told, symptom=answer["given"])
        found = [*_movement(answer, expected), *_features(answer, expected)]
        symptom = f"{sorted(answer['moved'])} {answer['training']} {[name for name, _ in found]}"
        return Mismatch(found[0][1], symptom=symptom) if found else None

    return compare


def _movement(answer: dict[str, Any], expected: dict[str, Any]) -> Found:
    moved, still = without(answer["moved"], expected["moved"]), without(expected["moved"], answer["moved"])
    asleep = without(expected["training"], answer["training"])
    told = {
        "moved": (moved, f"These should stand still and have moved: {some(moved)}."),
        "still": (still, f"These should move in training and have not: {some(still)}."),
        "asleep": (asleep, f"These should be in training mode and are not: {some(asleep)}."),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def _features(answer: dict[str, Any], expected: dict[str, Any]) -> Found:
    told = {"beside": "in training, beside other images", "after": "after the training"}
    wrong = {key: when for key, when in told.items() if not near(answer[key], expected[key])}
    apart = {key: float((answer[key].double() - expected["before"].double()).abs().max()) for key in wrong}
    sentence = "An image's frozen features are not what they were {}: up to {:.2f} apart."
    return [(key, sentence.format(when, apart[key])) for key, when in wrong.items()]


def statistics(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Running statistics have moved."""
    moved = set(answer["moved"]) - set(expected["moved"])
    running = any("running" in name for name in moved)
    return "Which numbers of a batch norm change although no gradient reaches them?" if running else ""


def goes_on(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """What comes after the layer stands still."""
    still = set(expected["moved"]) - set(answer["moved"])
    return "Which layers come after this one in `named_modules()`? They go on learning." if still else ""


def dimensions(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Running statistics have moved, those of vectors perhaps."""
    return "Batch norm comes in several dimensions." if statistics(answer, expected, inputs) else ""


def begins_alike(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """The part whose name only begins like the layer's stands still."""
    still = set(expected["moved"]) - set(answer["moved"])
    return "`conv10` is not a part of `conv1`." if any(name.startswith("conv10.") for name in still) else ""


def explain(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """What moved in training; drawn layer by layer, or as the frozen features where only those are wrong."""
    frozen, free = (set(answer["moved"]) - set(expected["moved"]), set(expected["moved"]) - set(answer["moved"]))
    if answer["given"]:
        return Counterexample("in training, a layer: expected to be given the output of the one before, yours a module")
    apart = float((answer["after"].double() - answer["before"].double()).abs().max())
    odd = answer["beside"] if apart < 1e-4 else answer["after"]
    at = worst(odd, answer["before"])[0]
    text = (
        f"frozen up to {inputs['upto']!r}, then a few steps of training on four images\n"
        f"moved, expected to stand still: {', '.join(sorted(frozen)) or 'none'}\n"
        f"stood still, expected to move: {', '.join(sorted(free)) or 'none'}\n"
        f"features of the same image from number {at} on: before {numbers(answer['before'][at:])}\n"
        f"beside others in training: expected the same, yours {numbers(answer['beside'][at:])}\n"
        f"after the training: expected the same, yours {numbers(answer['after'][at:])} (up to {apart:.2f} apart)"
    )
    names = [name for name in inputs["model"]["state"] if not name.endswith("num_batches_tracked")]
    both = {"expected": expected["moved"], "yours": answer["moved"]}
    return Counterexample(text, lambda: _draw_moved(names, both) if frozen or free else _draw_features(answer))


def _draw_moved(names: list[str], moved: dict[str, list[str]]):
    """A row for each weight or statistic, filled where it moved, ringed where it stood still. Returns the Axes."""
    ax = plots.curve([], {"": []}, "", "", title="what moves in training: filled; what stands still: a ring")
    for column, (who, color) in enumerate(zip(moved, (EXPECTED, YOURS), strict=True)):
        fills = [color if name in moved[who] else "none" for name in names]
        ax.scatter([column] * len(names), range(len(names)), c=fills, edgecolors=color, s=70)
    for row, name in enumerate(names):
        if (name in moved["expected"]) != (name in moved["yours"]):
            ax.axhspan(row - 0.5, row + 0.5, color=plots.YELLOW, alpha=0.4, linewidth=0, zorder=0)
    ax.set(xticks=range(2), xticklabels=moved, xlim=(-0.5, 1.5), yticks=range(len(names)), yticklabels=names)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.tick_params(axis="y", labelsize=8)
    ax.figure.set_size_inches(6, 1 + 0.22 * len(names))
    return ax


def _draw_features(answer: dict[str, Any]):
    """The frozen features of one image before, in and after the training. Returns the Axes."""
    lines = {
        "before": answer["before"],
        "yours, after the training": answer["after"],
        "yours, in training": answer["beside"],
    }
    shown = {name: values.flatten()[:MOST].tolist() for name, values in lines.items()}
    title = "the first features of one image:\nexpected: all three lie on one line"
    return plots.curve(range(len(shown["before"])), shown, "feature", "value", title=title)


CHECK = Check(
    "freeze",
    points=5,
    compare=held_still(),
    probe=train_frozen,
    explain=explain,
    cases=(
        Case("the first part", "values", freezing("#0", STEM, STAGE, "linear 6 3"), hint=statistics),
        Case("up to the second part", "values", freezing("#1", STEM, BLOCK, STAGE, HEAD)),
        Case(
            "up to a layer within a part",
            "values",
            freezing("#1.0.0", STEM, STAGE, HEAD),
            hint=goes_on,
        ),
        Case(
            "up to a batch norm",
            "values",
            freezing("#0.1", STEM, BLOCK, "linear 4 3", training=False),
            hint=statistics,
        ),
        Case(
            "a model that is in training mode already",
            "property",
            freezing("#0", STEM, BLOCK, STAGE, "linear 6 4"),
            probe=train_as_left,
        ),
        Case(
            "what was frozen after it stays frozen",
            "property",
            freezing("#0", STEM, STAGE, HEAD, frozen=("#1.1", "#2.1")),
        ),
        Case(
            "up to a linear layer with batch norm behind and before it",
            "property",
            freezing("#2.2", STEM, BLOCK, ["linear 4 6", "norm1d 6", "linear 6 5", "norm1d 5", "linear 5 2"]),
            hint=dimensions,
        ),
        Case("the first layer alone", "edge", freezing("#0.0", STEM, STAGE, HEAD)),
        Case("everything", "edge", freezing("#2", STEM, STAGE, HEAD[1:])),
        Case("names that begin alike", "edge", alike, hint=begins_alike),
        Case(
            "no layer of this name",
            "edge",
            unknown,
            refused("KeyError", "the names of the layers"),
            unknown_upto,
            explain=False,
            hint=mistyped,
        ),
        Case(
            "float64",
            "edge",
            freezing("#1", STEM, BLOCK, STAGE, HEAD),
            probe=within(in_double, train_frozen),
            explain=False,
            weight=0.5,
        ),
        Case(
            "a model on the GPU, where there is one",
            "edge",
            freezing("#0", STEM, STAGE, "linear 6 3"),
            probe=within(on_gpu, train_frozen),
            explain=False,
            weight=0.5,
        ),
    ),
)
