"""Unit 01: what is asked of `swap_head`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor, nn

from course_lib.checks.kit.draws import begin_chance
from course_lib.checks.kit.refusals import forgotten, holding, refusal, refused
from course_lib.checks.kit.styles import in_double, on_gpu, within
from course_lib.checks.spec import Case, Check, Compare, Counterexample, Inputs, Mismatch, Refusal
from course_lib.checks.transfer_learning.networks import (
    BLOCK,
    HEAD,
    STAGE,
    STEM,
    build,
    evaluated,
    random_images,
    random_network,
)
from course_lib.checks.transfer_learning.shared import listed, near, numbers, some, without
from course_lib.checks.transfer_learning.traces import moved, no_traces


def beheaded(*parts: Any, classes: int, **options: Any):
    """A network, how many classes its new head has, and images to try it on."""

    def make(rng: Generator) -> Inputs:
        model = random_network(rng, parts, **options)
        return {"model": model, "classes": classes, "x": random_images(rng, 3)}

    return make


def headless(rng: Generator) -> Inputs:
    """A network without a linear layer."""
    model = random_network(rng, (STEM, STAGE, ["dropout", "relu"]))
    return {"model": model, "classes": int(rng.integers(2, 9)), "x": random_images(rng, 3)}


def swap(function: Callable, network: dict, classes: int, x: Tensor) -> dict[str, Any]:
    """swap_head's model: its weights beside the old ones, what goes into its head, what comes out."""
    old = build(network, x)
    begin_chance(0)  # for the new weights
    new = function(old, classes)
    if not isinstance(new, nn.Module):
        raise Refusal(f"Expected a module, got an object of type {type(new).__name__}.{forgotten(new)}")
    before, after, head = build(network, x).state_dict(), new.state_dict(), _head(new)
    result, into, out = evaluated(new, x, head)
    learning = {name: parameter.requires_grad for name, parameter in new.named_parameters()}
    changed = [name for name in after if name not in before or not torch.equal(before[name].cpu(), after[name].cpu())]
    last = new.get_submodule(head)
    rows = last.weight.detach().cpu()
    return {
        "weights": [f"{name} {list(value.shape)}" for name, value in after.items()],
        "learning": sorted(name for name, learns in learning.items() if learns),
        "changed": sorted(changed),
        "training": [name for name, module in new.named_modules() if module.training and module is not last],
        "into the head": into,
        "outputs": list(result.shape),
        "behind the head": _behind(result, out),
        "type": str(rows.dtype),
        "old rows": _in_common(rows, before[f"{_head(old)}.weight"].cpu()),
    }


def _head(model: nn.Module) -> str:
    """The name of the last linear layer."""
    found = [name for name, module in model.named_modules() if isinstance(module, nn.Linear)]
    if not found:
        raise Refusal("Expected a model with an nn.Linear, found none in what your function returned.")
    return found[-1]


def _behind(result: Tensor, out: Tensor) -> str:
    """What the model does with its last linear layer's outputs: "", "softmax" or "something"."""
    if result.shape == out.shape and torch.allclose(result, out):
        return ""
    shares = result.ndim == 2 and result.shape[1] > 1 and bool((result >= 0).all())
    return "softmax" if shares and torch.allclose(result.sum(dim=1), torch.ones_like(result[:, 0])) else "something"


def _in_common(rows: Tensor, others: Tensor) -> int:
    """How many rows are among the others."""
    same = rows.shape[1] == others.shape[1] and rows.dtype == others.dtype
    return int((rows[:, None] == others).all(dim=2).any(dim=1).sum()) if same else 0


def model_after(function: Callable, network: dict, classes: int, x: Tensor) -> list[str]:
    """How the old model has changed after the call, and after all weights of the new one were changed."""
    old, fresh = build(network, x), build(network, x)
    begin_chance(0)
    new = function(old, classes)
    found = [] if str(old) == str(fresh) else ["the model has other layers than before"]
    found += [f"{name} of the model has changed" for name in moved(fresh.state_dict(), old.state_dict())]
    for value in new.state_dict().values():
        value.data.zero_()
    shared = moved(fresh.state_dict(), old.state_dict()) if not found else []
    found += [f"{name} is shared by both models" for name in shared]
    flags = {name: p.requires_grad for name, p in old.named_parameters()}
    wanted = {name: p.requires_grad for name, p in fresh.named_parameters()}
    return found + [f"{name} of the model learns: {flags[name]}" for name in flags if flags[name] != wanted.get(name)]


def no_head(function: Callable, network: dict, classes: int, x: Tensor) -> str:
    """What becomes of a model without a linear layer."""
    return refusal(lambda: function(build(network, x), classes), ValueError, holding())


