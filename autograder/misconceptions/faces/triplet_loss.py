"""Unit 07: wrong versions of `triplet_loss`."""

import torch

from autograder.misconceptions import wrong


def _squared(one, other):
    return ((one - other) ** 2).sum(dim=1)


def _unhinged(anchor, positive, negative, margin):
    """What each triplet costs before the maximum with 0."""
    return _squared(anchor, positive) - _squared(anchor, negative) + margin


def _mean(costs):
    return costs.sum() / max(1, len(costs))


@wrong(
    "triplet_loss",
    "no-hinge",
    "Satisfied triplets give a negative loss and the network pushes for ever.",
)
def no_hinge(anchor, positive, negative, margin):
    return _mean(_unhinged(anchor, positive, negative, margin))


@wrong("triplet_loss", "hinge-of-mean", "The maximum with 0 belongs to each triplet, before the mean.")
def hinge_of_mean(anchor, positive, negative, margin):
    return _mean(_unhinged(anchor, positive, negative, margin)).clamp(min=0)


@wrong("triplet_loss", "swapped", "You push the same person apart.")
def swapped(anchor, positive, negative, margin):
    return _mean(_unhinged(anchor, negative, positive, margin).relu())


ROOTED = "The distances are squared here; the margin means something else otherwise."


@wrong("triplet_loss", "rooted", ROOTED)
def rooted(anchor, positive, negative, margin):
    return _mean(((anchor - positive).norm(dim=1) - (anchor - negative).norm(dim=1) + margin).relu())


@wrong("triplet_loss", "rooted-sqrt", ROOTED)
def rooted_sqrt(anchor, positive, negative, margin):
    return _mean((_squared(anchor, positive).sqrt() - _squared(anchor, negative).sqrt() + margin).relu())


@wrong(
    "triplet_loss",
    "margin-minus",
    "The sign of the margin is wrong: triplets count as solved before they are.",
)
def margin_minus(anchor, positive, negative, margin):
    return _mean(_unhinged(anchor, positive, negative, -margin).relu())


@wrong("triplet_loss", "no-margin", "The margin is missing: a negative just behind the positive is not far enough.")
def no_margin(anchor, positive, negative, margin):
    return _mean(_unhinged(anchor, positive, negative, 0.0).relu())


@wrong(
    "triplet_loss",
    "active-mean",
    "You average over the active triplets only, which is the convention of some libraries; here all count.",
)
def active_mean(anchor, positive, negative, margin):
    costs = _unhinged(anchor, positive, negative, margin).relu()
    return costs.sum() / max(1, int((costs > 0).sum()))


@wrong("triplet_loss", "summed", "Sum instead of mean: the step grows with the number of triplets.")
def summed(anchor, positive, negative, margin):
    return _unhinged(anchor, positive, negative, margin).relu().sum()


@wrong("triplet_loss", "each", "You return the cost of each triplet. The loss is one number, their mean.")
def each(anchor, positive, negative, margin):
    return _unhinged(anchor, positive, negative, margin).relu()


@wrong("triplet_loss", "nan", "Without a triplet your loss is NaN.")
def nan(anchor, positive, negative, margin):
    return _unhinged(anchor, positive, negative, margin).relu().mean()


@wrong(
    "triplet_loss",
    "no-graph",
    "Without a triplet your 0 is a number of its own, and `backward` fails. Compute it from the embeddings.",
    slip=True,
)
def no_graph(anchor, positive, negative, margin):
    return nan(anchor, positive, negative, margin) if len(anchor) else torch.tensor(0.0)


@wrong(
    "triplet_loss",
    "own-leaf",
    "Without a triplet your 0 is a number of its own: with `requires_grad` `backward` runs, but no gradient arrives. "
    "Compute it from the embeddings.",
    slip=True,
)
def own_leaf(anchor, positive, negative, margin):
    return nan(anchor, positive, negative, margin) if len(anchor) else torch.zeros((), requires_grad=True)


@wrong(
    "triplet_loss",
    "nan-gradient",
    "A root that you square again has an infinite slope at 0: where two images are equal, your gradient is NaN.",
)
def nan_gradient(anchor, positive, negative, margin):
    near, far = (_squared(anchor, other).sqrt() ** 2 for other in (positive, negative))
    return _mean((near - far + margin).relu())


@wrong(
    "triplet_loss",
    "averaged-distances",
    "You average over the numbers of an embedding. A squared distance is their sum.",
)
def averaged_distances(anchor, positive, negative, margin):
    near, far = (((anchor - other) ** 2).mean(dim=1) for other in (positive, negative))
    return _mean((near - far + margin).relu())


@wrong("triplet_loss", "normalises", "You normalise the embeddings first; they are to be taken as they are.")
def normalises(anchor, positive, negative, margin):
    unit = [one / one.norm(dim=1, keepdim=True).clamp(min=1e-12) for one in (anchor, positive, negative)]
    return _mean(_unhinged(*unit, margin).relu())


@wrong(
    "triplet_loss",
    "from-the-positive",
    "Your second distance is from the positive to the negative. Both are measured from the anchor.",
)
def from_the_positive(anchor, positive, negative, margin):
    return _mean((_squared(anchor, positive) - _squared(positive, negative) + margin).relu())


@wrong("triplet_loss", "softplus", "A soft maximum never lets a triplet go. Here a solved one costs exactly 0.")
def softplus(anchor, positive, negative, margin):
    return _mean(torch.nn.functional.softplus(_unhinged(anchor, positive, negative, margin)))
