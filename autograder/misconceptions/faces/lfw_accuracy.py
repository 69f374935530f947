"""Unit 07: wrong versions of `lfw_accuracy`."""

import torch

from autograder.misconceptions import wrong


def _refuse(distances, same, folds):
    if distances.isnan().any():
        raise ValueError("NaN")
    if same.all() or not same.any():
        raise ValueError("one kind")
    if len(folds.unique()) < 2:
        raise ValueError("one fold")


def _best(distances, same, thresholds=None):
    """The first threshold that gets the most of these pairs right."""
    if thresholds is None:
        thresholds = torch.cat([distances.new_full((1,), -torch.inf), distances.unique()])
    right = ((distances <= thresholds[:, None]) == same).sum(dim=1)
    return thresholds[right.argmax()]


def _right(distances, same, threshold):
    return ((distances <= threshold) == same).double()


def _shares(distances, same, folds, **options):
    """The accuracy of each fold."""
    shares = []
    for fold in folds.unique():
        tested = folds == fold
        threshold = _best(distances[~tested], same[~tested], **options)
        shares.append(_right(distances[tested], same[tested], threshold).mean())
    return torch.stack(shares)


def _reported(shares):
    return shares.mean().item(), (shares.std() / len(shares) ** 0.5).item()


@wrong("lfw_accuracy", "own-fold", "You choose a fold's threshold on the very pairs that you then test with it.")
def own_fold(distances, same, folds):
    _refuse(distances, same, folds)
    parts = [folds == fold for fold in folds.unique()]
    shares = [_right(distances[p], same[p], _best(distances[p], same[p])).mean() for p in parts]
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "global",
    "One threshold from all pairs: the tested fold has helped to choose it. Each fold has its own, from the others.",
)
def from_all(distances, same, folds):
    _refuse(distances, same, folds)
    threshold = _best(distances, same)
    shares = [_right(distances[folds == fold], same[folds == fold], threshold).mean() for fold in folds.unique()]
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "one-fold-chooses",
    "You choose the threshold on one fold and test the others. It is the other way round: the others choose.",
)
def one_fold_chooses(distances, same, folds):
    _refuse(distances, same, folds)
    shares = []
    for fold in folds.unique():
        chosen = folds == fold
        threshold = _best(distances[chosen], same[chosen])
        shares.append(_right(distances[~chosen], same[~chosen], threshold).mean())
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "not-tested",
    "You report the accuracy on the pairs that chose the threshold. Count the pairs of the fold that was left out.",
)
def not_tested(distances, same, folds):
    _refuse(distances, same, folds)
    shares = []
    for fold in folds.unique():
        known = folds != fold
        threshold = _best(distances[known], same[known])
        shares.append(_right(distances[known], same[known], threshold).mean())
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "deviation",
    "You report how far the folds lie apart. The standard error is that, divided by the root of their number.",
)
def deviation(distances, same, folds):
    _refuse(distances, same, folds)
    shares = _shares(distances, same, folds)
    return shares.mean().item(), shares.std().item()


@wrong(
    "lfw_accuracy",
    "ddof-zero",
    "Your folds are a sample: divide their squared deviations by the number of folds less one.",
)
def ddof_zero(distances, same, folds):
    _refuse(distances, same, folds)
    shares = _shares(distances, same, folds)
    return shares.mean().item(), (shares.std(correction=0) / len(shares) ** 0.5).item()


@wrong(
    "lfw_accuracy",
    "without-root",
    "You divide the deviation by the number of folds. The mean of more folds gets better by the root only.",
)
def without_root(distances, same, folds):
    _refuse(distances, same, folds)
    shares = _shares(distances, same, folds)
    return shares.mean().item(), (shares.std() / len(shares)).item()


@wrong(
    "lfw_accuracy",
    "by-pairs",
    "You take the error of a share of n pairs. The folds show how far it spreads: take their standard deviation.",
)
def by_pairs(distances, same, folds):
    _refuse(distances, same, folds)
    mean = _shares(distances, same, folds).mean().item()
    return mean, (mean * (1 - mean) / len(same)) ** 0.5


@wrong(
    "lfw_accuracy",
    "pooled",
    "You count all pairs together. Each fold counts once, however many pairs it has.",
)
def pooled(distances, same, folds):
    _refuse(distances, same, folds)
    shares = _shares(distances, same, folds)
    sizes = torch.stack([(folds == fold).sum() for fold in folds.unique()])
    return ((shares * sizes).sum() / sizes.sum()).item(), (shares.std() / len(shares) ** 0.5).item()


@wrong(
    "lfw_accuracy",
    "coarse-grid",
    "Your thresholds are a grid, with wider steps than the distances have. Try the distances themselves.",
)
def coarse_grid(distances, same, folds):
    _refuse(distances, same, folds)
    return _reported(_shares(distances, same, folds, thresholds=torch.arange(0, 4, 0.1)))


