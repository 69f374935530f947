"""Unit 01: how classes, splits, refusals and traces are judged."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.compare import like
from course_lib.checks.spec import Compare, Inputs, Mismatch

Found = list[tuple[str, str]]


def refused(error: str, words: str = "", nameless: bool = False) -> Compare:
    """Bad input was answered by this error, with these words in its message (see `kit.refusals`).

    Args:
        nameless: without them, too.
    """

    def compare(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
        if answer == expected or (nameless and answer == "nameless"):
            return None
        told = {
            "nameless": f"Its message lacks {words}.",
            "accepted": "Your function accepts it.",
        }
        what = told.get(answer, f"Your function raises {answer} instead.")
        return Mismatch(f"Expected a {error}. {what}", symptom=answer)

    return compare


def classified() -> Compare:
    """The expected class for each new image."""

    def compare(answer: Any, expected: Tensor, inputs: Inputs) -> Mismatch | None:
        if answer == "NaN":
            return Mismatch("Your standardised features hold NaN, with which scikit-learn cannot work.", symptom="NaN")
        wrong = like(answer, expected)
        if wrong or torch.equal(answer.long(), expected.long()):
            return wrong
        at = int((answer != expected).nonzero()[0])
        count, known = int((answer != expected).sum()), inputs["labels"].unique().tolist()
        if strangers := sorted(set(answer.tolist()) - set(known)):
            return Mismatch(f"Your answers hold {strangers[0]}, which is none of the labels {known}.")
        told = f"The first of them is of class {int(expected[at])}, your classifier says {int(answer[at])}."
        return Mismatch(f"{count} of {len(expected)} new images get the wrong class. {told}")

    return compare


def no_traces() -> Compare:
    """The sentences about what a call has left behind are those expected: none."""

    def compare(answer: list[str], expected: list[str], inputs: Inputs) -> Mismatch | None:
        if answer == expected:
            return None
        return Mismatch(
            f"Your call did more than answer: {some([n for n in answer if n not in expected])}.",
            symptom="; ".join(answer),
        )

    return compare


def some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many there are beside."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


def valid_split(answer: dict[str, Tensor], inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the draws of `draw_splits`: all symptoms, and the sentence on the first."""
    train, test, outside = answer["in_train"], answer["in_test"], answer["outside"]
    if train.shape != (inputs["seeds"] + 2, len(inputs["labels"])) or test.shape != train.shape:
        return "form", "Expected two tensors of positions for each call."
    found = [*_members(train, test, outside), *shares(train, inputs), *_chance(train, inputs)]
    return ("; ".join(name for name, _ in found), found[0][1]) if found else None


def _members(train: Tensor, test: Tensor, outside: Tensor) -> Found:
    """Each position in one part, once."""
    once, both = (train > 0) & (test > 0), (train == 0) & (test == 0)
    told = {
        "outside": (bool(outside.any()), "Some of your positions are not in the data set."),
        "twice": (bool((train > 1).any() or (test > 1).any()), "In one draw, an image comes twice in the same part."),
        "overlap": (bool(once.any()), f"In one draw {_most(once)} images are in training and in test."),
        f"lost {_most(both)}": (bool(both.any()), f"In one draw {_most(both)} images are in neither part."),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def _most(members: Tensor) -> int:
    """The largest number of members [draws, n] in one draw."""
    return int(members.sum(dim=1).max()) if len(members) else 0


def shares(train: Tensor, inputs: Inputs) -> Found:
    """As many different images of each class as asked for, in each draw."""
    for label in inputs["labels"].unique().tolist():
        counts = (train[:, inputs["labels"] == label] > 0).sum(dim=1)
        wrong = counts[counts != inputs["per_class"]]
        if len(wrong):
            asked = f"Expected {inputs['per_class']} different images of class {label} for training"
            return [("shares", f"{asked}, in one draw there are {int(wrong[0])}.")]
    return []


def _chance(train: Tensor, inputs: Inputs) -> Found:
    """The generator decides, and alone; within a class each image comes equally often."""
    draws, (last, further, again) = train[:-2], train[-3:]
    classes = [draws[:, inputs["labels"] == label] > 0 for label in inputs["labels"].unique().tolist()]
    if all(inputs["per_class"] >= one.shape[1] for one in classes):  # nothing to choose
        return []
    uneven = f"Over {len(draws)} seeds some images of a class come far more often than others."
    told = {
        "not-repeatable": (
            not torch.equal(draws[0], again),
            "The same generator state gives another draw: use `rng` for all chance.",
        ),
        "uneven": (
            any(uneven(one.sum(dim=0), len(one), inputs["per_class"] / one.shape[1]) for one in classes),
            uneven,
        ),
        "same-again": (torch.equal(last, further), "Two calls with one generator, one after the other, draw the same."),
        "first": (all(bool(one[:, : inputs["per_class"]].all()) for one in classes), uneven),
        "last": (all(bool(one[:, -inputs["per_class"] :].all()) for one in classes), uneven),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]
