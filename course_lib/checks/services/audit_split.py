"""Unit 09: what is asked of `audit_split`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import close, like
from course_lib.checks.kit.numbers import until
from course_lib.checks.kit.pictures import number, numbered
from course_lib.checks.kit.refusals import became, refused
from course_lib.checks.kit.styles import styles
from course_lib.checks.services.alike import (
    APART,
    BELOW,
    BOUND,
    BY_HAND,
    NOTHING,
    OTHERS,
    READY_MADE,
    ZERO,
    clear,
    cosines,
    of_any_length,
    shuffled,
    signs,
    told,
    with_zero_rows,
)
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

WHOSE = "Numbers of which pictures are listed here, of training or test ones? Which of them will have to be left out?"
NEAREST = "Take a leaked picture: to which training picture is it most similar, not only similar enough?"
SHARE = "Count by hand: how many test pictures have leaked, and of how many?"
NEGATIVE = "A similarity below 0 may reach this threshold. With which number does your search for the best one begin?"
EMPTY = "Of how many pictures is it the share here?"
PARTS = ("train", "test")
SAME = 1e-3  # partners so much less similar than the best are as good


@dataclass(frozen=True)
class Split:
    """Training and test pictures, of which four have leaked; in random order.

    Three training pictures are copies of one that is in the test set as well. One training picture has two copies
    there. One test picture is a copy of a single one. Besides, two test pictures are copies of each other, two training
    pictures are, too, and one test picture is the opposite of a training picture.

    Attributes:
        train, test: pictures besides those. size: numbers of each. threshold: of the question.
    """

    train: int
    test: int
    size: int
    threshold: float = 0.75

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, self._telling)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        a, b, c, d, e, opposite = rng.normal(size=(6, self.size))
        train = [a, a, a, b, c, e, e, opposite, *rng.normal(size=(self.train, self.size))]
        test = [a, b, b, c, d, d, -opposite, *rng.normal(size=(self.test, self.size))]
        rows = (np.array(part) + 0.28 * rng.normal(size=(len(part), self.size)) for part in (train, test))
        train, test = (shuffled(rng, of_any_length(rng, part)) for part in rows)
        return {"train": train, "test": test, "threshold": self.threshold}

    def _telling(self, inputs: Inputs) -> bool:
        """Whether four have leaked, each with one best partner, and every other measure finds others.

        Of three that are similar enough the best is neither the first nor the last.
        """
        train, test, threshold = inputs.values()
        if not (train.any(dim=1).all() and test.any(dim=1).all()):
            return False
        similarities = cosines(test, train)
        best = similarities.topk(2, dim=1).values
        leaked = best[:, 0] >= threshold
        several = (similarities >= threshold).sum(dim=1) == 3
        alike = (similarities[several] >= threshold).nonzero()[:, 1].tolist()
        middle = len(alike) == 3 and int(similarities[several].argmax()) == alike[1]
        return (
            clear(similarities, threshold)
            and int(leaked.sum()) == 4
            and bool((best[leaked][:, 0] - best[leaked][:, 1] > APART).all())
            and middle
            and bool(leaked[0] and leaked[-1])
            and sorted(_partners(similarities, leaked)) != _partners(similarities, leaked)
            and all(not torch.equal(leaked, rule(test, train).amax(dim=1) >= threshold) for rule in OTHERS)
        )


SOME = Split(1, 2, 8)


def _partners(similarities: Tensor, leaked: Tensor) -> list[int]:
    return similarities[leaked].argmax(dim=1).tolist()


def exactly(threshold: float, changes: list[int]):
    """Test pictures on the threshold, above and below it (or just below), of one training picture and others."""

    def make(rng: Generator) -> Inputs:
        rows = signs(rng, changes, 4)
        return {"train": torch.cat([rows[:1], rows[-4:]]), "test": rows[1:-4], "threshold": threshold}

    return make


def below_zero(rng: Generator) -> Inputs:
    """All similarities are below 0, and the threshold is as well; some lie exactly on it."""
    rows = signs(rng, [0, 14, 12, 11, 13, 12, 10], 0)
    return {"train": rows[:2], "test": rows[2:], "threshold": -0.5}


def equal_partners(rng: Generator) -> Inputs:
    """A test picture is exactly as similar to three training pictures: any of them is its partner."""
    rows = signs(rng, [0, 0, 0, 2], 3)
    return {"train": rows[[5, 0, 1, 6, 2]], "test": rows[[7, 3, 4]], "threshold": 0.7}


def whole(leaked: bool):
    """Every test picture has leaked, or none: those at right angles."""

    def make(rng: Generator) -> Inputs:
        rows = of_any_length(rng, np.eye(7)[rng.permutation(7)])
        test = 2 * rows[torch.as_tensor(rng.permutation(4))] if leaked else rows[4:]
        return {"train": rows[:4], "test": test, "threshold": 0.5}

    return make


def lacking(name: str, rows: int = 0, others: Callable[[Generator], Inputs] = SOME):
    """No training or test picture, or a single one."""

    return lambda rng: (inputs := others(rng)) | {name: inputs[name][:rows]}


def reordered(function: Callable, train: Tensor, test: Tensor, threshold: float) -> Any:
    """Both parts in the other order and short; which have leaked under their old numbers, and the share."""
    leaked, partners, share = copy(function(train.flip(0) / 256, test.flip(0) / 128, threshold))
    leaked, partners = (torch.as_tensor(part).flip(0) for part in (leaked, partners))
    return len(test) - 1 - leaked, len(train) - 1 - partners, share


def audited(answer: Any, expected: Any, inputs: Inputs) -> Mismatch | None:
    """The leaked pictures in rising order, their partners (any that is as similar as the best), and the share."""
    wrong = like(answer, expected, any_length=True)
    if wrong:
        return wrong
    (leaked, partners, share), (right, right_partners, right_share) = answer, expected
    if leaked.tolist() != right.tolist():
        return Mismatch(f"Expected the leaked test pictures {right.tolist()}, got {leaked.tolist()}.")
    if len(partners) != len(right_partners):
        return Mismatch(f"Expected {len(right_partners)} partners, one for each leaked picture, got {len(partners)}.")
    if partners.tolist() != right_partners.tolist() and (row := _lesser(answer, inputs)) is not None:
        return Mismatch(f"Picture {int(leaked[row])} of the test is more similar to another one than {partners[row]}.")
    return close(1e-4, 1e-6)(share, right_share, inputs)


def _lesser(answer: Any, inputs: Inputs) -> int | None:
    """The first row whose partner is less similar than the best one, or no training picture."""
    similarities = cosines(inputs["test"], inputs["train"])
    for row, (picture, partner) in enumerate(zip(answer[0].tolist(), answer[1].tolist(), strict=True)):
        known = 0 <= partner < len(inputs["train"])
        if not known or similarities[picture].max() - similarities[picture, partner] > SAME:
            return row
    return None


def hint(answer: Any, expected: Any, inputs: Inputs) -> str:
    """By the first part that is wrong."""
    if answer[0].tolist() != expected[0].tolist():
        outside = any(not 0 <= picture < len(inputs["test"]) for picture in answer[0].tolist())
        return WHOSE if outside else BY_HAND
    return SHARE if len(answer[1]) == len(answer[0]) and _lesser(answer, inputs) is None else NEAREST


def nearest(similarities: Tensor) -> list[int]:
    """The places of the largest similarity, or of those that rounding alone makes smaller."""
    return (similarities >= similarities.max() - 1e-4).nonzero()[:, 0].tolist()


def explain(inputs: Inputs, answer: Any, expected: Any) -> Counterexample:
    """The first test picture that is judged otherwise, or has another partner; with its nearest training picture."""
    train, test, threshold = inputs.values()
    similarities = cosines(test, train)
    mine, theirs = answer[0].tolist(), expected[0].tolist()
    shares = f"share expected {number(float(expected[2]))}, yours {number(float(answer[2]))}"
    counts = f"leaked: expected {theirs}, yours {mine}; {shares}"
    partners = dict(zip(mine, answer[1].tolist(), strict=False))
    others = [i for i in theirs if partners.get(i) not in nearest(similarities[i])]
    apart = sorted(set(mine) ^ set(theirs)) or others or theirs
    picture = apart[0]
    if not 0 <= picture < len(test):
        return Counterexample(f"{counts}\nthere are test pictures 0 to {len(test) - 1} only")
    partner = int(similarities[picture].argmax())
    text = (
        f"{counts}\n{told(f'test {picture}', test[picture])}\nmost similar: {told(f'train {partner}', train[partner])}"
        f"\nsimilarity {float(similarities[picture, partner]):.3f}, threshold {threshold:g}"
    )
    if picture in mine:
        text += f"\nyour partner for it: train {partners.get(picture, 'missing')}"

    def draw():
        title = "test pictures (rows) with training pictures (columns)"
        return numbered([similarities], [(picture, partner, 1, 1)], [title], right=similarities)

    return Counterexample(text, draw)


def bad(name: str, make_inputs: Callable[[Generator], Inputs], question: str) -> Case:
    """What a ValueError should refuse."""
    return Case(name, "edge", make_inputs, refused("ValueError", aside=True), became, hint=question, explain=False)


CHECK = Check(
    "audit_split",
    points=5,
    compare=audited,
    hint=hint,
    explain=explain,
    forbids=READY_MADE,
    cases=(
        Case("a test set of nine pictures", "values", SOME),
        Case("more training pictures", "values", Split(6, 1, 12, threshold=0.8125)),
        Case("features of 48 numbers", "values", Split(3, 6, 48, threshold=0.5)),
        Case("in another order, shorter", "property", SOME, probe=reordered, hint=False, explain=False),
        Case("similarities of exactly the threshold", "edge", exactly(0.75, [3, 2, 1, 2, 3]), hint=BOUND),
        Case("similarities 1 / 256 below it", "edge", exactly(0.75 + 1 / 256, [2, 1, 2, 3]), hint=BELOW),
        Case("a threshold below 0", "edge", below_zero, hint=NEGATIVE),
        Case("three equally similar partners", "edge", equal_partners),
        Case("all have leaked", "edge", whole(True)),
        Case("none has leaked", "edge", whole(False), hint=NOTHING, explain=False),
        Case("one test picture", "edge", lacking("test", 1)),
        Case("no training picture", "edge", lacking("train"), hint=NOTHING, explain=False),
        bad("no test picture", lacking("test"), EMPTY),
        bad("no picture at all", lacking("train", others=lacking("test")), EMPTY),
        *(bad(f"a row of zeros, {part}", with_zero_rows(SOME, part), ZERO) for part in PARTS),
        *(bad(f"zeros first and last, {part}", with_zero_rows(SOME, part, ends=True), ZERO) for part in PARTS),
        bad("no training picture, a row of zeros", lacking("train", others=with_zero_rows(SOME, "test")), ZERO),
        *styles(SOME),
    ),
)
