"""Unit 09: wrong versions of `clean_accuracy`."""

import torch

from autograder.misconceptions import wrong


def _clean(labels, leaked):
    clean = torch.ones(len(labels), dtype=torch.bool, device=labels.device)
    clean[leaked] = False
    if not clean.any():
        raise ValueError("nothing left")
    return clean


def _share(right):
    return right.double().mean().item()


@wrong("clean_accuracy", "ignored", "The leaked pictures still count: this is the accuracy that was reported.")
def ignored(predictions, labels, leaked):
    _clean(labels, leaked)
    return _share(predictions == labels)


@wrong("clean_accuracy", "counted-wrong", "Leaked pictures are left out, below the bar as well. They are not wrong.")
def counted_wrong(predictions, labels, leaked):
    return _share((predictions == labels) & _clean(labels, leaked))


@wrong("clean_accuracy", "counted-right", "Leaked pictures are left out, below the bar as well. They are not right.")
def counted_right(predictions, labels, leaked):
    return _share((predictions == labels) | ~_clean(labels, leaked))


@wrong("clean_accuracy", "inverted", "This is the accuracy on the leaked pictures: the flattery itself.")
def inverted(predictions, labels, leaked):
    _clean(labels, leaked)
    return _share(predictions[leaked] == labels[leaked]) if len(leaked) else 0.0


@wrong(
    "clean_accuracy",
    "misaligned",
    "You take pictures out of the predictions only. They no longer belong to their labels.",
)
def misaligned(predictions, labels, leaked):
    left = predictions[_clean(labels, leaked)]
    return _share(left == labels[: len(left)])


@wrong(
    "clean_accuracy",
    "index-as-mask",
    "The complement of an index, ~3, is the index −4, a place from behind. It is not all the others.",
)
def index_as_mask(predictions, labels, leaked):
    _clean(labels, leaked)
    right = (predictions == labels)[~leaked]
    return _share(right) if len(right) else float("nan")


@wrong("clean_accuracy", "subtracted", "You subtract the share. Of the leaked ones some may have been wrong as well.")
def subtracted(predictions, labels, leaked):
    _clean(labels, leaked)
    return _share(predictions == labels) - len(leaked) / len(labels)


@wrong(
    "clean_accuracy",
    "all-were-right",
    "You take every leaked picture for a right answer. Some are wrong: count the right ones among those that are left.",
)
def all_were_right(predictions, labels, leaked):
    clean = _clean(labels, leaked)
    return (int((predictions == labels).sum()) - len(leaked)) / int(clean.sum())


@wrong(
    "clean_accuracy",
    "by-class",
    "You leave out classes that have these numbers. They are the numbers of pictures.",
)
def by_class(predictions, labels, leaked):
    _clean(labels, leaked)
    left = ~torch.isin(labels, leaked)
    return _share((predictions == labels)[left]) if left.any() else float("nan")


@wrong("clean_accuracy", "first-ones", "You leave out as many pictures as have leaked, but the first ones.")
def first_ones(predictions, labels, leaked):
    _clean(labels, leaked)
    return _share((predictions == labels)[len(leaked) :])


@wrong("clean_accuracy", "errors", "You give the share of the wrong ones: 1 less what is asked for.")
def errors(predictions, labels, leaked):
    clean = _clean(labels, leaked)
    return _share(predictions[clean] != labels[clean])


@wrong("clean_accuracy", "count", "You count the right ones. Their share is asked for.")
def count(predictions, labels, leaked):
    clean = _clean(labels, leaked)
    return float((predictions[clean] == labels[clean]).sum())


@wrong("clean_accuracy", "percent", "You give percent. A share from 0 to 1 is asked for.")
def percent(predictions, labels, leaked):
    clean = _clean(labels, leaked)
    return 100 * _share(predictions[clean] == labels[clean])


@wrong(
    "clean_accuracy",
    "empty-zero",
    "Nothing is left to measure: say so with a ValueError instead of returning a number.",
    slip=True,
)
def empty_zero(predictions, labels, leaked):
    clean = torch.ones(len(labels), dtype=torch.bool, device=labels.device)
    clean[leaked] = False
    return int((predictions[clean] == labels[clean]).sum()) / max(1, int(clean.sum()))
