"""Unit 08: what is asked of `analogy`."""

from dataclasses import replace

from torch import Tensor

from course_lib.checks.embeddings import shared, tables
from course_lib.checks.embeddings.tables import Table, needs
from course_lib.checks.spec import Case, Check

STEP = "Take one question: where does the walk from a to b lead when it begins in c? Which direction is nearest to that?"


def cosines(unit: Tensor, rows: Tensor) -> Tensor:
    """Of each word with the place of arrival (3CosAdd)."""
    a, b, c = unit[rows]
    arrival = b - a + c
    return unit @ arrival / arrival.norm().clamp(min=1e-9)


SOME = Table(cosines)
FEW = replace(SOME, questions=3)

CHECK = Check(
    "analogy",
    points=3,
    compare=shared.same_words,
    probe=shared.answers,
    hint=STEP,
    explain=shared.explain_by(cosines, "cos(x, b - a + c)"),
    cases=(
        Case("eight questions", "values", SOME),
        Case("two dimensions", "values", replace(SOME, words=9, dimensions=2, questions=4), hint=shared.LENGTHS),
        Case("questions that b would win", "values", replace(SOME, questions=4, fits=needs(1)), hint=shared.CLOSE),
        Case("questions that c would win", "values", replace(SOME, questions=4, fits=needs(2)), hint=shared.CLOSE),
        Case("all words may be the answer", "values", replace(SOME, exclude=False), hint=shared.ALL_WORDS),
        Case("b and c exchanged", "property", SOME, probe=shared.exchanged, explain=False),
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
