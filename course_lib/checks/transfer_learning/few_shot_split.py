"""Unit 01: what is asked of `few_shot_split`, whose draws are judged by a rule and not compared."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, judged_by
from course_lib.checks.kit.draws import begin_chance, uneven
from course_lib.checks.kit.refusals import holding, refusal, refused
from course_lib.checks.spec import Case, Check, Inputs
from course_lib.checks.transfer_learning.shared import Found
from course_lib.checks.transfer_learning.split_counterexamples import explain


def shots(sizes: tuple[int, ...], per_class: int, seeds: int = 100):
    """Labels of classes of these sizes, mixed; numbers with gaps, none of them 0. All draws are made `seeds` times."""

    def make(rng: Generator) -> Inputs:
        numbers = rng.permutation(range(2, 40))[: len(sizes)]
        labels = [int(number) for number, size in zip(numbers, sizes, strict=True) for _ in range(size)]
        mixed = torch.tensor(rng.permutation(labels).astype("int64"))
        return {"labels": mixed, "per_class": per_class, "seeds": seeds}

    return make


def shortage(rng: Generator) -> Inputs:
    """One of three classes has too few images, and never the one that comes first."""
    few, asked, number = int(rng.integers(3, 5)), int(rng.integers(6, 8)), int(rng.integers(1, 3))
    labels = [label for label in range(3) for _ in range(few if label == number else 9)]
    return {"labels": torch.tensor(rng.permutation(labels).astype("int64")), "per_class": asked}


def draw_splits(function: Callable, labels: Tensor, per_class: int, seeds: int) -> dict[str, Tensor]:
    """What few_shot_split draws with the seeds 0, 1, …, then once more with the last generator, and with seed 0 anew.

    Returns:
        "in_train" and "in_test" [seeds + 2, n]: how often each position is in each part of each draw (int8);
        "outside" [seeds + 2]: how many positions are none.
    """
    begin_chance(12345)
    rngs = [torch.Generator().manual_seed(seed) for seed in range(seeds)]
    rngs += [rngs[-1], torch.Generator().manual_seed(0)]
    times, outside = [], []
    for rng in rngs:
        parts = [torch.as_tensor(copy(part)).reshape(-1).long() for part in function(labels.clone(), per_class, rng)]
        valid = [part[(part >= 0) & (part < len(labels))] for part in parts]
        times.append([torch.bincount(part, minlength=len(labels)).to(torch.int8) for part in valid])
        outside.append(sum(map(len, parts)) - sum(map(len, valid)))
    in_train, in_test = (torch.stack(kind) for kind in zip(*times, strict=True))
    return {"in_train": in_train, "in_test": in_test, "outside": torch.tensor(outside)}


def short_class(function: Callable, labels: Tensor, per_class: int) -> str:
    """What becomes of a class with too few images."""
    numbers, sizes = labels.unique(return_counts=True)
    few = int(sizes.argmin())
    words = [str(int(numbers[few])), str(int(sizes[few]))]
    return refusal(lambda: function(labels, per_class, torch.Generator().manual_seed(0)), ValueError, holding(*words))


def labels_after(function: Callable, labels: Tensor, per_class: int, seeds: int) -> Tensor:
    """The labels, after a draw."""
    function(labels, per_class, torch.Generator().manual_seed(seeds))
    return labels


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
        "overlap": (bool(once.any()), f"In one draw {_most(once)} images are in training and in test."),
        f"lost {_most(both)}": (bool(both.any()), f"In one draw {_most(both)} images are in neither part."),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def _most(members: Tensor) -> int:
    """The largest number of members [draws, n] in one draw."""
    return int(members.sum(dim=1).max()) if len(members) else 0


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
    asked, draws, (last, further, again) = inputs["per_class"], train[:-2], train[-3:]
    classes = [draws[:, inputs["labels"] == label] > 0 for label in inputs["labels"].unique().tolist()]
    if all(asked >= one.shape[1] for one in classes):  # nothing to choose
        return []
    often = f"Over {len(draws)} seeds some images of a class come far more often than others."
    told = {
        "not-repeatable": (
            not torch.equal(draws[0], again),
            "The same generator state gives another draw: use `rng` for all chance.",
        ),
        "uneven": (any(uneven(one.sum(dim=0), len(one), asked / one.shape[1]) for one in classes), often),
        "same-again": (torch.equal(last, further), "Two calls with one generator, one after the other, draw the same."),
        "first": (all(bool(one[:, :asked].all()) for one in classes), often),
        "last": (all(bool(one[:, -asked:].all()) for one in classes), often),
    }
    return [(name, sentence) for name, (wrong, sentence) in told.items() if wrong]


def unequal(answer: dict[str, Tensor], expected: dict[str, Tensor], inputs: Inputs) -> str:
    """The classes get other shares than they should."""
    found = _shares(answer["in_train"], inputs)
    return "A large class gets no more images than a small one." if found else ""


def which_class(answer: str, expected: str, inputs: Inputs) -> str:
    """The error is there, but says nothing of the class."""
    return "Which class is it, and how many images does it have?" if answer == "nameless" else ""


CHECK = Check(
    "few_shot_split",
    points=4,
    compare=judged_by(valid_split),
    probe=draw_splits,
    explain=explain,
    cases=(
        Case("two classes of ten and twelve", "values", shots((10, 12), 3), draws=1),
        Case(
            "four classes of unequal size",
            "values",
            shots((7, 14, 5, 21), 4),
            hint=unequal,
            draws=1,
        ),
        Case("one image of each of six classes", "values", shots((3, 4, 5, 6, 7, 8), 1), draws=1),
        Case("a class of just enough images", "edge", shots((5, 9, 12), 5, seeds=60), draws=1, essential=True),
        Case("one class", "edge", shots((15,), 6, seeds=60), draws=1),
        Case("no images", "edge", shots((), 2, seeds=3), explain=False, draws=1),
        Case(
            "a class has too few images",
            "edge",
            shortage,
            refused("ValueError", nameless=True),
            short_class,
            explain=False,
            essential=True,
        ),
        Case(
            "the error says which class, and how many images it has",
            "edge",
            shortage,
            refused("ValueError", "the class or its size"),
            short_class,
            explain=False,
            hint=which_class,
            weight=0.5,
        ),
        Case(
            "leaves the labels alone", "unchanged", shots((6, 4), 2), exact(), labels_after, explain=False, weight=0.5
        ),
    ),
)
