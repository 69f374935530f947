"""Unit 07: wrong versions of `lfw_accuracy`: what is counted in a fold, and what is reported of all of them."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.faces.shared import (
    accuracy,
    refuse_nan,
    refuse_one_kind,
    refuse_pairs,
    refuse_single_fold,
    reported,
    shares,
)


def _right_shares(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return shares(distances, same, folds)


@wrong(
    "lfw_accuracy",
    "deviation",
    "You report how far the folds lie apart. The standard error is that, divided by the root of their number.",
)
def deviation(distances, same, folds):
    found = _right_shares(distances, same, folds)
    return found.mean().item(), found.std().item()


@wrong(
    "lfw_accuracy",
    "ddof-zero",
    "Your folds are a sample: divide their squared deviations by the number of folds less one.",
)
def ddof_zero(distances, same, folds):
    found = _right_shares(distances, same, folds)
    return found.mean().item(), (found.std(correction=0) / len(found) ** 0.5).item()


@wrong(
    "lfw_accuracy",
    "without-root",
    "You divide the deviation by the number of folds. The mean of more folds gets better by the root only.",
)
def without_root(distances, same, folds):
    found = _right_shares(distances, same, folds)
    return found.mean().item(), (found.std() / len(found)).item()


@wrong(
    "lfw_accuracy",
    "by-pairs",
    "You take the error of a share of n pairs. The folds show how far it spreads: take their standard deviation.",
)
def by_pairs(distances, same, folds):
    mean = _right_shares(distances, same, folds).mean().item()
    return mean, (mean * (1 - mean) / len(same)) ** 0.5


@wrong("lfw_accuracy", "pooled", "You count all pairs together. Each fold counts once, however many pairs it has.")
def pooled(distances, same, folds):
    found = _right_shares(distances, same, folds)
    sizes = torch.stack([(folds == fold).sum() for fold in folds.unique()])
    return ((found * sizes).sum() / sizes.sum()).item(), reported(found)[1]


@wrong(
    "lfw_accuracy",
    "recall-only",
    "You count the pairs of one person only. A pair of two persons that is not accepted is right as well.",
)
def recall_only(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, _recall))


def _recall(accepted, same):
    return (accepted & same).sum().double() / same.sum()


@wrong(
    "lfw_accuracy",
    "accepted-only",
    "You divide the pairs that are rightly accepted by all pairs. Those that are rightly not accepted count, too.",
)
def accepted_only(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, _rightly_accepted))


def _rightly_accepted(accepted, same):
    return (accepted & same).double().mean()


@wrong(
    "lfw_accuracy",
    "balanced",
    "You average the shares of both kinds. Accuracy counts each pair once, of whatever kind it is.",
)
def balanced(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, _of_both_kinds))


def _of_both_kinds(accepted, same):
    return (accuracy(accepted[same], same[same]) + accuracy(accepted[~same], same[~same])) / 2


@wrong("lfw_accuracy", "percent", "You give percent. The mean is a share from 0 to 1, and its error is one as well.")
def percent(distances, same, folds):
    mean, error = reported(_right_shares(distances, same, folds))
    return 100 * mean, 100 * error


@wrong("lfw_accuracy", "exchanged", "Mean and standard error are exchanged: the mean comes first.")
def exchanged(distances, same, folds):
    mean, error = reported(_right_shares(distances, same, folds))
    return error, mean


@wrong(
    "lfw_accuracy",
    "nan-counted",
    "Yours does not refuse a distance that is NaN. Such a pair was never measured, and must not be counted.",
    slip=True,
)
def nan_counted(distances, same, folds):
    refuse_one_kind(same)
    refuse_single_fold(folds)
    return reported(shares(distances, same, folds))


@wrong(
    "lfw_accuracy",
    "one-kind",
    "You measure pairs of one kind only. Whoever always says “same” would be right: refuse them with a ValueError.",
    slip=True,
)
def one_kind(distances, same, folds):
    refuse_nan(distances)
    refuse_single_fold(folds)
    return reported(shares(distances, same, folds))
