"""Unit 07: wrong versions of `verification_roc`."""

import torch

from autograder.misconceptions import wrong
from autograder.misconceptions.faces.shared import every_threshold, refuse_nan, refuse_one_kind


def _refuse(distances, same):
    refuse_nan(distances)
    refuse_one_kind(same)


def _accepted(distances, same, thresholds):
    """At each threshold how many pairs of two persons are accepted, and how many of one."""
    accepted = distances <= thresholds[:, None]
    return (accepted & ~same).sum(dim=1), (accepted & same).sum(dim=1)


def _rates(distances, same, thresholds):
    wrong_ones, right_ones = _accepted(distances, same, thresholds)
    return wrong_ones / (~same).sum(), right_ones / same.sum()


@wrong(
    "verification_roc",
    "similarity",
    "You accept the pairs that are far apart: your curve falls. A small distance means the same person.",
)
def similarity(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    accepted = distances >= thresholds[:, None]
    return (accepted & ~same).sum(dim=1) / (~same).sum(), (accepted & same).sum(dim=1) / same.sum(), thresholds


@wrong("verification_roc", "exchanged", "Your false and true accept rates are exchanged: (far, tar, thresholds).")
def exchanged(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    far, tar = _rates(distances, same, thresholds)
    return tar, far, thresholds


@wrong(
    "verification_roc",
    "thresholds-first",
    "Your thresholds come first. The three belong in this order: (far, tar, thresholds).",
)
def thresholds_first(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    return thresholds, *_rates(distances, same, thresholds)


@wrong(
    "verification_roc",
    "over-all",
    "You divide by all pairs. Each rate has its own kind below the bar: the pairs of two persons, or of one.",
)
def over_all(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    wrong_ones, right_ones = _accepted(distances, same, thresholds)
    return wrong_ones / len(same), right_ones / len(same), thresholds


@wrong(
    "verification_roc",
    "of-the-accepted",
    "You divide by the pairs that are accepted: of those you tell which share is wrong. Divide by all pairs of a kind.",
)
def of_the_accepted(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    wrong_ones, right_ones = _accepted(distances, same, thresholds)
    accepted = (wrong_ones + right_ones).clamp(min=1)
    return wrong_ones / accepted, right_ones / accepted, thresholds


@wrong("verification_roc", "reject-rate", "You give the false reject rate, 1 − TAR, in place of the true accept rate.")
def reject_rate(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    far, tar = _rates(distances, same, thresholds)
    return far, 1 - tar, thresholds


@wrong("verification_roc", "counts", "You give numbers of pairs. Rates are shares, from 0 to 1.")
def counts(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    wrong_ones, right_ones = _accepted(distances, same, thresholds)
    return wrong_ones.to(distances), right_ones.to(distances), thresholds


@wrong(
    "verification_roc",
    "grid",
    "Your thresholds are a grid from 0 to 4: it steps over distances that are close, and ends before large ones. Use "
    "the distances themselves.",
)
def grid(distances, same):
    _refuse(distances, same)
    thresholds = torch.arange(0, 4, 0.01)
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "split-ties",
    "You make a point of every pair, also where distances are equal. These are accepted together: one point.",
)
def split_ties(distances, same):
    _refuse(distances, same)
    order = distances.argsort(stable=True)
    nothing = torch.zeros(1, dtype=torch.int64)
    right_ones = torch.cat([nothing, same[order].long().cumsum(0)])
    wrong_ones = torch.cat([nothing, (~same[order]).long().cumsum(0)])
    thresholds = torch.cat([distances.new_full((1,), -torch.inf), distances[order]])
    return wrong_ones / (~same).sum(), right_ones / same.sum(), thresholds


@wrong(
    "verification_roc",
    "below",
    "You accept distances below the threshold only. A distance of exactly the threshold is accepted: “at most”.",
)
def below(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances)
    accepted = distances < thresholds[:, None]
    return (accepted & ~same).sum(dim=1) / (~same).sum(), (accepted & same).sum(dim=1) / same.sum(), thresholds


@wrong(
    "verification_roc",
    "no-origin",
    "Your curve begins at the first distance. It begins at (0, 0), with a threshold that accepts no pair: −∞.",
)
def no_origin(distances, same):
    _refuse(distances, same)
    thresholds = distances.unique()
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "from-zero",
    "Your first threshold is 0. Two identical images are at distance 0 and would be accepted there, but not at −∞.",
)
def from_zero(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances).clamp(min=0)
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "falling",
    "Your thresholds fall. They rise here, from the threshold that accepts nothing to the one that accepts all.",
)
def falling(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances).flip(0)
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "unsorted",
    "Your thresholds stand in the order of the pairs. They must rise, so that the points make a curve.",
)
def unsorted(distances, same):
    _refuse(distances, same)
    seen = torch.tensor(list(dict.fromkeys(distances.tolist()))).to(distances)
    thresholds = torch.cat([distances.new_full((1,), -torch.inf), seen])
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "nearest-of-one-person",
    "Your thresholds are the distances of pairs of one person only. FAR changes at the distances of the others.",
)
def of_one_person(distances, same):
    _refuse(distances, same)
    thresholds = every_threshold(distances[same])
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "nan-counted",
    "Yours does not refuse a distance that is NaN. Such a pair was never measured, and must not be counted.",
    slip=True,
)
def nan_counted(distances, same):
    refuse_one_kind(same)
    thresholds = every_threshold(distances)
    return *_rates(distances, same, thresholds), thresholds


@wrong(
    "verification_roc",
    "one-kind",
    "With pairs of one kind only, one of your rates has nothing below the bar. Refuse them with a ValueError.",
    slip=True,
)
def one_kind(distances, same):
    refuse_nan(distances)
    thresholds = every_threshold(distances)
    return *_rates(distances, same, thresholds), thresholds
