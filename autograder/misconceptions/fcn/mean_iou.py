"""Unit 05: wrong versions of `mean_iou`."""

from autograder.misconceptions import wrong


def _of(confusion):
    """Hits, pixels and predictions of each class."""
    confusion = confusion.double()
    return confusion.diag(), confusion.sum(dim=1), confusion.sum(dim=0)


def _mean(share, below):
    """The mean over the classes for which something stands below the line."""
    return (share[below > 0] / below[below > 0]).mean().item()


@wrong(
    "mean_iou",
    "pixel-accuracy",
    "That is pixel accuracy: a large background hides everything else.",
)
def pixel_accuracy(confusion):
    return (confusion.trace() / confusion.sum()).item()


@wrong(
    "mean_iou",
    "recall",
    "That is the mean class accuracy, hits by pixels; it does not punish painting too much.",
)
def recall(confusion):
    hits, pixels, _ = _of(confusion)
    return _mean(hits, pixels)


@wrong(
    "mean_iou",
    "precision",
    "You divide by what was predicted: the mean precision does not punish what was overlooked.",
)
def precision(confusion):
    hits, _, predicted = _of(confusion)
    return _mean(hits, predicted)


@wrong("mean_iou", "dice", "That is Dice, always at least as large as IoU.")
def dice(confusion):
    hits, pixels, predicted = _of(confusion)
    return _mean(2 * hits, pixels + predicted)


@wrong("mean_iou", "tp-twice", "The correct pixels are counted twice below: a perfect result gives 0.5.")
def tp_twice(confusion):
    hits, pixels, predicted = _of(confusion)
    return _mean(hits, pixels + predicted)


@wrong("mean_iou", "absent-zero", "A class that occurs nowhere lowers your mean. Leave it out.")
def absent_zero(confusion):
    hits, pixels, predicted = _of(confusion)
    return (hits / (pixels + predicted - hits).clamp(min=1)).mean().item()


@wrong("mean_iou", "absent-one", "A class that occurs nowhere counts as perfect and raises your mean. Leave it out.")
def absent_one(confusion):
    hits, pixels, predicted = _of(confusion)
    union = pixels + predicted - hits
    return (hits / union).nan_to_num(1.0).mean().item()


@wrong("mean_iou", "no-background", "You leave class 0 out. Background is a class here as well.")
def no_background(confusion):
    hits, pixels, predicted = _of(confusion)
    return _mean(hits[1:], (pixels + predicted - hits)[1:])


@wrong("mean_iou", "nan", "One absent class makes the whole mean NaN: 0 / 0 is no number.")
def nan(confusion):
    hits, pixels, predicted = _of(confusion)
    return (hits / (pixels + predicted - hits)).mean().item()


@wrong(
    "mean_iou",
    "only-occurring",
    "You leave out every class that does not occur, even one that was predicted. Such a prediction is a mistake and "
    "counts with 0.",
)
def only_occurring(confusion):
    hits, pixels, predicted = _of(confusion)
    there = pixels > 0
    return (hits[there] / (pixels + predicted - hits)[there]).mean().item()


@wrong(
    "mean_iou",
    "added-first",
    "You add up hits and unions of all classes before you divide: then large classes decide. Divide first.",
)
def added_first(confusion):
    hits, pixels, predicted = _of(confusion)
    return (hits.sum() / (pixels + predicted - hits).sum()).item()


@wrong(
    "mean_iou",
    "weighted",
    "You weigh each class by its pixels: that is the frequency-weighted IoU. Here all classes count alike.",
)
def weighted(confusion):
    hits, pixels, predicted = _of(confusion)
    union = (pixels + predicted - hits).clamp(min=1)
    return ((pixels * hits / union).sum() / pixels.sum()).item()


@wrong("mean_iou", "one-each", "You return a number for each class. The mean over the classes is asked for.")
def one_each(confusion):
    hits, pixels, predicted = _of(confusion)
    return hits / (pixels + predicted - hits)


@wrong(
    "mean_iou",
    "nothing-zero",
    "Without any pixel you return 0, which says that everything was wrong. Nothing was measured: NaN.",
    slip=True,
)
def nothing_zero(confusion):
    hits, pixels, predicted = _of(confusion)
    union = pixels + predicted - hits
    return (hits[union > 0] / union[union > 0]).sum().item() / max(1, int((union > 0).sum()))
