"""Unit 08: what is asked of `skip_gram_pairs`, whose draws are judged by a rule and not compared."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, judged_by
from course_lib.checks.embeddings.reaches import draw_pairs, shares, valid_draws
from course_lib.checks.kit.hints import COPY
from course_lib.checks.kit.pictures import numbered
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.spec import Case, Check, Counterexample, Inputs, Mismatch

NEAREST = "With a window of 1 there is no chance in it. Which words are the direct neighbours of each word?"
AGAIN = "The same word at another place is another neighbour. Do you compare words, or places?"
REACH = "Whose reach decides on a pair? How often is it drawn, and between which numbers?"
SIDES = "Take one centre and its reach: which words are at most so many places away, on its left and on its right?"
SAME_STATE = "What happens to `rng` in your function, from one call to the next? Is it the only source of chance?"
ENDS = "A -1 is no word, and no pair goes past it."


def text(*lengths: int, window: int, seeds: int = 80):
    """Sentences of these lengths, every word once, each sentence but the last with an end."""

    def make(rng: Generator) -> Inputs:
        words, tokens = rng.permutation(sum(lengths)).tolist(), []
        for length in lengths:
            tokens += [*(words.pop() for _ in range(length)), -1]
        return {"tokens": torch.tensor(tokens[:-1], dtype=torch.long), "window": window, "seeds": seeds}

    return make


def neighbours(*lengths: int, words: int, ends: int = 1):
    """Sentences of these lengths of so few different words, with a window of 1, each followed by so many ends.

    No word stands twice in a row.
    """

    def make(rng: Generator) -> Inputs:
        tokens: list[int] = []
        for length in lengths:
            steps = rng.integers(1, words, length)
            tokens += [*(steps.cumsum() % words).tolist(), *[-1] * ends]
        return {"tokens": torch.tensor(tokens, dtype=torch.long), "window": 1, "v": words}

    return make


def each_once(rng: Generator) -> Inputs:
    """One sentence of different words, a window of 1."""
    return {"tokens": torch.as_tensor(rng.permutation(7)[:6]), "window": 1, "v": 7}


def very_very(rng: Generator) -> Inputs:
    """Two words of a sentence stand twice in a row, a window of 1."""
    a, b, c, d = rng.permutation(5)[:4].tolist()
    return {"tokens": torch.tensor([a, b, b, c, d, d, b]), "window": 1, "v": 5}


def counted(function: Callable, tokens: Tensor, window: int, v: int) -> dict[str, Any]:
    """How often each of v words is the centre of each other one, and how many pairs hold another number."""
    pairs = torch.as_tensor(copy(function(tokens.clone(), window, torch.Generator().manual_seed(v))))
    pairs = pairs.long().reshape(-1, 2)
    words = ((pairs >= 0) & (pairs < v)).all(dim=1)
    times = torch.bincount(pairs[words] @ torch.tensor([v, 1]), minlength=v * v).view(v, v)
    return {"times": times, "outside": int((~words).sum())}


def columns(function: Callable, tokens: Tensor, window: int, seeds: int) -> int:
    """How many columns there are."""
    pairs = torch.as_tensor(copy(function(tokens, window, torch.Generator().manual_seed(seeds))))
    return pairs.shape[1] if pairs.ndim == 2 else 0


def tokens_after(function: Callable, tokens: Tensor, window: int, seeds: int) -> Tensor:
    """The text, after a call."""
    function(tokens, window, torch.Generator().manual_seed(seeds))
    return tokens


def same_counts(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> Mismatch | None:
    """The same pairs, each as often."""
    if answer["outside"] != expected["outside"]:
        return Mismatch(f"{answer['outside']} of your pairs hold a number that is no word of the text, as -1.")
    apart = answer["times"] - expected["times"]
    if not apart.any():
        return None
    center, context = apart.nonzero()[0].tolist()
    mine, right = (int(times[center, context]) for times in (answer["times"], expected["times"]))
    return Mismatch(f"The pair ({center}, {context}) should come {right} times, it comes {mine} times.")


def explain_counts(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """The text, and how often each pair comes."""
    said = " ".join("|" if token == -1 else str(token) for token in inputs["tokens"].tolist())
    words = f"the text {said}, window 1 ( | ends a sentence)\n"
    words += f"{int(expected['times'].sum())} pairs expected, {int(answer['times'].sum())} of words are yours"
    maps = [expected["times"], answer["times"]]
    names = ["expected: centre (row), context", "yours"]
    return Counterexample(words, lambda: numbered(maps, [None] * 2, names, right=expected["times"]))


def explain_reaches(inputs: Inputs, answer: dict[str, Any], expected: dict[str, Any]) -> Counterexample:
    """How often centres had which reach."""
    wanted, mine = shares(answer, inputs)
    window, seeds = inputs["window"], inputs["seeds"]
    words = f"{seeds} draws with a window of {window}: how far the furthest context of a centre is\n"
    words += "expected " + ", ".join(f"{i}: {share:.0%}" for i, share in enumerate(wanted.tolist()) if share)
    words += "; yours " + ", ".join(f"{i}: {share:.0%}" for i, share in enumerate(mine.tolist()) if share)

    def draw():
        names = [f"reach {i}, {whose}" for i in range(window + 1) for whose in ("expected", "yours")]
        values = torch.stack([wanted, mine], dim=1).flatten().tolist()
        return plots.bars(names, values, "share", colors=[EXPECTED, YOURS] * (window + 1), form="{:.2f}")

    return Counterexample(words, draw)


def hint(answer: dict[str, Any], expected: dict[str, Any], inputs: Inputs) -> str:
    """Whether ends are passed, contexts are missing, or the reach is drawn otherwise."""
    symptoms, _ = valid_draws(answer, inputs) or ("", "")
    first = symptoms.partition(";")[0]
    if first in ("across", "outside"):
        return ENDS
    if first in ("not-repeatable", "same-again", "always-same"):
        return SAME_STATE
    return REACH if first.startswith(("reach", "one-reach", "full-window")) else SIDES


def drawn(name: str, kind: str, *lengths: int, window: int, **how: Any) -> Case:
    """A case on draws from a text of sentences of these lengths."""
    inputs = text(*lengths, window=window, seeds=how.pop("seeds", 80))
    return Case(
        name,
        kind,
        inputs,
        judged_by(valid_draws),
        draw_pairs,
        draws=1,
        **{"explain": explain_reaches, "hint": hint} | how,
    )


EXACT = {"compare": same_counts, "probe": counted, "explain": explain_counts}

CHECK = Check(
    "skip_gram_pairs",
    points=3,
    cases=(
        Case("a sentence, window 1", "values", each_once, hint=NEAREST, **EXACT),
        Case("a word twice in a row", "values", very_very, hint=AGAIN, **EXACT),
        Case("three sentences of few words", "values", neighbours(5, 2, 7, words=4), hint=ENDS, **EXACT),
        drawn("a long sentence, window 3", "values", 12, window=3),
        drawn("three sentences, window 2", "values", 5, 4, 6, window=2),
        drawn("window 5", "values", 14, window=5),
        drawn("a window wider than the sentences", "edge", 3, 4, 2, window=6, explain=False),
        drawn("a window wider than the text", "edge", 4, window=7, explain=False),
        Case("ends in a row", "edge", neighbours(3, 0, 2, words=4, ends=2), hint=ENDS, **EXACT),
        Case("sentences of one word", "edge", neighbours(1, 1, 1, words=3), **EXACT),
        Case("an empty text", "edge", neighbours(words=3), **EXACT | {"explain": False}),
        Case("only ends", "edge", neighbours(0, 0, words=3), **EXACT | {"explain": False}),
        Case(
            "rows of two numbers where there is no pair",
            "edge",
            text(1, window=2, seeds=3),
            exact(),
            columns,
            hint="A table may have no row, and still have two columns.",
            explain=False,
            weight=0.5,
            draws=1,
        ),
        Case(
            "leaves the text alone",
            "unchanged",
            text(4, 3, window=2, seeds=3),
            exact(),
            tokens_after,
            hint=COPY,
            explain=False,
            weight=0.5,
        ),
    ),
)
