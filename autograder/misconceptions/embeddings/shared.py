"""Unit 08: what wrong versions of both analogies have in common."""

import torch
from torch.nn.functional import normalize

from course_lib.data.words import vector_of


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
