"""Unit 08: wrong versions of `noise_distribution`."""

import torch

from autograder.misconceptions import wrong


def _checked(counts):
    if not counts.sum() > 0:
        raise ValueError("an empty corpus")
    return counts.double()


def _shares(weights):
    return (weights / weights.sum()).float()


@wrong("noise_distribution", "unigram", "The power is ignored: frequent words fill all the noise.")
def unigram(counts, power):
    return _shares(_checked(counts))


@wrong(
    "noise_distribution",
    "always-three-quarters",
    "You always take 0.75. The power is an argument, and 0.75 only its usual value.",
)
def always_three_quarters(counts, power):
    return _shares(_checked(counts) ** 0.75)


@wrong("noise_distribution", "uniform", "All words alike; the power 0.75 lies between this and the counts.")
def uniform(counts, power):
    return _shares((_checked(counts) > 0).double())


@wrong(
    "noise_distribution",
    "sums-above-one",
    "Your probabilities do not sum to 1: you divide by the length of the text and take the power after that.",
)
def sums_above_one(counts, power):
    frequencies = _checked(counts) / counts.sum()
    return torch.where(counts > 0, frequencies**power, 0.0).float()


@wrong(
    "noise_distribution",
    "by-words",
    "Your probabilities do not sum to 1: you divide the powers by the length of the text. Divide by their sum.",
)
def by_words(counts, power):
    weights = torch.where(counts > 0, _checked(counts) ** power, 0.0)
    return (weights / counts.sum()).float()


@wrong("noise_distribution", "not-normalised", "These are weights, not yet probabilities: their sum is not 1.")
def not_normalised(counts, power):
    return torch.where(counts > 0, _checked(counts) ** power, 0.0).float()


@wrong(
    "noise_distribution",
    "by-largest",
    "You divide by the largest weight, so that one word has the probability 1. Divide by the sum.",
)
def by_largest(counts, power):
    weights = torch.where(counts > 0, _checked(counts) ** power, 0.0)
    return (weights / weights.max()).float()


@wrong(
    "noise_distribution",
    "inverse-power",
    "You make frequent words more frequent: the power is 1 divided by what was asked for.",
)
def inverse_power(counts, power):
    return _shares(_checked(counts) ** (1 / power))


@wrong("noise_distribution", "logarithm", "You take the logarithm of the counts. It is the power.")
def logarithm(counts, power):
    _checked(counts)
    return _shares(torch.where(counts > 0, (counts.double() + 1).log(), 0.0))


@wrong("noise_distribution", "softmax", "You take a softmax of the counts. Powers of the counts are asked for.")
def softmax(counts, power):
    return (_checked(counts) * power).softmax(dim=0).float()


@wrong(
    "noise_distribution",
    "zero-to-zero",
    "With the power 0 a word that never occurs gets a share: 0 to the power of 0 is 1 for a computer. It must never be "
    "drawn.",
)
def zero_to_zero(counts, power):
    return _shares(_checked(counts) ** power)


@wrong(
    "noise_distribution",
    "smoothed",
    "You add one to each count, so that a word which never occurs can be drawn. The counts are taken as they are.",
)
def smoothed(counts, power):
    return _shares((_checked(counts) + 1) ** power)


@wrong(
    "noise_distribution",
    "silent-empty",
    "An empty corpus passes in silence. There is no word to draw: raise a ValueError.",
    slip=True,
)
def silent_empty(counts, power):
    return _shares(torch.where(counts > 0, counts.double() ** power, 0.0))
