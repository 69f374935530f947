"""Unit 07: what is asked of `PKSampler`, whose batches are judged by a rule and not compared."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import exact, judged_by
from course_lib.checks.faces.passes import STANDS, others, passes, stands_elsewhere
from course_lib.checks.faces.shared import aside
from course_lib.checks.kit.draws import uneven
from course_lib.checks.kit.hints import COPY
from course_lib.checks.kit.refusals import holding, names, refusal
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

HOW_MANY = "How many batches does the docstring ask for in one pass? Does your loop end there?"
POSITIONS = "A position says where an image stands in `labels`, a label who is on it. Which of them are your numbers?"
COMPOSED = "Draw the people first, then images of each of them. Which of your numbers are P and K?"
CARDS = "Drawing cards and rolling dice differ: which of them never gives the same one twice?"
ALL_COME = "Deal all of this person's images before you deal one of them again."
ANEW = "Where in your class is the chance: in what runs once, at each pass, or for each batch?"
FAIR = "Whom do you draw from: a list in which everybody stands once, or one in which everybody stands once per image?"
MANY, FEW = 200, 40  # seeds; after few of them nobody asks whether everybody comes equally often
TOO_FEW = "Four different people cannot be drawn from three. Whoever asked for them should learn of it at once."


@dataclass(frozen=True)
class People:
    """People with so many images each, in random order.

    Attributes:
        counts: images of each. P, K: of a batch. first: the smallest label; from there every third number is a label.
    """

    counts: tuple[int, ...]
    P: int
    K: int
    first: int = 100
    dtype: torch.dtype = torch.int64
    seeds: int = MANY

    def __call__(self, rng: Generator) -> Inputs:
        counts = [int(count) for count in rng.permutation(self.counts)]
        labels = torch.tensor([self.first + 3 * who for who, count in enumerate(counts) for _ in range(count)])
        labels = labels[torch.as_tensor(rng.permutation(len(labels)))].to(self.dtype)
        return {"labels": labels, "P": self.P, "K": self.K, "seeds": self.seeds}


def draw_passes(sampler: Callable, labels: Tensor, P: int, K: int, seeds: int) -> dict[str, Any]:
    """What a PKSampler gives under many seeds; see `passes`."""
    return passes(lambda rng: sampler(labels.clone(), P, K, rng), labels, K, 2 * _batches(labels, P, K) + 2, seeds)


def _batches(labels: Tensor, P: int, K: int) -> int:
    """In one pass."""
    return max(1, len(labels) // (P * K))


def too_few(sampler: Callable, labels: Tensor, P: int, K: int, seeds: int) -> str:
    """What becomes of fewer people than P."""

    def act() -> None:
        made = sampler(labels, P, K, torch.Generator().manual_seed(seeds))
        next(iter(made))

    return refusal(act, ValueError, holding(str(P), str(len(labels.unique()))))


def labels_after(sampler: Callable, labels: Tensor, P: int, K: int, seeds: int) -> Tensor:
    """The labels, after a pass."""
    for _ in zip(range(3), sampler(labels, P, K, torch.Generator().manual_seed(seeds)), strict=False):
        pass
    return labels


def valid(answer: Any, inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the batches of `draw_passes`: all symptoms, and the sentence on the first."""
    found = [*_counts(answer, inputs), *_members(answer, inputs), *_chance(answer, inputs)]
    return (" ".join(name for name, _ in found), found[0][1]) if found else None


def _counts(answer: Any, inputs: Inputs) -> Iterator[tuple[str, str]]:
    """How many batches there are, how large they are, and whether they hold positions."""
    labels, P, K = inputs["labels"], inputs["P"], inputs["K"]
    wanted = _batches(labels, P, K)
    asked = f"n is {len(labels)}, P * K is {P * K}: expected {wanted} in one pass"
    if answer["length"].tolist() != [wanted]:
        yield f"length-{answer['length'].tolist()}", f"{asked}, `len` says {_listed(answer['length'])}."
    if answer["batches"].tolist() != [wanted]:
        yield f"batches-{answer['batches'].tolist()}", f"{asked}, `for` gives {_listed(answer['batches'])} batches."
    if answer["outside"]:
        yield "outside", f"Expected positions from 0 to {len(labels) - 1}, got others."
    if answer["sizes"].tolist() != [P * K]:
        yield "sizes", f"Expected batches of P * K = {P * K} positions, got {_listed(answer['sizes'])}."


def _listed(numbers: Tensor) -> str:
    """The numbers that occurred: "3", or "0 to 3"."""
    found = numbers.tolist()
    return " to ".join(str(number) for number in dict.fromkeys([*found[:1], *found[-1:]])) or "none"


