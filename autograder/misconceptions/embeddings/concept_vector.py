"""Unit 08: wrong versions of `concept_vector`."""

import torch
from torch.nn.functional import normalize

from autograder.misconceptions import wrong


def _groups(latents, has, lacks):
    """The latents of both groups; an error where one is empty."""
    groups = {"has": latents[has.bool()], "lacks": latents[lacks.bool()]}
    for name, group in groups.items():
        if not len(group):
            raise ValueError(f"no latent in {name}")
    return groups["has"], groups["lacks"]


@wrong("concept_vector", "reversed", "Your vector takes the concept away. The latents that have it come first.")
def reversed_groups(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return without.mean(dim=0) - with_it.mean(dim=0)


@wrong("concept_vector", "sums", "You take sums. With groups of unequal size a difference of sums is none of means.")
def sums(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return with_it.sum(dim=0) - without.sum(dim=0)


@wrong(
    "concept_vector",
    "first-only",
    "You take the first latent of each group. One example carries its own pose and light along: average.",
)
def first_only(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return with_it[0] - without[0]


@wrong("concept_vector", "unit", "You make the vector as long as 1. Its length says how far to go: leave it.")
def unit(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return normalize(with_it.mean(dim=0) - without.mean(dim=0), dim=0)


@wrong(
    "concept_vector",
    "wrong-axis",
    "You average within a latent. The mean goes over the latents of a group, number by number.",
)
def wrong_axis(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return with_it.mean(dim=1) - without.mean(dim=1)


@wrong("concept_vector", "one-number", "You average over everything. The answer has as many numbers as a latent.")
def one_number(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return with_it.mean() - without.mean()


@wrong(
    "concept_vector",
    "mask-as-index",
    "Zeros and ones used as an index pick the first two latents again and again. Make truth values of them first.",
)
def mask_as_index(latents, has, lacks):
    _groups(latents, has, lacks)
    picked = [latents[mask if mask.dtype == torch.bool else mask.long()] for mask in (has, lacks)]
    return picked[0].mean(dim=0) - picked[1].mean(dim=0)


@wrong(
    "concept_vector",
    "mean-of-all",
    "You subtract the mean of all latents. Those that lack the concept are asked for, and no others.",
)
def mean_of_all(latents, has, lacks):
    with_it, _ = _groups(latents, has, lacks)
    return with_it.mean(dim=0) - latents.mean(dim=0)


@wrong(
    "concept_vector",
    "not-has",
    "You take all latents that are not in `has`. Some belong to no group: `lacks` says which ones to take.",
)
def not_has(latents, has, lacks):
    with_it, _ = _groups(latents, has, lacks)
    return with_it.mean(dim=0) - latents[~has.bool()].mean(dim=0)


@wrong(
    "concept_vector",
    "divided-by-all",
    "You divide both sums by the number of all latents. Each group has its own number.",
)
def divided_by_all(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return (with_it.sum(dim=0) - without.sum(dim=0)) / len(latents)


@wrong("concept_vector", "added", "You add both means. What both groups have in common must go: subtract.")
def added(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return with_it.mean(dim=0) + without.mean(dim=0)


@wrong("concept_vector", "has-alone", "That is the mean of those that have the concept. All they share is in it, too.")
def has_alone(latents, has, lacks):
    with_it, _ = _groups(latents, has, lacks)
    return with_it.mean(dim=0)


@wrong("concept_vector", "median", "You take the median of each group; its mean is asked for.")
def median(latents, has, lacks):
    with_it, without = _groups(latents, has, lacks)
    return with_it.quantile(0.5, dim=0) - without.quantile(0.5, dim=0)


@wrong(
    "concept_vector",
    "silent-empty",
    "A group without any latent passes in silence, as NaN. Say which group it is.",
    slip=True,
)
def silent_empty(latents, has, lacks):
    return latents[has.bool()].mean(dim=0) - latents[lacks.bool()].mean(dim=0)


@wrong(
    "concept_vector",
    "nameless-empty",
    "Your error does not say which of the two groups is empty.",
    slip=True,
)
def nameless_empty(latents, has, lacks):
    if not has.any() or not lacks.any():
        raise ValueError("a group is empty")
    return latents[has.bool()].mean(dim=0) - latents[lacks.bool()].mean(dim=0)
