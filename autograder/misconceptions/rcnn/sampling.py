"""Unit 02: wrong versions of `fine_tune_batch`, `label_proposals` and `mine_hard_negatives`."""

import numpy as np
import torch

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("fine_tune_batch", MISCONCEPTIONS)


def _batch(positive, background, rng, counts=(32, 96), pick=None):
    """Draw from two masks; `pick` chooses how many of which length."""
    pick = pick or (lambda length, most: torch.randperm(length, generator=rng)[:most])
    kinds = zip((positive, background), counts, strict=True)
    found = [(mask.nonzero()[:, 0], most) for mask, most in kinds]
    return tuple(positions[pick(len(positions), most)] for positions, most in found)


def _positive(ious):
    return (ious >= 0.5).any(1)


@wrong(
    "swapped-counts",
    "You draw 96 positives and 32 backgrounds; it is the other way round: background is what the world is full of.",
)
def _(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), rng, (96, 32))


@wrong("swapped-order", "You return the backgrounds first. The positives come first.")
def _(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), rng)[::-1]


@wrong("with-replacement", "The same proposal comes twice in a batch: draw without putting back, as `randperm` does.")
def _(ious, rng):
    def pick(length, most):
        return (
            torch.randint(length, (min(most, length),), generator=rng) if length else torch.empty(0, dtype=torch.int64)
        )

    return _batch(_positive(ious), ~_positive(ious), rng, pick=pick)


@wrong(
    "first-ones", "You take the first ones every time. Proposals come in an order that means something: draw at random."
)
def _(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), rng, pick=lambda length, most: torch.arange(min(length, most)))


@wrong("own-chance", "The draw does not follow `rng`, so nobody can repeat your experiment. Pass `generator=rng`.")
def _(ious, rng):
    return _batch(_positive(ious), ~_positive(ious), None)


@wrong(
    "above-half",
    "A proposal with an IoU of exactly 0.5 is positive: at least 0.5, not above it.",
    slip=True,
)
def _(ious, rng):
    positive = (ious > 0.5).any(1)
    return _batch(positive, ~positive, rng)


@wrong(
    "grey-left-out",
    "You leave out proposals between 0.3 and 0.5. That is the SVM's rule; in fine-tuning they are background.",
)
def _(ious, rng):
    best = ious.max(1).values if ious.shape[1] else torch.zeros(len(ious))
    return _batch(best >= 0.5, best < 0.3, rng)


@wrong("first-object-only", "You look at the first object alone. A proposal is positive when it fits any of them.")
def _(ious, rng):
    first = ious[:, 0] >= 0.5 if ious.shape[1] else torch.zeros(len(ious), dtype=torch.bool)
    return _batch(first, ~first, rng)


@wrong(
    "unbalanced",
    "You draw 128 from all proposals together, so hardly any shows an object. Draw 32 and 96, each kind for itself.",
)
def _(ious, rng):
    chosen = torch.randperm(len(ious), generator=rng)[:128]
    return chosen[_positive(ious)[chosen]], chosen[~_positive(ious)[chosen]]


@wrong(
    "filled-up",
    "You fill missing positives with backgrounds, up to 128. That is the convention of later detectors; "
    "here 96 stays 96.",
    convention=True,
)
def _(ious, rng):
    positives = min(32, int(_positive(ious).sum()))
    return _batch(_positive(ious), ~_positive(ious), rng, (32, 128 - positives))


@wrong(
    "subset-positions",
    "Your numbers count within the positives (or backgrounds). Translate them back to all proposals.",
)
def _(ious, rng):
    count = int(_positive(ious).sum())
    return torch.randperm(count, generator=rng)[:32], torch.randperm(len(ious) - count, generator=rng)[:96]


wrong = collector("label_proposals", MISCONCEPTIONS)


def _label(ious, positive, negative):
    if ious.shape[1] == 0:
        return torch.full((len(ious),), -1)
    best, labels = ious.max(1)
    labels[best < positive] = -2
    labels[best < negative] = -1
    return labels


@wrong(
    "no-ignore",
    "Proposals in the grey zone become negatives: half an object is then taught as background. Ignore them.",
)
def _(ious, positive, negative):
    return _label(ious, positive, positive)


@wrong("wrong-axis", "You look for each object's best proposal, but the label is each proposal's.")
def _(ious, positive, negative):
    return _label(ious.T, positive, negative)


