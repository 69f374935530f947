"""Unit 07: wrong versions of `pairwise_distances`."""

import torch

from autograder.misconceptions import wrong


def _differences(x):
    return x[:, None] - x


def _by_product(x, times=2):
    """|x|² + |y|² - 2 x·y, as it comes."""
    squares = (x**2).sum(dim=1)
    return squares[:, None] + squares - times * (x @ x.T)


@wrong("pairwise_distances", "rooted", "You take the root. FaceNet's distance, and ours, is squared.")
def rooted(x):
    return _differences(x).norm(dim=2)


@wrong("pairwise_distances", "rooted-sqrt", "You take the root. FaceNet's distance, and ours, is squared.")
def rooted_sqrt(x):
    return (_differences(x) ** 2).sum(dim=2).sqrt()


NEGATIVE = "Rounding makes some of your squared distances negative."


@wrong("pairwise_distances", "negative", NEGATIVE)
def negative(x):
    return _by_product(x)


@wrong("pairwise_distances", "negative-off-diagonal", NEGATIVE)
def negative_off_diagonal(x):
    return _by_product(x) * (1 - torch.eye(len(x), dtype=x.dtype, device=x.device))


@wrong(
    "pairwise_distances",
    "nan-gradient",
    "The root has an infinite slope at 0: for equal rows, and on the diagonal, your gradient is NaN.",
)
def nan_gradient(x):
    return (_differences(x) ** 2).sum(dim=2).sqrt() ** 2


@wrong("pairwise_distances", "cross-term-once", "The mixed term counts twice: −2 x·y.")
def cross_term_once(x):
    return _by_product(x, times=1)


NORMALISES = "You normalise first; that is the embedding's business."


def _unit(x):
    return x / x.norm(dim=1, keepdim=True).clamp(min=1e-12)


@wrong("pairwise_distances", "normalises", NORMALISES)
def normalises(x):
    return (_differences(_unit(x)) ** 2).sum(dim=2)


@wrong("pairwise_distances", "cosines", NORMALISES)
def cosines(x):
    return 2 - 2 * _unit(x) @ _unit(x).T


@wrong("pairwise_distances", "cosines-not-below-0", NORMALISES)
def cosines_not_below_0(x):
    return cosines(x).clamp(min=0)


@wrong("pairwise_distances", "noisy-diagonal", "A face differs from itself: set the diagonal to 0.")
def noisy_diagonal(x):
    return _by_product(x).clamp(min=0)


@wrong(
    "pairwise_distances",
    "averaged",
    "You average over the numbers of an embedding. A squared distance is their sum.",
)
def averaged(x):
    return (_differences(x) ** 2).mean(dim=2)


@wrong("pairwise_distances", "city-block", "You add absolute differences. Ours are squared before they are added.")
def city_block(x):
    return _differences(x).abs().sum(dim=2)


@wrong("pairwise_distances", "product", "This is the product x·y, large for equal faces. A distance is small for them.")
def product(x):
    return x @ x.T


@wrong(
    "pairwise_distances",
    "one-half",
    "One half of your table is empty. From j to i it is as far as from i to j: fill in both.",
)
def one_half(x):
    return (_differences(x) ** 2).sum(dim=2).triu()


@wrong(
    "pairwise_distances",
    "cut",
    "Your distances are right, but no gradient comes back to x: the network cannot learn from them.",
)
def cut(x):
    return (_differences(x.detach()) ** 2).sum(dim=2)
