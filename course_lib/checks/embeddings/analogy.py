"""Unit 08: what is asked of `analogy`."""

from dataclasses import replace

from torch import Tensor

from course_lib.checks.embeddings import shared
from course_lib.checks.embeddings.tables import Table, best_three, far, needs
from course_lib.checks.spec import Case, Check, Inputs

STEP = (
    "Take one question: where does the walk from a to b lead when it begins in c? Which direction is nearest to that?"
)

NONE_NEAR = "All cosines of the other words are below 0 here. Which score have the words that you leave out?"


def cosines(unit: Tensor, rows: Tensor) -> Tensor:
    """Of each word with the place of arrival (3CosAdd)."""
    a, b, c = unit[rows]
    arrival = b - a + c
    return unit @ arrival / arrival.norm().clamp(min=1e-9)


def hint(answer: list[str], expected: list[str], inputs: Inputs) -> str:
    """Words of the question, or the walk."""
    return shared.hint(answer, expected, inputs) or STEP


SOME = Table(cosines)
FAR = replace(SOME, words=5, dimensions=3, questions=2, kinds=(far,))
MIXED = replace(SOME, words=16, kinds=(needs(1), needs(2)), questions=8)

CHECK = Check(
    "analogy",
    points=3,
    forbids=("gensim", "course_lib.explorers"),
    compare=shared.same_words,
    probe=shared.answers,
    hint=hint,
    explain=shared.explain_by(cosines, "cos(x, b - a + c)"),
    cases=(
        Case("sixteen questions", "values", MIXED, weight=2.0),
        Case("all words may be the answer", "values", replace(SOME, questions=24, exclude=False), weight=2.0),
        Case("b and c exchanged", "property", SOME, probe=shared.exchanged, explain=False),
        Case("no other word is near", "edge", FAR, hint=NONE_NEAR),
        *shared.edges(SOME, best_three),
        *shared.word_styles(SOME),
    ),
)
