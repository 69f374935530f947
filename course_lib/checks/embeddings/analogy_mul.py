"""Unit 08: what is asked of `analogy_mul`."""

from dataclasses import replace
from functools import partial

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import normalize

from course_lib.checks.embeddings import shared
from course_lib.checks.embeddings.analogy import cosines
from course_lib.checks.embeddings.tables import Fits, Table, a_loses, best_three, differs, needs, tried
from course_lib.checks.spec import Case, Check, Inputs

PARTS = "Take one word x: what are its three cosines, shifted? Which of them stand above the line, which below?"
AWAY = "One vector points away from a. How large is its score, and may it be below 0?"
OPPOSITE = "One vector points away from a and from c. What is the score's lower part for it, what the upper one?"


def products(unit: Tensor, rows: Tensor, shift: float = 1.0, eps: float = 0.001, power: float = 1.0) -> Tensor:
    """3CosMul of each word."""
    away, end, other = ((unit @ unit[rows].T + shift) / (1 + shift)).unbind(dim=1)
    return (end * other) ** power / (away**power + eps**power)


def unshifted(unit: Tensor, rows: Tensor) -> Tensor:
    """With the cosines as they are."""
    return products(unit, rows, shift=0.0)


def subtracted(unit: Tensor, rows: Tensor) -> Tensor:
    """The nearness to a subtracted, not divided by."""
    away, end, other = ((unit @ unit[rows].T + 1) / 2).unbind(dim=1)
    return end * other - away


def _same_best(one: Tensor, other: Tensor) -> bool:
    """Whether the four best words are the same, in one order."""
    best = min(4, len(one))
    return torch.equal(one.topk(best).indices, other.topk(best).indices)


def robust(*wanted: Fits) -> Fits:
    """All of these hold, and nothing hangs on the small number below the line.

    The best words are the same with gensim's 0.000001 in place of the paper's 0.001, and of squares; those of cosines
    that are not shifted are the same with 0.002, and those of a product of all three with and without 0.001.
    """

    def fits(unit: Tensor, rows: Tensor, scores: Tensor) -> bool:
        squares = products(unit, rows, eps=0.0316, power=2.0)  # the square of 0.0316 is 0.001
        alike = ((scores, products(unit, rows, eps=1e-6)), (scores, squares))
        alike += ((unshifted(unit, rows), products(unit, rows, shift=0.0, eps=0.002)),)
        away, end, other = ((unit @ unit[rows].T + 1) / 2).unbind(dim=1)
        alike += ((away * end * other, (away + 0.001) * end * other),)
        return all(_same_best(*pair) for pair in alike) and all(one(unit, rows, scores) for one in wanted)

    return fits


def opposite(table: Table):
    """Questions whose a and c have one direction; another word has the opposite one, exactly."""

    def make(rng: Generator) -> Inputs:
        while True:
            inputs = table(rng)
            a, c, away = rng.permutation(table.words)[:3].tolist()
            axis = int(rng.integers(table.dimensions))
            inputs["table"][[a, c, away]] = 0.0
            inputs["table"][[a, c, away], axis] = torch.tensor([2.0, 0.5, -4.0])
            unit = normalize(inputs["table"].double(), dim=1)
            others = [row for row in range(table.words) if row not in (a, c, away)]
            clear = [b for b in others if table.clear(unit, torch.tensor([a, b, c]))]
            if len(clear) >= 2:
                words = inputs["words"]
                return inputs | {"asked": [[words[a], words[b], words[c]] for b in clear[:2]]}

    return make


def hint(answer: list[str], expected: list[str], inputs: Inputs) -> str:
    """Words of the question, or the parts of the score."""
    return shared.hint(answer, expected, inputs) or PARTS


def away_from_a(table: Table):
    """Questions in whose table a vector points exactly away from a: it is the answer, by far."""

    def make(rng: Generator) -> Inputs:
        while True:
            inputs = table(rng)
            words = inputs["words"]
            a, away = rng.permutation(table.words)[:2].tolist()
            inputs["table"][[a, away]] = 0.0
            inputs["table"][[a, away], int(rng.integers(table.dimensions))] = torch.tensor([2.0, -4.0])
            unit = normalize(inputs["table"].double(), dim=1)

            def pick(rows: list[int], first: int = a, taken: tuple[int, int] = (a, away)) -> list[int]:
                return [first, *[row for row in rows if row not in taken][:2]]

            found = tried(rng, words, 2, partial(table.clear, unit), pick)
            if found and all(_answer(unit, words, question) == away for question in found):
                return inputs | {"asked": found}

    return make


def _answer(unit: Tensor, words: list[str], question: list[str]) -> int:
    rows = torch.tensor([words.index(word) for word in question])
    return int(products(unit, rows).index_fill(0, rows, -torch.inf).argmax())


SOME = Table(products, margin=0.05, kinds=(robust(a_loses),))
KINDS = (robust(needs(1)), robust(needs(2)), *(robust(differs(rule), a_loses) for rule in (cosines, unshifted)))
MIXED = replace(SOME, words=16, kinds=KINDS)

FREE = replace(SOME, questions=8, exclude=False, kinds=(robust(a_loses), robust(differs(subtracted, exclude=False))))

CHECK = Check(
    "analogy_mul",
    points=3,
    forbids=("gensim", "course_lib.explorers"),
    compare=shared.same_words,
    probe=shared.answers,
    hint=hint,
    explain=shared.explain_by(products, "s(x, b) s(x, c) / (s(x, a) + 0.001)"),
    cases=(
        Case("sixteen questions", "values", MIXED, weight=2.0),
        Case("all words may be the answer", "values", FREE, weight=2.0),
        Case("b and c exchanged", "property", SOME, probe=shared.exchanged, explain=False),
        Case("a vector opposite to a and to c", "edge", opposite(SOME), hint=OPPOSITE, essential=True),
        Case("a vector opposite to a alone", "edge", away_from_a(SOME), hint=AWAY),
        *shared.edges(SOME, robust(best_three)),
        *shared.word_styles(SOME),
    ),
)
