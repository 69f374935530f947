"""Unit 08: what is asked of `analogy_mul`."""

from dataclasses import replace

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import normalize

from course_lib.checks.embeddings import shared, tables
from course_lib.checks.embeddings.analogy import cosines
from course_lib.checks.embeddings.tables import Fits, Table, differs, needs
from course_lib.checks.spec import Case, Check, Inputs

PARTS = "Take one word x: what are its three cosines, shifted? Which of them stand above the line, which below?"
NEGATIVE = "Here two cosines of a word are negative, and their product is not. What is the shift for?"
ADDED = "Adding the cosines gives another answer here. Which word is near to b and near to c?"
OPPOSITE = "One vector points away from a and from c. What is the score's lower part for it, what the upper one?"


def products(unit: Tensor, rows: Tensor, shift: float = 1.0, eps: float = 0.001) -> Tensor:
    """3CosMul of each word."""
    away, end, other = ((unit @ unit[rows].T + shift) / (1 + shift)).unbind(dim=1)
    return end * other / (away + eps)


def unshifted(unit: Tensor, rows: Tensor) -> Tensor:
    """With the cosines as they are."""
    return products(unit, rows, shift=0.0)


def also(*wanted: Fits) -> Fits:
    """All of these hold, and the best words are the same with gensim's 0.000001 in place of the paper's 0.001."""

    def fits(unit: Tensor, rows: Tensor, scores: Tensor) -> bool:
        gensim = products(unit, rows, eps=1e-6)
        best = min(4, len(unit))
        return torch.equal(scores.topk(best).indices, gensim.topk(best).indices) and all(
            one(unit, rows, scores) for one in wanted
        )

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


SOME = Table(products, margin=0.05, fits=also())
FEW = replace(SOME, questions=3)

CHECK = Check(
    "analogy_mul",
    points=3,
    compare=shared.same_words,
    probe=shared.answers,
    hint=PARTS,
    explain=shared.explain_by(products, "s(x, b) s(x, c) / (s(x, a) + 0.001)"),
    cases=(
        Case("eight questions", "values", SOME),
        Case("where adding errs", "values", replace(SOME, questions=4, fits=also(differs(cosines))), hint=ADDED),
        Case("negative cosines", "values", replace(SOME, questions=4, fits=also(differs(unshifted))), hint=NEGATIVE),
        Case(
            "questions that b would win", "values", replace(SOME, questions=4, fits=also(needs(1))), hint=shared.CLOSE
        ),
        Case(
            "questions that c would win", "values", replace(SOME, questions=4, fits=also(needs(2))), hint=shared.CLOSE
        ),
        Case("all words may be the answer", "values", replace(SOME, exclude=False), hint=shared.ALL_WORDS),
        Case("b and c exchanged", "property", SOME, probe=shared.exchanged, explain=False),
        Case(
            "a vector opposite to a and to c", "edge", opposite(replace(SOME, fits=None)), hint=OPPOSITE, essential=True
        ),
        Case("a, b and c near together", "edge", tables.near_together(replace(FEW, words=12)), hint=shared.CLOSE),
        Case("one word is left", "edge", replace(SOME, words=4, questions=4), hint=shared.CLOSE),
        Case("one word twice", "edge", tables.twice(FEW), hint=shared.SAME),
        Case("a vector of zeros", "edge", tables.with_zero(FEW, asked=False), hint=shared.ZERO),
        Case("a vector of zeros in the question", "edge", tables.with_zero(FEW, asked=True), hint=shared.ZERO),
        Case(
            "a word without a vector",
            "edge",
            tables.mistyped,
            shared.near_spelling,
            shared.refusals,
            hint=shared.UNKNOWN,
            explain=False,
        ),
        *shared.word_styles(FEW),
    ),
)
