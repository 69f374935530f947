"""Unit 02: wrong versions of `mine_hard_negatives`."""

import numpy as np
import torch

from autograder.misconceptions import wrong


def _scores(svm, features):
    return torch.as_tensor(svm.decision_function(features) if len(features) else np.zeros(0))


def _falling(scores, keep):
    order = scores.argsort(descending=True)
    return order[keep[order]]


@wrong(
    "mine_hard_negatives",
    "only-errors",
    "You take only the false alarms. Those inside the margin (score above −1) also move the boundary.",
)
def only_errors(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores > 0)


@wrong("mine_hard_negatives", "easy", "These are the easiest negatives; the SVM has nothing left to learn from them.")
def easy(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores < -1).flip(0)


@wrong(
    "mine_hard_negatives",
    "easiest-first",
    "The right ones, but the easiest comes first: the worst false alarm has the largest score.",
)
def easiest_first(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores > -1).flip(0)


@wrong(
    "mine_hard_negatives",
    "most-uncertain",
    "You sort by closeness to the boundary. The worst false alarm has a large score and must come first.",
)
def most_uncertain(svm, features):
    scores = _scores(svm, features)
    order = scores.abs().argsort()
    return order[scores[order] > -1]


@wrong(
    "mine_hard_negatives",
    "on-the-margin",
    "A region that scores exactly -1 is where an SVM wants it: hard are those above -1.",
    slip=True,
)
def on_the_margin(svm, features):
    scores = _scores(svm, features)
    return _falling(scores, scores >= -1)


@wrong("mine_hard_negatives", "by-label", "The predicted label has lost how wrong it is; use the decision function.")
def by_label(svm, features):
    return torch.as_tensor(svm.predict(features) if len(features) else np.zeros(0)).nonzero()[:, 0]


@wrong(
    "mine_hard_negatives",
    "mask-or-rows",
    "Return positions, so that the boxes can be found again, not the features themselves.",
)
def mask_or_rows(svm, features):
    scores = _scores(svm, features)
    return torch.as_tensor(features)[_falling(scores, scores > -1)]


@wrong("mine_hard_negatives", "mask", "Return positions, hardest first, not a mask: a mask has no order.")
def mask(svm, features):
    return _scores(svm, features) > -1


@wrong("mine_hard_negatives", "unsorted", "The right ones, but not the hardest first.")
def unsorted(svm, features):
    return (_scores(svm, features) > -1).nonzero()[:, 0]


@wrong(
    "mine_hard_negatives",
    "no-features-fails",
    "Without features there is nothing to score, and scikit-learn refuses: answer with no positions.",
    slip=True,
)
def no_features_fails(svm, features):
    scores = torch.as_tensor(svm.decision_function(features))
    return _falling(scores, scores > -1)
