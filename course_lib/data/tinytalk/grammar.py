"""Tinytalk's sentences: one person is talked about in each, with words that tell more or less of who it is."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from course_lib.data.tinytalk.lexicon import (
    ADJECTIVES,
    BORDERS,
    COMPANION,
    CONCEPTS,
    FORMS,
    FUNCTION,
    GENDER,
    NUMBER,
    VERBS,
)
from course_lib.data.tinytown.draws import Draw
from course_lib.errors import SettingsError

SENTENCES = 60_000
CONTEXTS = 4  # words in each sentence that tell of its person
SHARES = {"concept": 0.68, "gender": 0.09, "number": 0.09, "town": 0.14}
"""How often each of these words is of one kind, where one of the four forms is talked about."""
COMPANIONS = (
    {"concept": 0.68, "gender": 0.18, "number": 0.00, "town": 0.14},
    {"concept": 0.68, "gender": 0.00, "number": 0.18, "town": 0.14},
)
"""Of a companion the text says the gender or the number, never both."""
TWICE = 0.5  # how often a second function word stands before a word
END = -1


@dataclass(frozen=True)
class Corpus:
    """Sentences, one after the other.

    Attributes:
        words: all that occur, the most frequent first.
        tokens: the words of all sentences as positions in `words`; -1 ends each sentence.
    """

    words: tuple[str, ...]
    tokens: Int64[Tensor, " n"]

    def sentences(self, count: int) -> list[str]:
        """The first sentences, as text."""
        ends = (self.tokens == END).nonzero()[:count, 0].tolist()
        starts = [0, *(end + 1 for end in ends)]
        tokens = [self.tokens[start:end].tolist() for start, end in zip(starts, ends, strict=False)]
        return [" ".join(self.words[token] for token in sentence) for sentence in tokens]

    def counts(self) -> Int64[Tensor, " v"]:
        """How often each word occurs."""
        return torch.bincount(self.tokens[self.tokens != END], minlength=len(self.words))


@lru_cache(4)
def corpus(seed: int = 0, sentences: int = SENTENCES) -> Corpus:
    """So many sentences; equal arguments give the same ones on every machine. Raises SettingsError below one."""
    if sentences < 1:
        raise SettingsError("A corpus has sentences.", expected="1 or more", got=str(sentences))
    uniform = _stream(f"tinytalk/{seed}")
    table = _written(uniform, sentences)  # [sentences, 2 function words and 1 other for each of 1 + CONTEXTS]
    flat = table[table != SKIPPED]
    used, tokens = np.unique(flat[flat != END], return_inverse=True)
    frequent = np.argsort(-np.bincount(tokens), kind="stable")
    numbers = np.full(len(VOCABULARY) + 1, END)  # the last, -1, stays what it is
    numbers[used[frequent]] = np.arange(len(used))
    return Corpus(tuple(VOCABULARY[word] for word in used[frequent]), torch.from_numpy(numbers[flat]))


VOCABULARY = tuple(
    itertools.chain(
        FUNCTION,
        VERBS,
        ADJECTIVES,
        BORDERS,
        *GENDER,
        *NUMBER,
        *((*concept.words, *concept.contexts, *itertools.chain(*concept.towns)) for concept in CONCEPTS),
    )
)
PLACE = {word: place for place, word in enumerate(VOCABULARY)}
SKIPPED = -2  # nothing stands here
CONCEPT, TOWN = list(SHARES).index("concept"), list(SHARES).index("town")
PERSON = -1  # the kind of the word that a sentence is about; the others are positions in SHARES


def _stream(name: str) -> Callable[..., np.ndarray]:
    """Uniform numbers in [0, 1) in any shape, from one stream."""
    random = Draw(name).random

    def uniform(*shape: int) -> np.ndarray:
        return np.array([random() for _ in range(int(np.prod(shape)))]).reshape(shape)

    return uniform


def _written(uniform: Callable[..., np.ndarray], sentences: int) -> np.ndarray:
    """The words of all sentences, each with an end: [sentences, 3 * (1 + CONTEXTS) + 1]."""
    persons = (uniform(sentences) * len(_PERSONS)).astype(int)
    told = 1 + CONTEXTS
    content = np.empty((sentences, told), int)
    content[:, 0] = _PERSONS[persons]
    kinds = _drawn(uniform(sentences, CONTEXTS), _CUMULATED[persons])
    which = uniform(sentences, CONTEXTS)
    choices = _CHOICES[persons[:, None], kinds]  # [sentences, CONTEXTS, most]
    place = (which * _COUNTS[persons[:, None], kinds]).astype(int)
    content[:, 1:] = np.take_along_axis(choices, place[..., None], 2)[..., 0]
    order = uniform(sentences, told).argsort(axis=1)
    content = np.take_along_axis(content, order, 1)
    kinds = np.take_along_axis(np.concatenate([np.full((sentences, 1), PERSON), kinds], axis=1), order, 1)
    beside = _beside(kinds, uniform(sentences, told))
    before, behind = np.where(kinds == PERSON, SKIPPED, beside), np.where(kinds == PERSON, beside, SKIPPED)
    zipf = np.cumsum(1 / np.arange(1, len(FUNCTION) + 1))
    little = np.searchsorted(zipf / zipf[-1], uniform(sentences, told, 2), side="right")
    little[..., 1][uniform(sentences, told) >= TWICE] = SKIPPED
    lines = np.concatenate([little, *(part[..., None] for part in (before, content, behind))], axis=2).reshape(
        sentences, -1
    )
    return np.concatenate([lines, np.full((sentences, 1), END)], axis=1)


def _drawn(uniform: np.ndarray, cumulated: np.ndarray) -> np.ndarray:
    """The kind of each context: how many of the person's cumulated shares lie below the number drawn."""
    return (uniform[..., None] >= cumulated[:, None, :-1]).sum(axis=2)


