"""Unit 01: how answers are judged that are not just numbers: splits, refusals, and what moved in a model."""

from typing import Any

import torch
from torch import Tensor

from course_lib.checks.spec import Compare, Inputs, Mismatch

Found = list[tuple[str, str]]


def refused(error: str, words: str = "") -> Compare:
    """Bad input was answered by this error, with these words in its message (see `probes.refusal`)."""

    def compare(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
        if answer == expected:
            return None
        told = {
            "nameless": f"Its message lacks {words}.",
            "accepted": "Your function accepts it.",
        }
        what = told.get(answer, f"Your function raises {answer} instead.")
        return Mismatch(f"Expected a {error}. {what}", symptom=answer)

    return compare


def no_traces() -> Compare:
    """The sentences about what a call has left behind are those expected: none."""

    def compare(answer: list[str], expected: list[str], inputs: Inputs) -> Mismatch | None:
        if answer == expected:
            return None
        return Mismatch(
            f"After your call: {_some([n for n in answer if n not in expected])}.", symptom="; ".join(answer)
        )

    return compare


def _some(names: list[str], most: int = 3) -> str:
    """The first few names, and how many there are beside."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more if names else "none"


def valid_split(answer: dict[str, Tensor], inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the draws of `draw_splits`: all symptoms, and the sentence on the first."""
    train, test, outside = answer["in_train"], answer["in_test"], answer["outside"]
    if train.shape != (inputs["seeds"] + 2, len(inputs["labels"])) or test.shape != train.shape:
        return "form", "Expected two tensors of positions for each call."
    found = [*_members(train, test, outside), *_shares(train, inputs), *_chance(train, inputs)]
    return ("; ".join(name for name, _ in found), found[0][1]) if found else None


def _members(train: Tensor, test: Tensor, outside: Tensor) -> Found:
    """Each position in one part, once."""
    once, both = (train > 0) & (test > 0), (train == 0) & (test == 0)
    told = {
        "outside": (bool(outside.any()), "Some of your positions are not in the data set."),
        "twice": (bool((train > 1).any() or (test > 1).any()), "In one draw, an image comes twice in the same part."),
        "overlap": (bool(once.any()), f"In the first draw {int(once[0].sum())} images are in training and in test."),
        "lost": (bool(both.any()), f"In the first draw {int(both[0].sum())} images are in neither part."),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def _shares(train: Tensor, inputs: Inputs) -> Found:
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
        "uneven": (any(_uneven(one, inputs["per_class"]) for one in classes), uneven),
        "same-again": (torch.equal(last, further), "Two calls with one generator, one after the other, draw the same."),
        "first": (all(bool(one[:, : inputs["per_class"]].all()) for one in classes), uneven),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def _uneven(chosen: Tensor, count: int) -> bool:
    """Whether the draws [draws, images] of so many images of one class are 6 standard deviations off."""
    draws, size = chosen.shape
    share = count / size
    apart = float((chosen.sum(dim=0) - draws * share).abs().max())
    return 0 < share < 1 and apart > 6 * (draws * share * (1 - share)) ** 0.5


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
        return f"Weights and shapes: expected {_some(missing)}, yours {_some(extra)}."
    if answer["changed"] != expected["changed"]:
        lost, kept = _without(answer["changed"], expected["changed"]), _without(expected["changed"], answer["changed"])
        return f"Values: {_some(lost)} should stay." if lost else f"Values: {_some(kept)} should be new."
    return ""


def _flags(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    for key, words in (("learning", "should require a gradient"), ("training", "should be in training mode")):
        missing, extra = _without(expected[key], answer[key]), _without(answer[key], expected[key])
        if missing or extra:
            return (
                f"{_some(missing)} {words}." if missing else f"{_some(extra)} {words.replace('should', 'should not')}."
            )
    return (
        "" if answer["type"] == expected["type"] else f"Expected weights of {expected['type']}, got {answer['type']}."
    )


def _passing(answer: dict[str, Any], expected: dict[str, Any]) -> str:
    if answer["outputs"] != expected["outputs"]:
        return f"Expected outputs of shape {expected['outputs']}, got {answer['outputs']}."
    if answer["softmax"]:
        return "What the model puts out is not what its last linear layer puts out."
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
        found = [*_movement(answer, expected), *_features(answer, expected)]
        symptom = f"{sorted(answer['moved'])} {answer['training']} {[name for name, _ in found]}"
        return Mismatch(found[0][1], symptom=symptom) if found else None

    return compare


def _movement(answer: dict[str, Any], expected: dict[str, Any]) -> Found:
    moved, still = _without(answer["moved"], expected["moved"]), _without(expected["moved"], answer["moved"])
    asleep = _without(expected["training"], answer["training"])
    told = {
        "moved": (moved, f"These should stand still and have moved: {_some(moved)}."),
        "still": (still, f"These should move in training and have not: {_some(still)}."),
        "asleep": (asleep, f"These should be in training mode and are not: {_some(asleep)}."),
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
        return f"In no group: {_some(lost)}."
    if extra := _without(flat, wanted):
        return f"In a group, though nothing there learns: {_some(extra)}."
    if len(flat) != len(wanted):
        return f"In two groups: {_some(sorted({name for name in flat if flat.count(name) > 1}))}."
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
