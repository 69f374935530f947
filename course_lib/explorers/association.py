"""The word-embedding association test: are some words nearer to one group of words than others are, beyond chance?

Caliskan, Bryson, Narayanan, Semantics derived automatically from language corpora contain human-like biases, Science
2017.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import normalize

EXACT = 20_000  # partitions; of more, so many are drawn


@dataclass(frozen=True)
class Association:
    """What the test finds.

    Attributes:
        first, second: of each target word by how much it is nearer to the one attribute than to the other.
        effect: the difference of both means in standard deviations of all.
        p: the share of all partitions of the target words into two halves whose difference is at least as large.
    """

    first: Float[Tensor, " n"]
    second: Float[Tensor, " n"]
    effect: float
    p: float


def association(
    first: Float[Tensor, "n d"], second: Float[Tensor, "n d"], one: Float[Tensor, "a d"], other: Float[Tensor, "b d"]
) -> Association:
    """Whether the first target words are nearer to the one attribute, the second ones to the other.

    Args:
        first, second: vectors of two equally large groups of target words.
        one, other: vectors of two groups of attribute words.

    The p-value is exact, over all partitions, where there are at most 20,000; else so many are drawn, always the same
    ones, and the partition that was found counts as one of them.
    """
    targets, one, other = (normalize(vectors.double(), dim=1) for vectors in (torch.cat([first, second]), one, other))
    nearer = (targets @ one.T).mean(dim=1) - (targets @ other.T).mean(dim=1)  # [2 n]
    n = len(first)
    found = nearer[:n].sum()
    halves = _halves(2 * n, n)
    exceeds = nearer[halves].sum(dim=1) >= found - 1e-12
    effect = (nearer[:n].mean() - nearer[n:].mean()) / nearer.std()
    return Association(nearer[:n], nearer[n:], float(effect), float(exceeds.double().mean()))


def _halves(count: int, size: int) -> Tensor:
    """Which words form the first half: in all ways, or in many that are drawn."""
    ways = torch.tensor(float(count)).add(1).lgamma() - 2 * torch.tensor(float(size)).add(1).lgamma()
    if float(ways.exp()) <= EXACT + 0.5:
        return torch.combinations(torch.arange(count), size)
    rng = torch.Generator().manual_seed(0)
    drawn = torch.rand(EXACT - 1, count, generator=rng).argsort(dim=1)[:, :size]
    return torch.cat([torch.arange(size)[None], drawn])
