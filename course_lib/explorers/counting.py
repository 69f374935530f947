"""From counts to vectors: who stands near whom, how surprising that is (PMI), and its main directions (SVD)."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


def cooccurrences(tokens: Int[Tensor, " n"], count: int, window: int) -> Float[Tensor, "{count} {count}"]:
    """How often each word stands near each other one in the same sentence (-1 ends one).

    A word d places away counts (window - d + 1) / window: so often word2vec meets it.
    """
    sentence, table = (tokens == -1).cumsum(dim=0), torch.zeros(count * count)
    for apart in range(1, window + 1):
        left, right = tokens[:-apart], tokens[apart:]
        together = (sentence[:-apart] == sentence[apart:]) & (left >= 0) & (right >= 0)
        pairs = left[together] * count + right[together]
        table += torch.bincount(pairs, minlength=count * count) * (window - apart + 1) / window
    return table.view(count, count) + table.view(count, count).T


def positive_pmi(counts: Float[Tensor, "v v"]) -> Float[Tensor, "v v"]:
    """log P(x, y) / (P(x) P(y)) where that is above 0, else 0: by how much two words meet more often than by chance."""
    total, each = counts.sum(), counts.sum(dim=1)
    by_chance = each[:, None] * each / total
    return torch.where(counts > 0, (counts / by_chance.clamp(min=1e-12)).clamp(min=1e-12).log(), 0.0).clamp(min=0)


def main_directions(table: Float[Tensor, "v v"], dimensions: int) -> Float[Tensor, "v {dimensions}"]:
    """Vectors of so many numbers whose products come nearest to the table's: U √S of its singular value decomposition.

    Levy, Goldberg, Dagan, Improving Distributional Similarity with Lessons Learned from Word Embeddings, TACL 2015.
    """
    left, values, _ = torch.linalg.svd(table.double())
    return (left[:, :dimensions] * values[:dimensions].sqrt()).float()


def flat(vectors: Float[Tensor, "n d"]) -> Float[Tensor, "n 2"]:
    """The two main directions of a few vectors (PCA): each less the mean, along the two axes of largest spread.

    The first number of each axis that is not 0 is above 0.
    """
    apart = (vectors - vectors.mean(dim=0)).double()
    _, _, axes = torch.linalg.svd(apart, full_matrices=False)
    places = apart @ axes[:2].T
    first = places[places.abs().argmax(dim=0), torch.arange(2)]
    return (places * torch.where(first < 0, -1.0, 1.0)).float()
