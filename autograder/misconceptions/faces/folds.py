"""Unit 07: wrong versions of `lfw_accuracy`: which pairs choose a threshold, which are tested, and which it is."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.faces.shared import (
    accuracy,
    best,
    every_threshold,
    refuse_nan,
    refuse_one_kind,
    refuse_pairs,
    reported,
    shares,
)


@wrong("lfw_accuracy", "own-fold", "You choose a fold's threshold on the very pairs that you then test with it.")
def own_fold(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, chosen_by=torch.clone))


@wrong(
    "lfw_accuracy",
    "global",
    "One threshold from all pairs: the tested fold has helped to choose it. Each fold has its own, from the others.",
)
def from_all(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, chosen_by=torch.ones_like))


@wrong(
    "lfw_accuracy",
    "one-fold-chooses",
    "You choose the threshold on one fold and test the others. It is the other way round: the others choose.",
)
def one_fold_chooses(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, chosen_by=torch.clone, tested_by=torch.logical_not))


@wrong(
    "lfw_accuracy",
    "not-tested",
    "You report the accuracy on the pairs that chose the threshold. Count the pairs of the fold that was left out.",
)
def not_tested(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, tested_by=torch.logical_not))


@wrong(
    "lfw_accuracy",
    "by-position",
    "You cut the list into equal parts. `folds` says which pair is in which fold; its pairs may stand anywhere.",
)
def by_position(distances, same, folds):
    refuse_pairs(distances, same, folds)
    count = len(folds.unique())
    return reported(shares(distances, same, torch.arange(len(folds)) * count // len(folds)))


@wrong(
    "lfw_accuracy",
    "counted-from-zero",
    "You take the folds for 0, 1, 2 and so on. Any whole numbers may be theirs: go through those that occur.",
)
def counted_from_zero(distances, same, folds):
    refuse_pairs(distances, same, folds)
    found = []
    for fold in range(int(folds.max()) + 1):
        threshold = best(distances[folds != fold], same[folds != fold])
        found.append(accuracy(distances[folds == fold] <= threshold, same[folds == fold]))
    return reported(torch.stack(found))


@wrong(
    "lfw_accuracy",
    "coarse-grid",
    "Your thresholds are a grid, with wider steps than the distances have. Try the distances themselves.",
)
def coarse_grid(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, pick=_on_a_grid))


def _on_a_grid(distances, same):
    return best(distances, same, torch.arange(0, 4, 0.1))


@wrong(
    "lfw_accuracy",
    "similarity",
    "You accept the pairs that are far apart. A small distance means the same person.",
)
def similarity(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(-distances, same, folds, pick=_turned))


def _turned(distances, same):
    """The last of the best: the smallest threshold before the sign was turned."""
    thresholds = every_threshold(distances).flip(0)
    return best(distances, same, thresholds)


@wrong(
    "lfw_accuracy",
    "mean-of-the-best",
    "You take the mean of the thresholds that are best. Between two of them there may be worse ones: take one of them.",
    slip=True,
)
def mean_of_the_best(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, pick=_mean_of_the_best))


def _mean_of_the_best(distances, same):
    thresholds = every_threshold(distances)
    right = ((distances <= thresholds[:, None]) == same).sum(dim=1)
    return thresholds[right == right.max()].mean()


@wrong(
    "lfw_accuracy",
    "never-nothing",
    "Your lowest threshold is the nearest pair's distance, and accepts that pair. To accept none may be best.",
    slip=True,
)
def never_nothing(distances, same, folds):
    refuse_pairs(distances, same, folds)
    return reported(shares(distances, same, folds, pick=lambda known, kind: best(known, kind, distances.unique())))


@wrong(
    "lfw_accuracy",
    "never-everything",
    "Your highest threshold leaves the furthest pair out. To accept every pair may be best.",
    slip=True,
)
def never_everything(distances, same, folds):
    refuse_pairs(distances, same, folds)
    thresholds = every_threshold(distances)[:-1]
    return reported(shares(distances, same, folds, pick=lambda known, kind: best(known, kind, thresholds)))


@wrong(
    "lfw_accuracy",
    "single-fold",
    "With a single fold nothing is left to choose its threshold, and your error is that of one number. Refuse it.",
    slip=True,
)
def single_fold(distances, same, folds):
    refuse_nan(distances)
    refuse_one_kind(same)
    if len(folds.unique()) > 1:
        return reported(shares(distances, same, folds))
    return accuracy(distances <= best(distances, same), same).item(), 0.0
