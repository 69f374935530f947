"""Unit 08: tables of word vectors, and questions with clear answers that are put to them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import normalize

from course_lib.checks.kit.numbers import rounded
from course_lib.checks.spec import Inputs

POOL = tuple(
    "king queen prince princess actor actress waiter waitress uncle aunt nephew niece husband wife brother sister "
    "walk walked talk talked swim swam fly flew France Paris Spain Madrid Norway Oslo Egypt Cairo mouse mice goose "
    "geese tooth teeth child children".split()
)
Scores = Callable[[Tensor, Tensor], Tensor]
"""scores(unit, rows): of unit vectors [v, d] and the rows a, b, c of one question [3], a score for each word [v]."""
Fits = Callable[[Tensor, Tensor, Tensor], bool]
"""fits(unit, rows, scores): whether a question is of the kind that is wanted."""


def a_loses(unit: Tensor, rows: Tensor, scores: Tensor) -> bool:
    """Whether a would not be the answer if b and c alone were left out; and another word's score is above 0."""
    return not _a_wins(rows, scores) and not _far(rows, scores)


def far(unit: Tensor, rows: Tensor, scores: Tensor) -> bool:
    """Whether a would not be the answer if b and c alone were left out; and all other words' scores are below 0."""
    return not _a_wins(rows, scores) and _far(rows, scores)


def _a_wins(rows: Tensor, scores: Tensor) -> bool:
    return int(scores.index_fill(0, rows[1:], -torch.inf).argmax()) == int(rows[0])


def _far(rows: Tensor, scores: Tensor) -> bool:
    return float(scores.index_fill(0, rows, -torch.inf).max()) <= 0


@dataclass(frozen=True)
class Table:
    """Words whose vectors have unequal lengths, and questions with one clear answer each.

    Attributes:
        scores: the rule, see `Scores`. A question is drawn until its best word leads by `margin` of its score.
        kinds: of questions, see `Fits`. questions: so many of each kind. exclude: whether their words are left out.
    """

    scores: Scores
    words: int = 14
    dimensions: int = 5
    kinds: tuple[Fits, ...] = (a_loses,)
    questions: int = 4
    exclude: bool = True
    margin: float = 0.04

    def __call__(self, rng: Generator) -> Inputs:
        words, asked = some_words(rng, self.words), None
        while asked is None:
            table = lengthened(rounded(rng.normal(size=(self.words, self.dimensions)), 8), rng)
            unit = normalize(table.double(), dim=1)
            asked = self.asked(rng, words, unit)
        return {"words": words, "table": table, "asked": asked, "exclude": self.exclude}

    def asked(self, rng: Generator, words: list[str], unit: Tensor) -> list[list[str]] | None:
        """Questions of all kinds, in mixed order; None where there are not enough."""
        found: list[list[str]] = []
        for kind in self.kinds:
            some = tried(rng, words, self.questions, partial(self.clear, unit, kind=kind))
            if some is None:
                return None
            found += some
        return [found[place] for place in rng.permutation(len(found))]

    def clear(self, unit: Tensor, rows: Tensor, kind: Fits | None = None) -> bool:
        """Whether the best word leads, and the question is of this kind; None: of the table's first one."""
        scores = self.scores(unit, rows)
        allowed = scores.clone()
        if self.exclude:
            allowed[rows] = -torch.inf
        first, second = allowed.topk(2).values.tolist()
        return first - second > self.margin * abs(first) and (kind or self.kinds[0])(unit, rows, scores)


def some_words(rng: Generator, count: int) -> list[str]:
    """So many different words."""
    return [POOL[place] for place in rng.permutation(len(POOL))[:count]]


def lengthened(table: Tensor, rng: Generator) -> Tensor:
    """Each vector as long as before times a power of two, from a quarter to four; none is zero."""
    table[(table == 0).all(dim=1), 0] = 1.0
    return table * torch.as_tensor(2.0 ** rng.integers(-2, 3, (len(table), 1))).float()


