"""Unit 08: what is asked of `noise_distribution`."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.pictures import number
from course_lib.checks.kit.refusals import refusal
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

SUM = "What is the sum of your probabilities?"
RATIO = "Their sum is 1. A word is 16 times as frequent as another one: how many times as likely should it be?"
NEVER = "One of these words never occurs. Which probability has it?"
EVEN = "At the power 0 all words that occur are equally likely. Which words are these?"
MOST = 8  # words in a picture


def words(count: int, power: float, most: int = 1000, never: int = 0):
    """Counts of so many words, unequal, from one to `most`; some others never occur."""

    def make(rng: Generator) -> Inputs:
        logarithms = rng.permutation(count) / max(1, count - 1)
        counts = [1 + int((most - 1) ** share) if share else 1 for share in logarithms.tolist()]
        mixed = rng.permutation(counts + [0] * never).tolist()
        return {"counts": torch.tensor(mixed, dtype=torch.long), "power": power}

    return make


def empty(count: int):
    """So many words, none of which occurs."""
    return lambda rng: {"counts": torch.zeros(count, dtype=torch.long), "power": 0.75}


def twice_the_text(function: Callable, counts: Tensor, power: float) -> list[Any]:
    """The probabilities, and those of a text that is read twice."""
    return [function(counts, power), function(2 * counts, power)]


def refused(function: Callable, counts: Tensor, power: float) -> str:
    """What becomes of an empty corpus."""
    return refusal(lambda: copy(function(counts, power)), ValueError, lambda message: True)


def an_error(answer: str, expected: str, inputs: Inputs) -> Mismatch | None:
    """A ValueError."""
    if answer == expected:
        return None
    came = "your function gave an answer" if answer == "accepted" else f"your function raised {answer}"
    return Mismatch(f"Expected a ValueError; {came}.", symptom=answer)


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Whether the sum is wrong, a word that never occurs, or the shares."""
    if not abs(float(answer.double().sum()) - 1) < 1e-3:
        return SUM
    return NEVER if answer[inputs["counts"] == 0].any() else RATIO


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The word that is furthest off; the first words' probabilities."""
    [place] = worst(answer, expected)
    counts = inputs["counts"]
    text = (
        f"{len(counts)} words, {int(counts.sum())} occurrences, power {inputs['power']:g}; "
        f"your probabilities sum to {number(float(answer.double().sum()))}\n"
        f"a word that occurs {int(counts[place])} times: expected {float(expected[place]):.4f}, "
        f"yours {float(answer[place]):.4f}"
    )
    shown = sorted({place, *range(min(MOST, len(counts)))})
    names = [f"{int(counts[i])} times, {whose}" for i in shown for whose in ("expected", "yours")]
    values = torch.stack([expected.double()[shown], answer.double()[shown]], dim=1).flatten().nan_to_num(0.0).tolist()
    colors = [EXPECTED, YOURS] * len(shown)
    return Counterexample(text, lambda: plots.bars(names, values, "probability", colors=colors, form="{:.3f}"))


CHECK = Check(
    "noise_distribution",
    points=3,
    compare=close(1e-4, 1e-6),
    hint=hint,
    explain=explain,
    cases=(
        Case("six words, power 0.75", "values", words(6, 0.75)),
        Case("power 0.5", "values", words(5, 0.5)),
        Case("power 1", "values", words(4, 1.0)),
        Case("forty words", "values", words(40, 0.75, most=90_000)),
        Case("a word that never occurs", "values", words(5, 0.75, never=2)),
        Case("a text that is read twice", "property", words(6, 0.75), probe=twice_the_text, hint=SUM, explain=False),
        Case("power 0", "edge", words(6, 0.0), hint=EVEN),
        Case("power 0, and a word that never occurs", "edge", words(5, 0.0, never=2), hint=EVEN, essential=True),
        Case("a word that occurs a billion times", "edge", words(4, 0.75, most=10**9)),
        Case("one word", "edge", words(1, 0.75)),
        Case(
            "an empty corpus: no word occurs",
            "edge",
            empty(4),
            an_error,
            refused,
            hint="What is the sum here, and what becomes of a division by it?",
            explain=False,
        ),
        Case(
            "an empty corpus: no word",
            "edge",
            empty(0),
            an_error,
            refused,
            hint="What is the sum of no numbers?",
            explain=False,
            weight=0.5,
        ),
        *styles(words(6, 0.75, never=1)),
    ),
)
