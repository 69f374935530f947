"""Unit 08: how both rules of analogy are asked, judged and explained."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from course_lib import plots
from course_lib.checks.compare import describe
from course_lib.checks.embeddings.tables import (
    Fits,
    Scores,
    Table,
    mistyped,
    near_together,
    twice,
    with_zero,
)
from course_lib.checks.kit.hints import COPY
from course_lib.checks.kit.refusals import forgotten, names, refusal
from course_lib.checks.kit.show import ASIDE, EXPECTED, YOURS
from course_lib.checks.kit.styles import in_double, on_gpu, on_views, within
from course_lib.checks.spec import Case, Counterexample, Inputs, Mismatch

Questions = list[list[str]]

LENGTHS = "Some vectors are sixteen times as long as others. Should that matter to your answer?"
CLOSE = "A word of the question would win here. Which of them do you leave out?"
ALL_WORDS = "With `exclude=False` every word may be the answer, those of the question, too."
UNKNOWN = "`vector_of` raises the error for you: does your function ask it for each of the three words?"
ZERO = "The length of this vector is 0. What is 0 / 0, and what does the docstring say of its cosine?"
SAME = "The question names one word twice: which words may be the answer?"


def hint(answer: Any, expected: list[str], inputs: Inputs) -> str:
    """Where a word of the question is wrongly in or out; nothing else is the same for both rules."""
    if inputs["exclude"]:
        used = any(mine in question for mine, question in zip(answer, inputs["asked"], strict=True))
        return CLOSE if used else ""
    return ALL_WORDS


def answers(function: Callable, words: list[str], table: Tensor, asked: Questions, exclude: bool) -> list[Any]:
    """The function's answer to each question; the vectors come in a dict."""
    return [function(dict(zip(words, table, strict=True)), *question, exclude) for question in asked]


def exchanged(function: Callable, words: list[str], table: Tensor, asked: Questions, exclude: bool) -> list[Any]:
    """The answers to the questions whose b and c change places."""
    return answers(function, words, table, [[a, c, b] for a, b, c in asked], exclude)


def refusals(
    function: Callable, words: list[str], table: Tensor, asked: Questions, exclude: bool, right: list[str]
) -> list[str]:
    """What becomes of each question with a word that has no vector."""
    return [
        refusal(
            lambda question=question: answers(function, words, table, [question], exclude),
            Exception,
            lambda message, word=word: word in message,
        )
        for question, word in zip(asked, right, strict=True)
    ]


def left_behind(function: Callable, words: list[str], table: Tensor, asked: Questions, exclude: bool) -> list[Any]:
    """The words and their vectors, after a question."""
    vectors = dict(zip(words, table, strict=True))
    function(vectors, *asked[0], exclude)
    return [list(vectors), torch.stack(list(vectors.values()))]


def same_words(answer: Any, expected: list[str], inputs: Inputs) -> Mismatch | None:
    """A word for each question, the expected one."""
    for question, mine, right in zip(inputs["asked"], answer, expected, strict=True):
        if not isinstance(mine, str):
            return Mismatch(f"Expected a word, got {describe(mine)}.{forgotten(mine)}", rung="type")
        if mine != right:
            got = repr(mine) if mine in inputs["words"] else f"{mine[:40]!r}, which is no word of `vectors`"
            return Mismatch(f"{' : '.join(question)} : … Expected {right!r}, got {got}.")
    return None


def near_spelling(answer: list[str], expected: list[str], inputs: Inputs) -> Mismatch | None:
    """Each question with an unknown word is refused by an error that names the word which was meant."""
    compare = names("which word is spelled alike")
    found = [compare(mine, right, inputs) for mine, right in zip(answer, expected, strict=True)]
    wrong = next((one for one in found if one), None)
    return wrong and Mismatch(wrong.message.replace("a ValueError", "an UnknownWord"), symptom=" ".join(answer))


def left_alone(answer: list[Any], expected: list[Any], inputs: Inputs) -> Mismatch | None:
    """No word is missing, and no vector has changed."""
    if answer[0] != expected[0]:
        return Mismatch(f"Of {len(expected[0])} words {len(answer[0])} are left in `vectors`.", symptom="words")
    return None if torch.equal(answer[1], expected[1]) else Mismatch("The vectors have changed.", symptom="vectors")


def word_styles(table: Table) -> tuple[Case, ...]:
    """The four cases of `kit.styles`, for a function that takes vectors in a dict."""
    ways = {
        "float64": in_double,
        "views that are not contiguous": on_views,
        "tensors on the GPU, where there is one": on_gpu,
    }
    plain = {"explain": False, "weight": 0.5}
    return (
        *(Case(name, "edge", table, probe=within(way, answers), hint=False, **plain) for name, way in ways.items()),
        Case("leaves the vectors alone", "unchanged", table, left_alone, left_behind, hint=COPY, **plain),
    )


def edges(table: Table, own_best: Fits) -> tuple[Case, ...]:
    """The edge cases of both rules.

    Args:
        own_best: the kind of question whose own three words are the best ones.
    """
    few = replace(table, questions=3)
    own = replace(few, kinds=(own_best,))
    unknown = {"compare": near_spelling, "probe": refusals, "hint": UNKNOWN, "explain": False}
    return (
        Case("a, b and c near together", "edge", near_together(replace(own, words=12)), hint=CLOSE),
        Case("one word is left", "edge", replace(own, words=4, questions=2), hint=CLOSE),
        Case("one word twice", "edge", twice(few), hint=SAME),
        Case("a vector of zeros", "edge", with_zero(few, asked=False), hint=ZERO),
        Case("a vector of zeros in the question", "edge", with_zero(few, asked=True), hint=ZERO),
        Case("a word without a vector", "edge", mistyped, **unknown),
    )


def explain_by(scores: Scores, name: str) -> Callable[[Inputs, list[str], list[str]], Counterexample]:
    """The first question with a wrong answer, and the scores of the best words."""

    def explain(inputs: Inputs, answer: list[str], expected: list[str]) -> Counterexample:
        words = inputs["words"]
        number = next(i for i, right in enumerate(expected) if answer[i] != right)
        question, mine, right = inputs["asked"][number], answer[number], expected[number]
        rows = torch.tensor([words.index(word) for word in question])
        found = dict(zip(words, scores(normalize(inputs["table"].double(), dim=1), rows).tolist(), strict=True))
        shown = [word for word in sorted(found, key=found.get, reverse=True) if not left_out(word, question, inputs)][
            :5
        ]
        shown += [mine] * (mine in found and mine not in shown)
        colors = [EXPECTED if word == right else YOURS if word == mine else ASIDE for word in shown]
        told = "left out" if left_out(mine, question, inputs) else f"{found.get(mine, float('nan')):.3f}"
        text = (
            f"{' : '.join(question)} : …, exclude={inputs['exclude']}, {len(words)} words\n{name}: "
            f"expected {right!r} with {found[right]:.3f}, yours {mine!r} ({told})"
        )
        values = [found[word] for word in shown]
        return Counterexample(text, lambda: plots.bars(shown, values, name, colors=colors, form="{:.3f}"))

    return explain


def left_out(word: str, question: list[str], inputs: Inputs) -> bool:
    """Whether this word may not be the answer."""
    return bool(inputs["exclude"]) and word in question
