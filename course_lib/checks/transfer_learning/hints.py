"""Unit 01: hints that look at the answer before they speak: a way of thinking, and silence where it would not fit."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.spec import Hint, Inputs
from course_lib.checks.transfer_learning.rules import shares


def overwritten(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """The negative values of a layer have come back as 0."""
    if torch.allclose(answer.double(), expected.double().clamp(min=0), 1e-4, 1e-5):
        return "Some of this layer's values are negative. Which layer comes next, and where does it put its result?"
    return ""


def modes(answer: list[str], expected: list[str], inputs: Inputs) -> str:
    """A part has another mode than before."""
    return "Does a model have one mode, or does each of its parts?" if _any(answer, "training was") else ""


def whatever_comes(answer: list[str], expected: list[str], inputs: Inputs) -> str:
    """An error has kept a hook or a mode from being put back."""
    left = _any(answer, "training was") or _any(answer, "hooks before")
    return "Which lines of yours still run when the model raises an error?" if left else ""


def _any(sentences: list[str], words: str) -> bool:
    return any(words in sentence for sentence in sentences)


def mistyped(answer: str, expected: str, inputs: Inputs) -> str:
    """The error is there, the names are not."""
    return "Someone who mistypes a name wants to see the right ones." if answer == "nameless" else ""


def which_class(answer: str, expected: str, inputs: Inputs) -> str:
    """The error is there, but says nothing of the class."""
    return "Which class is it, and how many images does it have?" if answer == "nameless" else ""


def unequal(answer: dict[str, Tensor], expected: dict[str, Tensor], inputs: Inputs) -> str:
    """The classes get other shares than they should."""
    found = shares(answer["in_train"], inputs)
    return "A large class gets no more images than a small one." if found else ""


def among_labels(words: str) -> Hint:
    """These words, for answers that are classes, if not the right ones."""

    def hint(answer: Any, expected: Tensor, inputs: Inputs) -> str:
        known = isinstance(answer, str) or set(answer.tolist()) <= set(inputs["labels"].tolist())
        return words if known else ""

    return hint


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


def whose_rate(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """The groups are right, their rates are not."""
    wrong = answer["names"] == expected["names"] and answer["rates"] != expected["rates"]
    return "Which layer has the most to learn, and which the least?" if wrong else ""


def children(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """There are more or fewer groups than layers."""
    other = len(answer["names"]) != len(expected["names"])
    return "A layer here is a child of the model, however much there is in it." if other else ""


def nothing_to_learn(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """A frozen parameter is in a group."""
    extra = set(sum(answer["names"], [])) - set(sum(expected["names"], []))
    return "A parameter that does not learn needs no learning rate." if extra else ""


def not_counted(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """The part without parameters was counted."""
    wrong = answer["names"] == expected["names"] and answer["rates"] != expected["rates"]
    return "Which of the children have something to learn? Only they are counted." if wrong else ""
