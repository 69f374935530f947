"""Unit 09: what is asked of `clean_accuracy`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import close
from course_lib.checks.kit.numbers import until
from course_lib.checks.kit.pictures import number, numbered
from course_lib.checks.kit.refusals import became, refused
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

MOST = 12  # pictures in a text
LEFT_OUT = "Write the pictures in a row and cross out those that have leaked. What is left above and below the bar?"
PLACES = "Are the leaked ones numbers of pictures or of classes? And in which order may they come?"
NOTHING = "Nothing has leaked: which accuracy is it then?"
NONE_LEFT = "What is the share of no pictures?"


@dataclass(frozen=True)
class Predicted:
    """Predictions for n test pictures, of which some have leaked.

    Attributes:
        n, classes, leaked: how many.
    """

    n: int
    classes: int
    leaked: int

    def __call__(self, rng: Generator) -> Inputs:
        return until(self._drawn, telling)(rng)

    def _drawn(self, rng: Generator) -> Inputs:
        labels = rng.integers(0, self.classes, self.n)
        leaked = rng.choice(self.n, self.leaked, replace=False)
        right = rng.random(self.n) < 0.6
        right[leaked] = rng.random(self.leaked) < 0.8
        other = (labels + rng.integers(1, self.classes, self.n)) % self.classes
        parts = {"predictions": np.where(right, labels, other), "labels": labels, "leaked": leaked}
        return {name: torch.as_tensor(part) for name, part in parts.items()}


def telling(inputs: Inputs) -> bool:
    """Whether whoever leaves out others, or counts otherwise, gets another number."""
    right = inputs["predictions"] == inputs["labels"]
    clean = kept(inputs)
    share = float(right[clean].double().mean())
    others = list(otherwise(inputs, right, clean))
    return 0 < share < 1 and min(abs(share - other) for other in others) > 1e-3


def kept(inputs: Inputs) -> Tensor:
    """Which pictures have not leaked."""
    clean = torch.ones(len(inputs["labels"]), dtype=torch.bool)
    clean[inputs["leaked"]] = False
    return clean


def otherwise(inputs: Inputs, right: Tensor, clean: Tensor) -> Iterator[float]:
    """What other rules give; where they cannot differ they are left out."""
    predictions, labels, leaked = inputs.values()
    whole, left = float(right.double().mean()), int(clean.sum())
    yield from (whole, float(right[~clean].double().mean()), int(right[clean].sum()) / len(right))
    yield whole - len(leaked) / len(right)
    yield 1 - float(right[clean].double().mean())
    yield (int(right[clean].sum()) + len(leaked)) / len(right)
    yield (int(right.sum()) - len(leaked)) / left
    yield float((predictions[clean] == labels[:left]).double().mean())
    yield float((predictions[:left] == labels[clean]).double().mean())
    yield float(right[~leaked].double().mean())
    for part in (right[len(leaked) :], right[:left], right[1:][clean[1:]], right[:-1][clean[:-1]]):
        yield float(part.double().mean())
    for place in (0, -1):  # one leaked picture is forgotten
        more = clean.clone()
        more[leaked[place]] = True
        yield float(right[more].double().mean())
    by_class = ~torch.isin(labels, leaked)
    if by_class.any():
        yield float(right[by_class].double().mean())


def nothing_leaked(rng: Generator) -> Inputs:
    """All pictures are clean."""
    inputs = Predicted(9, 3, 3)(rng)
    return inputs | {"leaked": inputs["leaked"][:0]}


def one_left(right: bool):
    """All but one have leaked; the last one is predicted rightly, or wrongly."""

    def make(rng: Generator) -> Inputs:
        inputs = Predicted(6, 3, 5)._drawn(rng)
        picture = int(kept(inputs).nonzero()[0, 0])
        inputs["predictions"][picture] = (inputs["labels"][picture] + (not right)) % 3
        return inputs

    return make


def all_leaked(rng: Generator) -> Inputs:
    """No picture is left."""
    inputs = Predicted(6, 3, 3)._drawn(rng)
    return inputs | {"leaked": torch.as_tensor(rng.permutation(6))}


def no_picture(rng: Generator) -> Inputs:
    """A test set without pictures."""
    return {name: part[:0] for name, part in Predicted(6, 3, 3)._drawn(rng).items()}


def reordered(function: Callable, predictions: Tensor, labels: Tensor, leaked: Tensor) -> list[float]:
    """The test set in the other order; the leaked numbers in rising order; classes under other numbers."""
    found = [
        function(predictions.flip(0), labels.flip(0), len(labels) - 1 - leaked),
        function(predictions, labels, leaked.sort().values),
        function(7 - 2 * predictions, 7 - 2 * labels, leaked),
    ]
    return [float(copy(one)) for one in found]


def explain(inputs: Inputs, answer: float, expected: float) -> Counterexample:
    """Each picture with its prediction, its label, and whether it counts."""
    clean, right = kept(inputs), inputs["predictions"] == inputs["labels"]
    words = [f"{i} {'right' if right[i] else 'wrong'}" for i in clean.nonzero()[:MOST, 0].tolist()]
    more = ", …" if int(clean.sum()) > MOST else ""
    text = (
        f"leaked: {inputs['leaked'].tolist()}; of {len(clean)} pictures {int(clean.sum())} are left\n"
        f"{', '.join(words)}{more}: {int(right[clean].sum())} of {int(clean.sum())}\n"
        f"expected {number(float(expected))}, yours {number(float(answer))}"
    )
    return Counterexample(text, partial(_table, inputs, clean))


def _table(inputs: Inputs, clean: Tensor):
    """Predictions, labels, and 1 below each picture that counts."""
    table = torch.stack([inputs["predictions"], inputs["labels"], clean.long()]).double()
    ax = numbered([table], [None], ["the test set"], right=table)
    ax.axis("on")
    ax.set_yticks([0.5, 1.5, 2.5], ["predicted", "label", "counts"])
    ax.set_xticks([])
    return ax


def bad(name: str, make_inputs: Callable[[Generator], Inputs]) -> Case:
    """What a ValueError should refuse."""
    compare = refused("ValueError", aside=True)
    return Case(name, "edge", make_inputs, compare, became, hint=NONE_LEFT, explain=False)


SOME = Predicted(9, 4, 3)
CHECK = Check(
    "clean_accuracy",
    points=3,
    compare=close(1e-4, 1e-6),
    hint=LEFT_OUT,
    explain=explain,
    forbids=("torchmetrics", "sklearn", "course_lib.metrics", "course_lib.explorers"),
    cases=(
        Case("nine pictures, three have leaked", "values", SOME),
        Case("more classes, half has leaked", "values", Predicted(14, 9, 7), hint=PLACES),
        Case("sixty pictures", "values", Predicted(60, 5, 21)),
        Case("in another order", "property", SOME, probe=reordered, hint=False, explain=False),
        Case("nothing has leaked", "edge", nothing_leaked, hint=NOTHING),
        Case("one picture is left, and right", "edge", one_left(True)),
        Case("one picture is left, and wrong", "edge", one_left(False)),
        bad("all have leaked", all_leaked),
        bad("no picture", no_picture),
        *styles(SOME),
    ),
)