@wrong(
    "lfw_accuracy",
    "recall-only",
    "You count the pairs of one person only. A pair of two persons that is not accepted is right as well.",
)
def recall_only(distances, same, folds):
    _refuse(distances, same, folds)
    shares = []
    for fold in folds.unique():
        tested = folds == fold
        threshold = _best(distances[~tested], same[~tested])
        found = (distances[tested] <= threshold) & same[tested]
        shares.append(found.sum().double() / same[tested].sum())
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "accepted-only",
    "You divide the pairs that are rightly accepted by all pairs. Those that are rightly not accepted count, too.",
)
def accepted_only(distances, same, folds):
    _refuse(distances, same, folds)
    shares = []
    for fold in folds.unique():
        tested = folds == fold
        threshold = _best(distances[~tested], same[~tested])
        shares.append(((distances[tested] <= threshold) & same[tested]).double().mean())
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "balanced",
    "You average the shares of both kinds. Accuracy counts each pair once, of whatever kind it is.",
)
def balanced(distances, same, folds):
    _refuse(distances, same, folds)
    shares = []
    for fold in folds.unique():
        tested = folds == fold
        threshold = _best(distances[~tested], same[~tested])
        right, kind = _right(distances[tested], same[tested], threshold), same[tested]
        shares.append((right[kind].mean() + right[~kind].mean()) / 2)
    return _reported(torch.stack(shares))


@wrong(
    "lfw_accuracy",
    "by-position",
    "You cut the list into equal parts. `folds` says which pair is in which fold; its pairs may stand anywhere.",
)
def by_position(distances, same, folds):
    _refuse(distances, same, folds)
    count = len(folds.unique())
    return _reported(_shares(distances, same, torch.arange(len(folds)) * count // len(folds)))


@wrong(
    "lfw_accuracy",
    "similarity",
    "You accept the pairs that are far apart. A small distance means the same person.",
)
def similarity(distances, same, folds):
    _refuse(distances, same, folds)
    shares = []
    for fold in folds.unique():
        tested = folds == fold
        known, kind = distances[~tested], same[~tested]
        thresholds = torch.cat([known.unique(), known.new_full((1,), torch.inf)])
        right = ((known >= thresholds[:, None]) == kind).sum(dim=1)
        shares.append(((distances[tested] >= thresholds[right.argmax()]) == same[tested]).double().mean())
    return _reported(torch.stack(shares))


@wrong("lfw_accuracy", "percent", "You give percent. The mean is a share from 0 to 1, and its error is one as well.")
def percent(distances, same, folds):
    _refuse(distances, same, folds)
    mean, error = _reported(_shares(distances, same, folds))
    return 100 * mean, 100 * error


@wrong("lfw_accuracy", "exchanged", "Mean and standard error are exchanged: the mean comes first.")
def exchanged(distances, same, folds):
    _refuse(distances, same, folds)
    mean, error = _reported(_shares(distances, same, folds))
    return error, mean


@wrong(
    "lfw_accuracy",
    "never-nothing",
    "Your lowest threshold is the nearest pair's distance, and accepts that pair. To accept none may be best.",
    slip=True,
)
def never_nothing(distances, same, folds):
    _refuse(distances, same, folds)
    return _reported(_shares(distances, same, folds, thresholds=distances.unique()))


@wrong(
    "lfw_accuracy",
    "never-everything",
    "Your highest threshold leaves the furthest pair out. To accept every pair may be best.",
    slip=True,
)
def never_everything(distances, same, folds):
    _refuse(distances, same, folds)
    values = distances.unique()
    thresholds = torch.cat([values.new_full((1,), -torch.inf), values[:-1]])
    return _reported(_shares(distances, same, folds, thresholds=thresholds))


@wrong(
    "lfw_accuracy",
    "nan-counted",
    "Yours does not refuse a distance that is NaN. Such a pair was never measured, and must not be counted.",
    slip=True,
)
def nan_counted(distances, same, folds):
    if same.all() or not same.any():
        raise ValueError("one kind")
    if len(folds.unique()) < 2:
        raise ValueError("one fold")
    return _reported(_shares(distances, same, folds))


@wrong(
    "lfw_accuracy",
    "one-kind",
    "You measure pairs of one kind only. Whoever always says “same” would be right: refuse them with a ValueError.",
    slip=True,
)
def one_kind(distances, same, folds):
    if distances.isnan().any():
        raise ValueError("NaN")
    if len(folds.unique()) < 2:
        raise ValueError("one fold")
    return _reported(_shares(distances, same, folds))


@wrong(
    "lfw_accuracy",
    "single-fold",
    "With a single fold nothing is left to choose its threshold, and your error is that of one number. Refuse it.",
    slip=True,
)
def single_fold(distances, same, folds):
    if distances.isnan().any():
        raise ValueError("NaN")
    if same.all() or not same.any():
        raise ValueError("one kind")
    if len(folds.unique()) > 1:
        return _reported(_shares(distances, same, folds))
    return _right(distances, same, _best(distances, same)).mean().item(), 0.0
