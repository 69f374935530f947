"""Unit 07: what wrong versions of `verification_roc` and `lfw_accuracy` have in common."""

import torch


def refuse_nan(distances):
    """An error for a pair that was never measured."""
    if distances.isnan().any():
        raise ValueError("NaN")


def refuse_one_kind(same):
    """An error where all pairs show one person, or none does."""
    if same.all() or not same.any():
        raise ValueError("one kind")


def every_threshold(distances):
    """One that accepts nothing, and each distance that occurs, rising."""
    return torch.cat([distances.new_full((1,), -torch.inf), distances.unique()])


def refuse_single_fold(folds):
    """An error where no other fold can choose a threshold."""
    if len(folds.unique()) < 2:
        raise ValueError("one fold")


def refuse_pairs(distances, same, folds):
    """All that `lfw_accuracy` refuses."""
    refuse_nan(distances)
    refuse_one_kind(same)
    refuse_single_fold(folds)


def best(distances, same, thresholds=None):
    """The first threshold that gets the most of these pairs right."""
    thresholds = every_threshold(distances) if thresholds is None else thresholds
    right = ((distances <= thresholds[:, None]) == same).sum(dim=1)
    return thresholds[right.argmax()]


def accuracy(accepted, same):
    """The share of right pairs."""
    return (accepted == same).double().mean()


def shares(distances, same, folds, measure=accuracy, chosen_by=torch.logical_not, tested_by=torch.clone, pick=best):
    """What `measure` says of each fold: some of all pairs choose its threshold, some are tested."""
    found = []
    for fold in folds.unique():
        chosen, tested = chosen_by(folds == fold), tested_by(folds == fold)
        threshold = pick(distances[chosen], same[chosen])
        found.append(measure(distances[tested] <= threshold, same[tested]))
    return torch.stack(found)


def reported(found):
    """Mean and standard error."""
    return found.mean().item(), (found.std() / len(found) ** 0.5).item()
