"""Unit 09: wrong versions of `audit_split`."""

import torch
from torch.nn.functional import normalize

from autograder.misconceptions import wrong


def _refuse(train, test):
    if not len(test) or not train.any(dim=1).all() or not test.any(dim=1).all():
        raise ValueError("no test picture, or a row of zeros")


def _cosines(train, test):
    _refuse(train, test)
    return normalize(test, dim=1) @ normalize(train, dim=1).T


def _audit(similarities, threshold):
    """As it should be, from whatever similarities, [test, train]."""
    none = torch.zeros(0, dtype=torch.long)
    if not similarities.shape[1]:
        return none, none, 0.0
    best, partners = similarities.max(dim=1)
    leaked = (best >= threshold).nonzero()[:, 0]
    return leaked, partners[leaked], len(leaked) / len(best)


@wrong("audit_split", "within-test", "You compare the test set with itself. Copies within it are no leak.")
def within_test(train, test, threshold):
    similarities = _cosines(test, test)
    _refuse(train, test)
    return _audit(similarities - 9 * torch.eye(len(test), device=test.device), threshold)


@wrong("audit_split", "both-sets", "You search among the other test pictures, too. Only the training set counts.")
def both_sets(train, test, threshold):
    _refuse(train, test)
    others = _cosines(test, test) - 9 * torch.eye(len(test), device=test.device)
    return _audit(torch.cat([_cosines(train, test), others], dim=1), threshold)


@wrong(
    "audit_split",
    "train-indices",
    "You list training pictures. It is the test pictures that must be left out later.",
)
def train_indices(train, test, threshold):
    leaked, partners, share = _audit(_cosines(train, test), threshold)
    order = partners.argsort()
    return partners[order], leaked[order], share


@wrong(
    "audit_split",
    "sides-exchanged",
    "You look for training pictures that are in the test set: training and test are exchanged.",
)
def sides_exchanged(train, test, threshold):
    _refuse(train, test)
    none = torch.zeros(0, dtype=torch.long)
    return _audit(_cosines(train, test).T, threshold) if len(train) else (none, none, 0.0)


@wrong(
    "audit_split",
    "pair-share",
    "A test picture with three copies counts three times: your share can pass 1. Count pictures, not pairs.",
)
def pair_share(train, test, threshold):
    similarities = _cosines(train, test)
    leaked, partners, _ = _audit(similarities, threshold)
    return leaked, partners, int((similarities >= threshold).sum()) / len(test)


@wrong(
    "audit_split",
    "all-pairs",
    "You list a test picture once for each of its copies. It is listed once, with the most similar one.",
)
def all_pairs(train, test, threshold):
    leaked, partners = (_cosines(train, test) >= threshold).nonzero().T
    return leaked, partners, len(leaked) / len(test)


@wrong("audit_split", "train-share", "You divide by the size of the training set. The share is of the test set.")
def train_share(train, test, threshold):
    leaked, partners, _ = _audit(_cosines(train, test), threshold)
    return leaked, partners, len(leaked) / len(train) if len(train) else 0.0


@wrong("audit_split", "clean-share", "You give the share of the clean pictures: 1 less what is asked for.")
def clean_share(train, test, threshold):
    leaked, partners, share = _audit(_cosines(train, test), threshold)
    return leaked, partners, 1 - share


@wrong("audit_split", "count", "You give how many have leaked. Their share of the test set is asked for.")
def count(train, test, threshold):
    leaked, partners, _ = _audit(_cosines(train, test), threshold)
    return leaked, partners, float(len(leaked))


@wrong("audit_split", "percent", "You give percent. A share from 0 to 1 is asked for.")
def percent(train, test, threshold):
    leaked, partners, share = _audit(_cosines(train, test), threshold)
    return leaked, partners, 100 * share


@wrong(
    "audit_split",
    "wrong-direction",
    "You go from training to test: a leaked picture that is nobody's nearest is missed.",
)
def wrong_direction(train, test, threshold):
    similarities = _cosines(train, test)
    if not len(train):
        return _audit(similarities, threshold)
    best, nearest = similarities.max(dim=0)
    leaked = nearest[best >= threshold].unique()
    return leaked, similarities[leaked].argmax(dim=1), len(leaked) / len(test)


@wrong(
    "audit_split",
    "first-partner",
    "You take the first training picture that is similar enough. The most similar one is the partner.",
)
def first_partner(train, test, threshold):
    alike = _cosines(train, test) >= threshold
    leaked = alike.any(dim=1).nonzero()[:, 0]
    partners = alike[leaked].double().argmax(dim=1) if len(leaked) else leaked
    return leaked, partners, len(leaked) / len(test)


@wrong("audit_split", "all-partners", "You list a partner for every test picture. Those that are clean have none.")
def all_partners(train, test, threshold):
    similarities = _cosines(train, test)
    leaked, partners, share = _audit(similarities, threshold)
    return leaked, similarities.argmax(dim=1) if len(train) else partners, share


@wrong("audit_split", "by-similarity", "Your leaked pictures come in the order of similarity. Their numbers rise.")
def by_similarity(train, test, threshold):
    similarities = _cosines(train, test)
    leaked, partners, share = _audit(similarities, threshold)
    order = similarities[leaked, partners].argsort(descending=True)
    return leaked[order], partners[order], share


@wrong("audit_split", "exact-only", "A copy that was saved again is not equal, but it has leaked all the same.")
def exact_only(train, test, threshold):
    _refuse(train, test)
    return _audit((test[:, None] == train).all(dim=2).double(), 0.5)


@wrong(
    "audit_split",
    "raw-dot",
    "A bright picture has a long feature, and its product with anything is large. Divide by both lengths.",
)
def raw_dot(train, test, threshold):
    _refuse(train, test)
    return _audit(test @ train.T, threshold)


@wrong("audit_split", "distance", "You look for the least similar one. This is a similarity: large is alike.")
def distance(train, test, threshold):
    similarities = _cosines(train, test)
    if not len(train):
        return _audit(similarities, threshold)
    least, partners = similarities.min(dim=1)
    leaked = (least <= threshold).nonzero()[:, 0]
    return leaked, partners[leaked], len(leaked) / len(test)


@wrong(
    "audit_split",
    "opposite-too",
    "You take the similarity without its sign. Features that point in opposite directions are as unlike as can be.",
)
def opposite_too(train, test, threshold):
    return _audit(_cosines(train, test).abs(), threshold)


@wrong("audit_split", "strict", "A similarity exactly at the threshold counts, too.", slip=True)
def strict(train, test, threshold):
    similarities = _cosines(train, test)
    if not len(train):
        return _audit(similarities, threshold)
    best, partners = similarities.max(dim=1)
    leaked = (best > threshold).nonzero()[:, 0]
    return leaked, partners[leaked], len(leaked) / len(test)


@wrong(
    "audit_split",
    "zero-passes",
    "A row of zeros has no direction: its similarity is 0 / 0. Refuse it with a ValueError.",
    slip=True,
)
def zero_passes(train, test, threshold):
    if not len(test):
        raise ValueError("no test picture")
    return _audit(normalize(test, dim=1) @ normalize(train, dim=1).T, threshold)


@wrong(
    "audit_split",
    "empty-test",
    "Without a test picture the share is 0 / 0. Refuse it with a ValueError.",
    slip=True,
)
def empty_test(train, test, threshold):
    if len(test):
        return _audit(_cosines(train, test), threshold)
    none = torch.zeros(0, dtype=torch.long)
    return none, none, 0.0
