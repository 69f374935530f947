"""Unit 09: wrong versions of `near_duplicates`."""

import torch
from torch.nn.functional import normalize

from autograder.misconceptions import wrong


def _cosines(features):
    if not features.any(dim=1).all():
        raise ValueError("a row of zeros")
    unit = normalize(features, dim=1)
    return unit @ unit.T


@wrong("near_duplicates", "self-pairs", "Each picture is a duplicate of itself in your answer. A pair has two.")
def self_pairs(features, threshold):
    return (_cosines(features) >= threshold).triu().nonzero()


@wrong("near_duplicates", "both-ways", "Each pair comes twice, once from either side.")
def both_ways(features, threshold):
    alike = _cosines(features) >= threshold
    return (alike & ~torch.eye(len(features), dtype=torch.bool, device=features.device)).nonzero()


@wrong("near_duplicates", "all-entries", "You give the whole table: each picture with itself, and each pair twice.")
def all_entries(features, threshold):
    return (_cosines(features) >= threshold).nonzero()


@wrong("near_duplicates", "larger-first", "The smaller number of a pair comes first.")
def larger_first(features, threshold):
    return (_cosines(features) >= threshold).tril(diagonal=-1).nonzero()


@wrong(
    "near_duplicates",
    "raw-dot",
    "A bright picture has a long feature, and its product with anything is large. Divide by both lengths.",
)
def raw_dot(features, threshold):
    _cosines(features)  # refuses a row of zeros
    return (features @ features.T >= threshold).triu(diagonal=1).nonzero()


@wrong("near_duplicates", "one-length", "You divide by one of the two lengths. The other one still counts.")
def one_length(features, threshold):
    _cosines(features)
    return (features @ features.T / features.norm(dim=1) >= threshold).triu(diagonal=1).nonzero()


@wrong("near_duplicates", "squared-lengths", "You divide by the squared lengths. Take their roots.")
def squared_lengths(features, threshold):
    _cosines(features)
    squares = features.square().sum(dim=1)
    return (features @ features.T / (squares[:, None] * squares) >= threshold).triu(diagonal=1).nonzero()


@wrong(
    "near_duplicates",
    "columns",
    "You bring each column to length 1. A picture's features are a row.",
)
def columns(features, threshold):
    _cosines(features)
    unit = normalize(features, dim=0)
    return (unit @ unit.T >= threshold).triu(diagonal=1).nonzero()


@wrong("near_duplicates", "distance", "You keep the pairs below the threshold. This is a similarity: large is alike.")
def distance(features, threshold):
    return (_cosines(features) <= threshold).triu(diagonal=1).nonzero()


@wrong(
    "near_duplicates",
    "one-less-similarity",
    "You compare 1 − similarity, a distance, with a threshold that was meant for the similarity.",
)
def one_less_similarity(features, threshold):
    return (1 - _cosines(features) <= threshold).triu(diagonal=1).nonzero()


@wrong("near_duplicates", "first-match", "You take one partner for each picture. A picture can have several copies.")
def first_match(features, threshold):
    alike = (_cosines(features) >= threshold).triu(diagonal=1)
    return (alike & (alike.cumsum(dim=1) == 1)).nonzero()


@wrong("near_duplicates", "best-match", "You take the most similar partner only. A picture can have several copies.")
def best_match(features, threshold):
    similarities = _cosines(features)
    if len(features) < 2:
        return torch.zeros(0, 2, dtype=torch.long)
    similarities = similarities.masked_fill(torch.eye(len(features), dtype=torch.bool), -torch.inf)
    best, partners = similarities.max(dim=1)
    rows = (best >= threshold).nonzero()[:, 0]
    return torch.stack([rows, partners[rows]], dim=1).sort(dim=1).values.unique(dim=0)


@wrong(
    "near_duplicates",
    "once-taken",
    "You leave out a picture once it is somebody's copy. It may have copies of its own.",
)
def once_taken(features, threshold):
    similarities, taken, pairs = _cosines(features), set(), []
    for i in range(len(features)):
        if i in taken:
            continue
        found = [j for j in range(i + 1, len(features)) if similarities[i, j] >= threshold]
        pairs += [(i, j) for j in found]
        taken.update(found)
    return torch.tensor(pairs, dtype=torch.long).reshape(-1, 2)


@wrong("near_duplicates", "chained", "A is like B and B like C in your answer, so A is like C. It need not be.")
def chained(features, threshold):
    reached = _cosines(features) >= threshold
    for _ in range(len(features)):
        reached = reached | (reached.double() @ reached.double() > 0)
    return reached.triu(diagonal=1).nonzero()


@wrong(
    "near_duplicates",
    "opposite-too",
    "You take the similarity without its sign. Features that point in opposite directions are as unlike as can be.",
)
def opposite_too(features, threshold):
    return (_cosines(features).abs() >= threshold).triu(diagonal=1).nonzero()


@wrong("near_duplicates", "strict", "A similarity exactly at the threshold counts, too.", slip=True)
def strict(features, threshold):
    return (_cosines(features) > threshold).triu(diagonal=1).nonzero()


@wrong(
    "near_duplicates",
    "zero-passes",
    "A row of zeros has no direction: its similarity is 0 / 0. Refuse it with a ValueError.",
    slip=True,
)
def zero_passes(features, threshold):
    unit = normalize(features, dim=1)
    return (unit @ unit.T >= threshold).triu(diagonal=1).nonzero()
