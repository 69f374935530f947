"""Unit 08: what wrong versions of both analogies have in common."""

import torch
from torch.nn.functional import normalize

from course_lib.data.words import vector_of

QUESTION = (0, 1, 2)  # the places of a, b and c
NOT_EXCLUDED = (
    "You never leave words out. With `exclude=True` the answer may be none of the three words of the question."
)
ONLY_C = "You leave out c alone. b can still win: all three words of the question must go."
A_REMAINS = "You leave out b and c alone. a can win where the three are near together: all three words must go."
ONLY_A_AND_B = (
    "You leave out a and b alone. c is often the nearest word of all: all three words of the question must go."
)
ALWAYS_EXCLUDED = (
    "You leave the question's words out although `exclude=False`. Then they may be the answer: that is what we want to "
    "see."
)
EXCLUDE_TURNED = "You leave the words out where they may be the answer, and keep them where they may not."
ZERO_NAN = "A vector of zeros becomes NaN: 0 / 0. Its cosine is 0 by definition here."
NO_SPELLING = "A word without a vector ends in an error that names no word of a near spelling. `vector_of` does."
WORDS_REMOVED = "You take the question's words out of `vectors` itself: they are missing in the next question."


def words_and_rows(vectors, question):
    """All words, their vectors, and the rows of the question's words; an error for a word without a vector."""
    for word in question:
        vector_of(vectors, word)
    words = list(vectors)
    return words, torch.stack(list(vectors.values())), [words.index(word) for word in question]


def best(words, scores, left_out):
    """The word with the highest score, without these rows."""
    scores = scores.clone()
    scores[left_out] = -torch.inf
    return words[int(scores.argmax())]


def sums(table, rows):
    """3CosAdd."""
    a, b, c = normalize(table[rows], dim=1)
    return normalize(table, dim=1) @ (b - a + c)


def nearness(table, rows):
    """The shifted cosines with a, with b and with c."""
    unit = normalize(table, dim=1)
    return ((unit @ unit[rows].T + 1) / 2).unbind(dim=1)


def products(table, rows):
    """3CosMul."""
    away, end, other = nearness(table, rows)
    return end * other / (away + 0.001)


def answered(rule, vectors, question, left_out, roles=QUESTION):
    """The word with the highest score by a rule (`sums`, `products`), without the question's words at some places.

    `roles`: the places of the words that play a, b and c.
    """
    words, table, rows = words_and_rows(vectors, question)
    return best(words, rule(table, [rows[at] for at in roles]), [rows[at] for at in left_out])