def _beside(kinds: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """What a word's part of speech brings along: one word for each, or none."""
    found = np.full(kinds.shape, SKIPPED)
    for kind, words in {PERSON: VERBS, CONCEPT: ADJECTIVES, TOWN: BORDERS}.items():
        places = np.array([PLACE[word] for word in words])
        found = np.where(kinds == kind, places[(uniform * len(words)).astype(int)], found)
    return found


def _context_words(concept: int, form: int) -> dict[str, tuple[str, ...]]:
    """The words of each kind for one person. Which gender and number a companion has follows no rule."""
    own = CONCEPTS[concept]
    woman, several = (form % 2, form // 2) if form < COMPANION else (concept % 2, concept // 2 % 2)
    return {"concept": own.contexts, "gender": GENDER[woman], "number": NUMBER[several], "town": own.towns[form]}


def _shares(concept: int, form: int) -> dict[str, float]:
    """How often each kind of word tells of one person. Which attribute a companion has follows no rule."""
    return SHARES if form < COMPANION else COMPANIONS[concept // 4 % 2]


def _tables() -> tuple[np.ndarray, ...]:
    """Of each person: its word, its cumulated shares, its context words by kind, and how many those are."""
    persons = [(concept, form) for concept in range(len(CONCEPTS)) for form in range(len(FORMS) + 1)]
    words = [_context_words(*person) for person in persons]
    most = max(len(kind) for one in words for kind in one.values())
    choices = np.zeros((len(persons), len(SHARES), most), int)
    counts = np.zeros(choices.shape[:2], int)
    for row, one in enumerate(words):
        for column, kind in enumerate(one.values()):
            counts[row, column] = len(kind)
            choices[row, column, : len(kind)] = [PLACE[word] for word in kind]
    shares = [_shares(*person) for person in persons]
    cumulated = np.cumsum([list(share.values()) for share in shares], axis=1)
    return np.array([PLACE[CONCEPTS[c].words[f]] for c, f in persons]), cumulated, choices, counts


_PERSONS, _CUMULATED, _CHOICES, _COUNTS = _tables()
