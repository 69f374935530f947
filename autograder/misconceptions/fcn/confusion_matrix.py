"""Unit 05: wrong versions of `confusion_matrix`."""

import torch

from autograder.misconceptions import wrong


def _fit(pred, target):
    """Raises where the shapes differ."""
    if pred.shape != target.shape:
        raise ValueError(f"shapes {tuple(pred.shape)} and {tuple(target.shape)}")


def _refuse(pred, target, classes, counted):
    """Raises where the masks cannot be counted."""
    _fit(pred, target)
    for labels in (pred[counted], target[counted]):
        for label in labels[(labels < 0) | (labels >= classes)].tolist():
            raise ValueError(f"label {label}")


def _counts(rows, columns, classes):
    """How often each pair comes: [classes, classes]."""
    return torch.bincount(rows * classes + columns, minlength=classes**2).reshape(classes, classes)


def _pairs(pred, target, classes, ignore):
    """The true and the predicted classes that count."""
    pred, target = pred.long(), target.long()
    counted = target != ignore
    _refuse(pred, target, classes, counted)
    return target[counted], pred[counted]


@wrong("confusion_matrix", "transposed", "Your matrix is transposed: rows are the truth here.")
def transposed(pred, target, classes, ignore):
    return _counts(*_pairs(pred, target, classes, ignore), classes).T


@wrong(
    "confusion_matrix",
    "lost-counts",
    "Repeated pairs count only once: `+=` with index arrays does not accumulate.",
)
def lost_counts(pred, target, classes, ignore):
    matrix = torch.zeros(classes, classes, dtype=torch.int64)
    rows, columns = _pairs(pred, target, classes, ignore)
    matrix[rows, columns] += 1
    return matrix


@wrong(
    "confusion_matrix",
    "void-clamped",
    "Void pixels are in your counts: you move their label to the nearest class. Nobody knows what they show.",
)
def void_clamped(pred, target, classes, ignore):
    pred, target = pred.long(), target.long().clamp(0, classes - 1)
    _refuse(pred, target, classes, target >= 0)
    return _counts(target.flatten(), pred.flatten(), classes)


@wrong(
    "confusion_matrix",
    "void-counted",
    "`ignore` has no effect: void pixels are in your counts, or are refused as labels out of range. Leave them out.",
)
def void_counted(pred, target, classes, ignore):
    pred, target = pred.long(), target.long()
    _refuse(pred, target, classes, target == target)
    return _counts(target.flatten(), pred.flatten(), classes)


@wrong(
    "confusion_matrix",
    "void-by-prediction",
    "You leave out pixels where the prediction is `ignore`. Void is a matter of the truth; a prediction never is void.",
)
def void_by_prediction(pred, target, classes, ignore):
    pred, target = pred.long(), target.long()
    counted = pred != ignore
    _refuse(pred, target, classes, counted)
    return _counts(target[counted], pred[counted], classes)


@wrong(
    "confusion_matrix",
    "void-by-either",
    "You also leave out pixels because of what was predicted there. Only the truth says what is void.",
)
def void_by_either(pred, target, classes, ignore):
    pred, target = pred.long(), target.long()
    counted = (target != ignore) & (pred != ignore)
    _refuse(pred, target, classes, counted)
    return _counts(target[counted], pred[counted], classes)


@wrong(
    "confusion_matrix",
    "size-from-data",
    "Your matrix shrinks when a class is absent. It has `classes` rows and columns, whatever occurs.",
)
def size_from_data(pred, target, classes, ignore):
    rows, columns = _pairs(pred, target, classes, ignore)
    return _counts(rows, columns, int(max(rows.max(), columns.max())) + 1 if len(rows) else classes)


@wrong(
    "confusion_matrix",
    "wraps",
    "A label out of range is counted for another class in silence: the last column is followed by the next row.",
)
def wraps(pred, target, classes, ignore):
    pred, target = pred.long(), target.long()
    counted = target != ignore
    _fit(pred, target)
    return _counts(target[counted], pred[counted], classes)


@wrong(
    "confusion_matrix",
    "dropped",
    "You leave out labels that are no class, in silence. Then a network that predicts nonsense loses nothing.",
)
def dropped(pred, target, classes, ignore):
    _fit(pred, target)
    pred, target = pred.long(), target.long()
    counted = (target != ignore) & (target >= 0) & (target < classes) & (pred >= 0) & (pred < classes)
    return _counts(target[counted], pred[counted], classes)


@wrong("confusion_matrix", "shares", "Your rows sum to 1. A confusion matrix counts: divide later, where you need to.")
def shares(pred, target, classes, ignore):
    counts = _counts(*_pairs(pred, target, classes, ignore), classes)
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


@wrong(
    "confusion_matrix",
    "range-in-void",
    "Your function fails where the truth is void and the prediction no class. Void pixels are left out, whatever "
    "`pred` says there.",
    slip=True,
)
def range_in_void(pred, target, classes, ignore):
    rows, columns = _pairs(pred, target, classes, ignore)
    if (pred < 0).any() or (pred >= classes).any():
        raise ValueError(f"labels {pred.unique().tolist()}")
    return _counts(rows, columns, classes)


@wrong(
    "confusion_matrix",
    "shapes-ignored",
    "You compare masks of different shapes pixel by pixel, or fail in the middle. Say at once that they do not fit.",
    slip=True,
)
def shapes_ignored(pred, target, classes, ignore):
    pred, target = pred.long().flatten(), target.long().flatten()
    counted = target != ignore
    pred, target = pred[counted], target[counted]
    _refuse(pred, target, classes, target == target)
    return _counts(target, pred, classes)


@wrong(
    "confusion_matrix",
    "overflows",
    "Your numbers overflow: a uint8 ends at 255. Use a wider type before you multiply.",
    slip=True,
)
def overflows(pred, target, classes, ignore):
    rows, columns = _pairs(pred, target, classes, ignore)
    cells = (rows.to(target.dtype) * classes + columns.to(target.dtype)).long()
    return torch.bincount(cells, minlength=classes**2).reshape(classes, classes)
