"""Unit 01: how a new head, what moved in training, and parameter groups are judged."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.spec import Compare, Inputs, Mismatch
from course_lib.checks.transfer_learning.rules import Found, some


def head_swapped() -> Compare:
    """The new model's weights, what learns in it, and what its head is given and gives."""

    def compare(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> Mismatch | None:
        told = [_weights(answer, expected), _flags(answer, expected), _passing(answer, expected)]
        found = [message for message in told if message]
        return Mismatch(found[0], symptom=" ".join(found)) if found else None

    return compare


def _weights(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    if answer["weights"] != expected["weights"]:
        missing, extra = (
            _without(expected["weights"], answer["weights"]),
            _without(answer["weights"], expected["weights"]),
        )
        return f"Weights and shapes: expected {some(missing)}, yours {some(extra)}."
    if answer["changed"] != expected["changed"]:
        lost, kept = _without(answer["changed"], expected["changed"]), _without(expected["changed"], answer["changed"])
        return f"Values: {some(lost)} should stay." if lost else f"Values: {some(kept)} should be new."
    return ""


def _flags(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    for key, words in (("learning", "should require a gradient"), ("training", "should be in training mode")):
        missing, extra = _without(expected[key], answer[key]), _without(answer[key], expected[key])
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
    return "" if _near(answer["into the head"], expected["into the head"]) else "Your head is given other features."


def _without(names: list[str], others: list[str]) -> list[str]:
    return [name for name in names if name not in others]


def _near(first: Tensor, second: Tensor) -> bool:
    """Whether the values agree. False for NaN and for other shapes."""
    return first.shape == second.shape and torch.allclose(first.double(), second.double(), 1e-3, 1e-4)


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
    moved, still = _without(answer["moved"], expected["moved"]), _without(expected["moved"], answer["moved"])
    asleep = _without(expected["training"], answer["training"])
    told = {
        "moved": (moved, f"These should stand still and have moved: {some(moved)}."),
        "still": (still, f"These should move in training and have not: {some(still)}."),
        "asleep": (asleep, f"These should be in training mode and are not: {some(asleep)}."),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def _features(answer: dict[str, Any], expected: dict[str, Any]) -> Found:
    told = {"beside": "in training, beside other images", "after": "after the training"}
    wrong = {key: when for key, when in told.items() if not _near(answer[key], expected[key])}
    apart = {key: float((answer[key].double() - expected["before"].double()).abs().max()) for key in wrong}
    sentence = "An image's frozen features are not what they were {}: up to {:.2f} apart."
    return [(key, sentence.format(when, apart[key])) for key, when in wrong.items()]


def grouped() -> Compare:
    """Groups with the expected parameters at the expected rates, in order."""

    def compare(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> Mismatch | None:
        message = _membership(answer["names"], expected["names"]) or _rates(answer["rates"], expected["rates"])
        return Mismatch(message) if message else None

    return compare


def _membership(mine: list[list[str]], theirs: list[list[str]]) -> str:
    if mine == theirs:
        return ""
    flat, wanted = sum(mine, []), sum(theirs, [])
    if lost := _without(wanted, flat):
        return f"In no group: {some(lost)}."
    if extra := _without(flat, wanted):
        return f"In a group, though nothing there learns: {some(extra)}."
    if len(flat) != len(wanted):
        return f"In two groups: {some(sorted({name for name in flat if flat.count(name) > 1}))}."
    if len(mine) != len(theirs):
        return f"Expected {len(theirs)} groups, got {len(mine)}."
    return (
        "The groups are not in the order of the model's children."
        if sorted(mine) == sorted(theirs)
        else ("Parameters stand in the groups of other layers.")
    )


def _rates(mine: list[float], theirs: list[float]) -> str:
    if torch.allclose(torch.tensor(mine), torch.tensor(theirs), 1e-4, 1e-7):
        return ""
    first, second = (", ".join(f"{rate:.4g}" for rate in rates) for rates in (theirs, mine))
    return f"Expected the rates {first} from the first layer to the last, got {second}."