def tried(
    rng: Generator,
    words: list[str],
    count: int,
    clear: Callable[[Tensor], bool],
    pick: Callable[[list[int]], list[int]] = lambda rows: rows[:3],
) -> list[list[str]] | None:
    """So many different questions that are clear; None where they are not found soon.

    Args:
        pick: the rows of a question, from all rows in random order.
    """
    found: list[list[str]] = []
    for _ in range(60 * count):
        rows = pick(rng.permutation(len(words)).tolist())
        question = [words[row] for row in rows]
        if question not in found and clear(torch.tensor(rows)):
            found.append(question)
        if len(found) == count:
            return found
    return None


def needs(place: int) -> Fits:
    """The word at this place of the question, b or c, would win if it were not left out; a would not."""
    return lambda unit, rows, scores: int(scores.argmax()) == int(rows[place]) and a_loses(unit, rows, scores)


def differs(other: Scores, exclude: bool = True) -> Fits:
    """Another rule gives another answer; `exclude`: where the words of the question are left out."""

    def fits(unit: Tensor, rows: Tensor, scores: Tensor) -> bool:
        both = scores, other(unit, rows)
        if exclude:
            both = tuple(values.index_fill(0, rows, -torch.inf) for values in both)
        return int(both[0].argmax()) != int(both[1].argmax())

    return fits


def near_together(table: Table) -> Callable[[Generator], Inputs]:
    """Words in groups of three that lie near together; each question asks of one group."""

    def make(rng: Generator) -> Inputs:
        words, groups = some_words(rng, table.words), torch.arange(table.words).view(-1, 3)
        while True:
            centres = rounded(rng.normal(size=(len(groups), table.dimensions)), 8).repeat_interleave(3, dim=0)
            vectors = lengthened(centres + rounded(0.3 * rng.normal(size=centres.shape), 64), rng)
            unit = normalize(vectors.double(), dim=1)
            rows = [group[torch.as_tensor(rng.permutation(3))] for group in groups]
            clear = [one for one in rows if table.clear(unit, one)]
            if len(clear) >= table.questions:
                asked = [[words[row] for row in one.tolist()] for one in clear[: table.questions]]
                return {"words": words, "table": vectors, "asked": asked, "exclude": True}

    return make


def best_three(unit: Tensor, rows: Tensor, scores: Tensor) -> bool:
    """Whether the words of the question are the three best ones; and another word's score is above 0."""
    return set(scores.topk(3).indices.tolist()) == set(rows.tolist()) and not _far(rows, scores)


def with_zero(table: Table, asked: bool) -> Callable[[Generator], Inputs]:
    """One vector is zero: that of a word which each question names, at any place, or none."""

    def make(rng: Generator) -> Inputs:
        while True:
            inputs = table(rng)
            row = int(rng.integers(table.words))
            inputs["table"][row] = 0.0
            unit = normalize(inputs["table"].double(), dim=1)

            def pick(rows: list[int], row: int = row) -> list[int]:
                others = [other for other in rows if other != row]
                return sorted([row, *others[:2]], key=rows.index) if asked else others[:3]

            if found := tried(rng, inputs["words"], table.questions, partial(table.clear, unit), pick):
                return inputs | {"asked": found}

    return make


def twice(table: Table) -> Callable[[Generator], Inputs]:
    """Questions of two words, one of which stands at two places, whichever these are."""

    def make(rng: Generator) -> Inputs:
        while True:
            inputs = table(rng)
            unit = normalize(inputs["table"].double(), dim=1)
            found = []
            for places in ([0, 0, 1], [0, 1, 0], [0, 1, 1]):

                def pick(rows: list[int], places: list[int] = places) -> list[int]:
                    return [rows[place] for place in places]

                found += tried(rng, inputs["words"], 1, partial(table.clear, unit), pick) or []
            if len(found) == 3:
                return inputs | {"asked": found}

    return make


def mistyped(rng: Generator) -> Inputs:
    """In each question one word is spelled wrongly, so that it has no vector; "right" has the ones that were meant."""
    words = [POOL[place] for place in rng.permutation(22)[:12]]
    asked = [[words[int(row)] for row in rng.permutation(12)[:3]] for _ in range(3)]
    right = [question[place] for place, question in enumerate(asked)]
    for place, question in enumerate(asked):
        question[place] = f"{right[place][:-2]}{right[place][-1]}x"
    table = rounded(rng.normal(size=(12, 4)), 8)
    return {"words": words, "table": table, "asked": asked, "exclude": True, "right": right}
