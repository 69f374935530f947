"""Unit 08: wrong versions of `negative_sampling_loss`."""

import torch
from torch.nn.functional import cross_entropy, logsigmoid, normalize

from autograder.misconceptions import wrong


def _scores(center, context, negatives):
    """Of each pair's context [b], and of its noise words [b, k]."""
    return (center * context).sum(dim=1), torch.einsum("bd,bkd->bk", center, negatives)


@wrong(
    "negative_sampling_loss",
    "attracts-noise",
    "You pull the noise words closer: their scores lack the minus before the sigmoid.",
)
def attracts_noise(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -(logsigmoid(true) + logsigmoid(noise).sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "pushes-context",
    "You push the true context away: its score has a minus before the sigmoid that belongs to the noise.",
)
def pushes_context(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -(logsigmoid(-true) + logsigmoid(noise).sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "gain",
    "Your sign is turned: training lowers a loss, and yours falls where the network gets worse.",
)
def gain(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return (logsigmoid(true) + logsigmoid(-noise).sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "mean-over-k",
    "You average over the noise words. The k of them are summed; averaged, they weigh as one.",
)
def mean_over_k(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    k = max(1, noise.shape[1])
    return -(logsigmoid(true) + logsigmoid(-noise).sum(dim=1) / k).mean()


@wrong(
    "negative_sampling_loss",
    "mean-of-all",
    "You average over all k + 1 questions. The costs of a pair are summed, and the pairs averaged.",
)
def mean_of_all(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -torch.cat([logsigmoid(true)[:, None], logsigmoid(-noise)], dim=1).mean()


@wrong("negative_sampling_loss", "summed", "You sum over the pairs. The loss is their mean.")
def summed(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -(logsigmoid(true) + logsigmoid(-noise).sum(dim=1)).sum()


@wrong(
    "negative_sampling_loss",
    "sum-of-scores",
    "You sum the scores of the noise words before the sigmoid. Each noise word has its own yes or no.",
)
def sum_of_scores(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    asked = logsigmoid(-noise.sum(dim=1)) if noise.shape[1] else torch.zeros_like(true)
    return -(logsigmoid(true) + asked).mean()


@wrong(
    "negative_sampling_loss",
    "unstable",
    "For a score of 100 your loss is infinite: 1 - sigmoid is 0 there. Take the logarithm of the sigmoid as one "
    "function.",
)
def unstable(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -(true.sigmoid().log() + (1 - noise.sigmoid()).log().sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "clamped",
    "A number added or a limit set inside of the logarithm makes large scores too cheap. Take the logarithm of the "
    "sigmoid as one function.",
)
def clamped(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -((true.sigmoid() + 1e-10).log() + (1 - noise.sigmoid() + 1e-10).log().sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "softmax",
    "That is a softmax over the context and the noise. Negative sampling asks k + 1 separate yes-or-no questions.",
)
def softmax(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    scores = torch.cat([true[:, None], noise], dim=1)
    return cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))


@wrong(
    "negative_sampling_loss",
    "context-negatives",
    "Your noise words meet the context. It is the **centre** that has to be told apart from them.",
)
def context_negatives(center, context, negatives):
    true, noise = _scores(center, context, negatives)[0], _scores(context, center, negatives)[1]
    return -(logsigmoid(true) + logsigmoid(-noise).sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "cosine",
    "You make the vectors as long as 1. Plain dot products are asked for: their length carries information here.",
)
def cosine(center, context, negatives):
    true, noise = _scores(normalize(center, dim=1), normalize(context, dim=1), normalize(negatives, dim=2))
    return -(logsigmoid(true) + logsigmoid(-noise).sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "no-logarithm",
    "You add probabilities. The cost of a question is the negative logarithm of its probability.",
)
def no_logarithm(center, context, negatives):
    true, noise = _scores(center, context, negatives)
    return -(true.sigmoid() + (-noise).sigmoid().sum(dim=1)).mean()


@wrong(
    "negative_sampling_loss",
    "every-pair",
    "Each centre meets the contexts of all other pairs in your loss. The i-th centre has the i-th context, and its own "
    "noise words.",
)
def every_pair(center, context, negatives):
    _, noise = _scores(center, context, negatives)
    return -(logsigmoid(center @ context.T).mean(dim=1) + logsigmoid(-noise).sum(dim=1)).mean()