@wrong("first-hit", "A proposal that touches two objects belongs to the one it overlaps most.")
def _(ious, positive, negative):
    labels = _label(ious, positive, negative)
    first = (ious >= positive).int().argmax(1) if ious.shape[1] else labels
    return torch.where(labels >= 0, first, labels)


@wrong(
    "forces-match",
    "You give every object its best proposal, whatever the overlap. That is Faster R-CNN's rule; "
    "R-CNN lets an object go without.",
    convention=True,
)
def _(ious, positive, negative):
    labels = _label(ious, positive, negative)
    if len(ious):
        best, rows = ious.max(0)
        for column in (best > 0).nonzero()[:, 0].tolist():
            labels[rows[column]] = column
    return labels


@wrong("swapped-marks", "Your marks are exchanged: background is -1, ignored is -2.")
def _(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where(labels < 0, -3 - labels, labels)


@wrong(
    "counts-from-one",
    "You count objects from 1, with 0 for background. Here objects count from 0 and background is -1.",
)
def _(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where(labels == -2, labels, labels + 1)


@wrong(
    "above-positive",
    "A proposal whose IoU is exactly `positive` shows its object: from `positive` on, not only above it.",
    slip=True,
)
def _(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where((labels >= 0) & (ious.amax(1) == positive), -2, labels) if ious.numel() else labels


@wrong(
    "up-to-negative",
    "A proposal whose IoU is exactly `negative` is no background: below `negative`, not up to it.",
    slip=True,
)
def _(ious, positive, negative):
    labels = _label(ious, positive, negative)
    return torch.where((labels == -2) & (ious.amax(1) == negative), -1, labels) if ious.numel() else labels


@wrong("no-objects", "An image without objects is full of good negatives: all its proposals are background.")
def _(ious, positive, negative):
    if ious.shape[1] == 0:
        return torch.full((len(ious),), -2)
    return _label(ious, positive, negative)


@wrong(
    "no-objects-fails",
    "Your function fails on an image without objects. It is full of good negatives: answer -1 for all.",
    slip=True,
)
def _(ious, positive, negative):
    if ious.shape[1] == 0:
        raise IndexError("max(): expected a non-empty dimension")
    return _label(ious, positive, negative)


wrong = collector("mine_hard_negatives", MISCONCEPTIONS)


def _scores(svm, features):
    return torch.as_tensor(svm.decision_function(features) if len(features) else np.zeros(0))


def _falling(scores, keep):
    order = scores.argsort(descending=True)
    return order[keep[order]]


@wrong(
    "only-errors", "You take only the false alarms. Those inside the margin (score above −1) also move the boundary."
)
def _(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores > 0)


@wrong("easy", "These are the easiest negatives; the SVM has nothing left to learn from them.")
def _(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores < -1).flip(0)


@wrong("easiest-first", "The right ones, but the easiest comes first: the worst false alarm has the largest score.")
def _(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores > -1).flip(0)


@wrong(
    "most-uncertain",
    "You sort by closeness to the boundary. The worst false alarm has a large score and must come first.",
)
def _(svm, features):
    scores = _scores(svm, features)
    order = scores.abs().argsort()
    return order[scores[order] > -1]


@wrong(
    "on-the-margin",
    "A region that scores exactly -1 is where an SVM wants it: hard are those above -1.",
    slip=True,
)
def _(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores >= -1)


@wrong("by-label", "The predicted label has lost how wrong it is; use the decision function.")
def _(svm, features):
    return torch.as_tensor(svm.predict(features) if len(features) else np.zeros(0)).nonzero()[:, 0]


@wrong("mask-or-rows", "Return positions, so that the boxes can be found again, not the features themselves.")
def _(svm, features):
    scores = _scores(svm, features)
    return torch.as_tensor(features)[_falling(scores, scores > -1)]


@wrong("mask", "Return positions, hardest first, not a mask: a mask has no order.")
def _(svm, features):
    return _scores(svm, features) > -1


@wrong("unsorted", "The right ones, but not the hardest first.")
def _(svm, features):
    return (_scores(svm, features) > -1).nonzero()[:, 0]


@wrong(
    "no-features-fails",
    "Without features there is nothing to score, and scikit-learn refuses: answer with no positions.",
    slip=True,
)
def _(svm, features):
    scores = torch.as_tensor(svm.decision_function(features))
    return _falling(scores, scores > -1)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
