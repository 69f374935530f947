"""Skip-gram by the solution's functions on Project Gutenberg's books: what has one use in a text lies near together."""

import re
from collections import Counter

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from autograder import reference
from course_lib import training
from course_lib.data import tinytalk

WORDS = 1000
SAME_USE = [
    line.split()
    for line in (
        "he she,mr mrs,brother sister,mother father,man woman,is was,have had,could would,said cried,come go,my your,"
        "myself yourself,himself herself,day morning,two three,good great,happy pleased"
    ).split(",")
]


@pytest.fixture
def own():
    """The solution's own functions, and the names that they use."""
    return reference.load("08_embeddings")


def books(test_data, pattern):
    """The sentences of some books, in small letters and without signs: lists of words."""
    paths = sorted((test_data / "words" / "gutenberg").glob(pattern))
    assert paths, f"no book is named {pattern}"
    texts = [path.read_text(encoding="latin-1").lower() for path in paths]
    return [re.findall("[a-z]+", sentence) for text in texts for sentence in re.split("[.!?;:]", text)]


def corpus(sentences, seed=None):
    """The sentences in their thousand most frequent words; where a seed is given, these words in random order."""
    counts = Counter(word for sentence in sentences for word in sentence)
    frequent = tuple(word for word, _ in counts.most_common(WORDS))
    place = {word: row for row, word in enumerate(frequent)}
    tokens = [place.get(word, -1) for s in sentences for word in [*(w for w in s if w in place), "."]]
    tokens = torch.tensor(tokens)
    if seed is not None:
        where = tokens >= 0
        order = torch.randperm(int(where.sum()), generator=torch.Generator().manual_seed(seed))
        tokens[where] = tokens[where][order]
    return tinytalk.Corpus(frequent, tokens)


def ranks(vectors):
    """How many words are nearer to the first word of each pair than the second one is."""
    words = list(vectors)
    unit = F.normalize(torch.stack(list(vectors.values())), dim=1)
    found = []
    for one, other in SAME_USE:
        near = unit @ unit[words.index(one)]
        near[words.index(one)] = -1
        found.append(int((near > near[words.index(other)]).sum()))
    return found


def test_thirteen_books_are_read(test_data):
    text = corpus(books(test_data, "*.txt"))
    assert (text.tokens >= 0).sum() > 600_000
    assert text.words[:3] == ("the", "and", "of")


def test_a_short_training_learns_and_beats_chance(own, test_data, monkeypatch):
    """Chance puts the other word of a pair behind 500 words in the middle; 250 steps put it behind fewer than 25."""
    losses, fit = [], training.fit
    monkeypatch.setattr(training, "fit", lambda *a, **b: losses.extend(fit(*a, **b)))
    monkeypatch.setitem(own, "STEPS", 250)
    vectors = own["word_vectors"](corpus(books(test_data, "austen-*.txt")), 0, progress=False)
    first, last = np.mean(losses[:3]), np.mean(losses[-20:])
    assert first == pytest.approx((1 + own["NOISE"]) * np.log(2), abs=0.05)  # each answer is "perhaps"
    assert last < 0.75 * first
    assert np.median(ranks(vectors)) < 25


@pytest.mark.long
@pytest.mark.release
def test_words_of_one_use_lie_near_together(own, test_data, monkeypatch):
    """Half of the pairs are among the three nearest of 1,000 words; with the words in random order they are not."""
    monkeypatch.setitem(own, "STEPS", 600)
    sentences = books(test_data, "austen-*.txt")
    assert np.median(ranks(own["word_vectors"](corpus(sentences), 0, progress=False))) < 3
    mixed = own["word_vectors"](corpus(sentences, seed=0), 0, progress=False)
    assert np.median(ranks(mixed)) > 100