def _members(answer: Any, inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Whether the batches are composed as they should be."""
    P, K = inputs["P"], inputs["K"]
    if answer["people"].tolist() != [P]:
        yield "people", f"Expected {P} different people in a batch, got {_listed(answer['people'])}."
    if answer["images"].tolist() != [K]:
        yield "images", f"Expected {K} images of each person in a batch, got {_listed(answer['images'])}."
    if answer["repeats"]:
        yield "repeats", f"Someone with at least K = {K} images has one of them twice in a batch."
    if answer["missing"]:
        yield "missing", f"Someone with fewer than K = {K} images has not all of them in a batch."


def _chance(answer: Any, inputs: Inputs) -> Iterator[tuple[str, str]]:
    """Whether the generator decides, and everybody comes equally often."""
    labels, P, K, total = inputs["labels"], inputs["P"], inputs["K"], answer["total"]
    _, whose, counts = labels.long().unique(return_inverse=True, return_counts=True)
    if len(answer["times of people"]) != len(counts) or len(answer["times of images"]) != len(labels):
        yield "form", "Expected lists of positions."
        return
    if len(counts) > P or bool((counts > K).any()):  # there is something to choose
        if answer["alike"]:
            yield "alike", "All batches of a pass are the same."
            return
        if len(counts) > P and answer["same people"]:
            yield "same-people", "All batches of a pass show the same people."
            return
        if answer["same"]:
            yield "same", "Two passes over one sampler give the same batches."
        if not answer["repeatable"]:
            yield "not-repeatable", "An equal generator gives other batches: use `rng` for all chance."
    if inputs["seeds"] < MANY:
        yield from _never(answer, inputs, P / len(counts))
        return
    if uneven(answer["times of people"], total, P / len(counts)):
        yield "uneven-people", f"In {total} batches some people come far more often than others."
    times = [answer["times of images"][whose == who] for who in range(len(counts))]
    if any(
        uneven(own, total, float(own.double().mean()) / max(1, total)) for own in times
    ):  # whoever repeats may be even
        yield "uneven-images", f"In {total} batches some images of a person come far more often than others of theirs."


def _never(answer: Any, inputs: Inputs, share: float) -> Iterator[tuple[str, str]]:
    """Whether somebody does not come in any of a few passes; by chance that happens once in a billion times."""
    passes = 2 * inputs["seeds"]
    if bool((answer["times of people"] == 0).any()) and (1 - share) ** passes < 1e-9:
        yield "uneven-people", f"In {answer['total']} batches somebody never comes."


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """The first thing to mend."""
    wrong = (valid(answer, inputs) or ("", ""))[0].split(" ")
    told = {"length": HOW_MANY, "batches": HOW_MANY, "outside": POSITIONS, "people": COMPOSED, "repeats": CARDS}
    told |= {"missing": ALL_COME, "sizes": COMPOSED, "images": COMPOSED, "uneven-people": FAIR, "uneven-images": CARDS}
    told |= dict.fromkeys(("alike", "same", "not-repeatable"), ANEW)
    return next((told[name] for full in wrong for name in told if full.startswith(name)), "")


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """A batch and who is on its images; how often everybody came."""
    labels, P, K = inputs["labels"].long(), inputs["P"], inputs["K"]
    people, counts = labels.unique(return_counts=True)
    first = answer["first"].tolist()
    who = [int(labels[i]) if 0 <= i < len(labels) else "nobody" for i in first]
    text = (
        f"P {P}, K {K}; images of each person: {dict(zip(people.tolist(), counts.tolist(), strict=True))}\n"
        f"your first batch: {first}\n"
        f"who is on these images: {who}; expected {P} people, each {K} times"
    )

    def draw():
        share = answer["total"] * P / len(people)
        bars = [f"person {who}, {count} images" for who, count in zip(people.tolist(), counts.tolist(), strict=True)]
        colors = [EXPECTED] + [YOURS] * len(people)
        title = f"in how many of your {answer['total']} batches"
        times = answer["times of people"].tolist()
        return plots.bars(["each, expected about", *bars], [share, *times], title, colors=colors, form="{:.0f}")

    return Counterexample(text, draw)


CHECK = Check(
    "PKSampler",
    points=4,
    compare=judged_by(valid),
    probe=draw_passes,
    draws=1,
    hint=hint,
    explain=explain,
    forbids=("pytorch_metric_learning",),
    cases=(
        Case("six people, more images than K", "values", People((7, 7, 7, 8, 8, 8), 3, 4)),
        Case("everybody in each batch", "values", People((6, 5, 7, 6), 4, 2, seeds=FEW)),
        Case("K images of each person", "values", People((3, 3, 3, 3, 3, 3, 3), 2, 3, seeds=FEW)),
        Case("unequally many images", "values", People((3, 3, 4, 9, 14), 2, 2)),
        Case("people with fewer than K images", "edge", People((1, 2, 3, 6, 7, 8), 3, 4), essential=True),
        Case("one image of each person", "edge", People((1,) * 9, 3, 2, seeds=FEW)),
        Case("one person per batch", "edge", People((5, 5, 5), 1, 3, seeds=FEW)),
        Case("fewer images than a batch has places", "edge", People((2, 3, 1), 3, 3, seeds=FEW)),
        Case("single images", "edge", People((3, 4, 5, 2), 3, 1, seeds=FEW)),
        Case("labels below 0, 32 bits", "edge", People((5, 5, 5, 5), 2, 2, first=-9, dtype=torch.int32, seeds=FEW)),
        Case(
            "labels of 8 bits without a sign",
            "edge",
            People((5, 5, 5, 5), 2, 2, first=200, dtype=torch.uint8, seeds=FEW),
        ),
        Case(
            "a generator that was used before",
            "edge",
            People((5, 5, 5, 5), 2, 2, seeds=FEW),
            others,
            stands_elsewhere,
            hint=STANDS,
            explain=False,
            essential=True,
        ),
        Case(
            "fewer people than P",
            "edge",
            People((3, 4, 5), 4, 2),
            aside(names("P and how many people there are")),
            too_few,
            hint=TOO_FEW,
            explain=False,
        ),
        Case(
            "leaves the labels alone",
            "unchanged",
            People((3, 4, 5), 2, 2),
            exact(),
            labels_after,
            hint=COPY,
            explain=False,
            weight=0.5,
        ),
    ),
)