def head_swapped() -> Compare:
    """The new model's weights, what learns in it, and what its head is given and gives."""

    def compare(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> Mismatch | None:
        told = [_weights(answer, expected), _flags(answer, expected), _passing(answer, expected)]
        found = [message for message in told if message]
        return Mismatch(found[0], symptom=" ".join(found)) if found else None

    return compare


def _weights(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    if answer["weights"] != expected["weights"]:
        missing = without(expected["weights"], answer["weights"])
        extra = without(answer["weights"], expected["weights"])
        return f"Weights and shapes: expected {some(missing)}, yours {some(extra)}."
    if answer["changed"] != expected["changed"]:
        lost, kept = without(answer["changed"], expected["changed"]), without(expected["changed"], answer["changed"])
        return f"Values: {some(lost)} should stay." if lost else f"Values: {some(kept)} should be new."
    return ""


def _flags(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    for key, words in (("learning", "should require a gradient"), ("training", "should be in training mode")):
        missing, extra = without(expected[key], answer[key]), without(answer[key], expected[key])
        if missing or extra:
            return f"{some(missing)} {words}." if missing else f"{some(extra)} {words.replace('should', 'should not')}."
    return (
        "" if answer["type"] == expected["type"] else f"Expected weights of {expected['type']}, got {answer['type']}."
    )


def _passing(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    if answer["outputs"] != expected["outputs"]:
        return f"Expected outputs of shape {expected['outputs']}, got {answer['outputs']}."
    if answer["behind the head"]:
        ones = " It is not negative and sums to 1." if answer["behind the head"] == "softmax" else ""
        return f"What the model puts out is not what its last linear layer puts out.{ones}"
    if answer["old rows"]:
        return f"{answer['old rows']} rows of the new layer are the old one's."
    return "" if near(answer["into the head"], expected["into the head"]) else "Your head is given other features."


def last_layer(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Other weights have a new shape than those of the last layer."""
    return "Which of the linear layers names the classes?" if answer["weights"] != expected["weights"] else ""


def as_many(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Old weights are still in the head."""
    kept = set(expected["changed"]) - set(answer["changed"]) or answer["old rows"]
    return "The new task has other classes, even if it has as many." if kept else ""


def learns(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """The new layer stands still."""
    still = set(expected["learning"]) - set(answer["learning"])
    return "What does the new layer know, and what must it be allowed to do?" if still else ""


def explain(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """Old and new weights in words; what learns and which modes, where they differ."""
    rows = [("outputs", "outputs"), ("into the head", "into the head"), ("weights", "last weights")]
    lines = [f"{told}: expected {_told(expected[key])}, yours {_told(answer[key])}" for key, told in rows]
    for key, told in (("changed", "new values"), ("learning", "learns"), ("training", "in training mode")):
        if answer[key] != expected[key] or key == "changed":
            lines.append(f"{told}: expected {listed(expected[key])}, yours {listed(answer[key])}")
    return Counterexample("\n".join([f"{inputs['classes']} classes, 3 images", *lines]))


def _told(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{list(value.shape)} {numbers(value[:1], 3)}".strip()
    return ", ".join(str(one) for one in value[-2:]) if value and isinstance(value[0], str) else str(value)


PLAIN = beheaded(STEM, BLOCK, "linear 4 5", classes=3)

CHECK = Check(
    "swap_head",
    points=4,
    compare=head_swapped(),
    probe=swap,
    explain=explain,
    cases=(
        Case("one linear layer at the end", "values", PLAIN),
        Case(
            "two linear layers in the head",
            "values",
            beheaded(STEM, BLOCK, STAGE, HEAD, classes=7),
            hint=last_layer,
        ),
        Case(
            "a linear layer deep in the head",
            "values",
            beheaded(STEM, STAGE, ["dropout", [["linear 6 4"]]], classes=2, training=False),
        ),
        Case(
            "as many classes as before",
            "property",
            beheaded(STEM, STAGE, HEAD, classes=3),
            hint=as_many,
        ),
        Case(
            "a frozen model without a bias at the end",
            "property",
            beheaded(STEM, BLOCK, ["linear 4 6 plain"], classes=4, frozen=("#0", "#1", "#2"), evaluating=("#1",)),
            hint=learns,
        ),
        Case("one class", "edge", beheaded(STEM, STAGE, HEAD, classes=1)),
        Case(
            "no linear layer",
            "edge",
            headless,
            refused("ValueError"),
            no_head,
            explain=False,
        ),
        Case("float64", "edge", PLAIN, probe=within(in_double, swap), explain=False, weight=0.5),
        Case(
            "a model on the GPU, where there is one",
            "edge",
            PLAIN,
            probe=within(on_gpu, swap),
            explain=False,
            weight=0.5,
        ),
        Case(
            "leaves the model alone",
            "unchanged",
            beheaded(STEM, STAGE, HEAD, classes=4),
            no_traces(),
            model_after,
            explain=False,
            hint="Other trainings will start from the pretrained model. How does a copy become one of its own?",
            essential=True,
        ),
    ),
)
