"""Unit 07: wrong versions of `mine_semi_hard`."""

import torch

from autograder.misconceptions import wrong


def _pairs(labels):
    """Whether a and p are two images of one person, and n is one of another: [a, p, n]."""
    same = labels[:, None] == labels
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (same & others)[:, :, None] & ~same[:, None, :]


def _sides(distances):
    """d(a, p) and d(a, n), so that they meet."""
    return distances[:, :, None], distances[:, None, :]


def _semi_hard(distances, margin):
    near, far = _sides(distances)
    return (near < far) & (far < near + margin)


@wrong(
    "mine_semi_hard",
    "hard-too",
    "You also take negatives closer than the positive. Those are hard; semi-hard ones lie behind the positive, "
    "within the margin.",
)
def hard_too(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (far < near + margin)).nonzero()


@wrong("mine_semi_hard", "hard-only", "These are the hard ones: their negative is nearer than the positive.")
def hard_only(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (far < near)).nonzero()


@wrong("mine_semi_hard", "easy", "These negatives are already far enough: their loss is 0.")
def easy(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (far > near + margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "beyond-too",
    "You also take negatives beyond the margin. Their loss is 0: nothing is learned from them.",
)
def beyond_too(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (far > near)).nonzero()


@wrong("mine_semi_hard", "all-triplets", "You take every triplet of the batch. The two distances must decide, too.")
def all_triplets(distances, labels, margin):
    return _pairs(labels).nonzero()


@wrong("mine_semi_hard", "self-pairs", "An anchor is its own positive, at distance 0.")
def self_pairs(distances, labels, margin):
    same = labels[:, None] == labels
    return (same[:, :, None] & ~same[:, None, :] & _semi_hard(distances, margin)).nonzero()


@wrong("mine_semi_hard", "half-pairs", "Each pair has two anchors: you use one.")
def half_pairs(distances, labels, margin):
    found = (_pairs(labels) & _semi_hard(distances, margin)).nonzero()
    return found[found[:, 0] < found[:, 1]]


@wrong(
    "mine_semi_hard",
    "one-each",
    "You take one negative per pair, the nearest, which is the convention of TensorFlow's loss; ours returns all.",
)
def one_each(distances, labels, margin):
    found = (_pairs(labels) & _semi_hard(distances, margin)).nonzero().tolist()
    nearest = {}
    for a, p, n in sorted(found, key=lambda row: float(distances[row[0], row[2]])):
        nearest.setdefault((a, p), n)
    rows = [[*pair, n] for pair, n in nearest.items()]
    return torch.tensor(rows, dtype=torch.int64).reshape(-1, 3)


@wrong("mine_semi_hard", "rooted", "The margin is in squared distance: take no root before you add it.")
def rooted(distances, labels, margin):
    return (_pairs(labels) & _semi_hard(distances.sqrt(), margin)).nonzero()


@wrong("mine_semi_hard", "same-identity", "Some of your negatives show the same person.")
def same_identity(distances, labels, margin):
    same = labels[:, None] == labels
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    rows = ((same & others)[:, :, None] & _semi_hard(distances, margin)).nonzero()
    return rows[rows[:, 1] != rows[:, 2]]


@wrong(
    "mine_semi_hard",
    "any-positive",
    "Some of your positives show somebody else: a and p must be images of one person.",
)
def any_positive(distances, labels, margin):
    same = labels[:, None] == labels
    others = ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    return (others[:, :, None] & ~same[:, None, :] & _semi_hard(distances, margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "from-the-positive",
    "You compare the negative's distance from the positive. Both distances are measured from the anchor.",
)
def from_the_positive(distances, labels, margin):
    near, far = distances[:, :, None], distances[None, :, :]
    return (_pairs(labels) & (near < far) & (far < near + margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "columns-exchanged",
    "Your columns come as (anchor, negative, positive). The positive comes second.",
)
def columns_exchanged(distances, labels, margin):
    return (_pairs(labels) & _semi_hard(distances, margin)).nonzero()[:, [0, 2, 1]]


@wrong(
    "mine_semi_hard",
    "labels-not-positions",
    "Your rows say who is on the three images. They should say where these images stand in the batch.",
)
def labels_not_positions(distances, labels, margin):
    return labels[(_pairs(labels) & _semi_hard(distances, margin)).nonzero()].long()


@wrong(
    "mine_semi_hard",
    "at-the-positive",
    "A negative exactly as far as the positive is not semi-hard: it must be farther.",
    slip=True,
)
def at_the_positive(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (near <= far) & (far < near + margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "at-the-margin",
    "A negative exactly the margin farther costs nothing any more: it is not semi-hard.",
    slip=True,
)
def at_the_margin(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (near < far) & (far <= near + margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "both-bounds",
    "A negative exactly on one of the bounds is not semi-hard: both comparisons are strict.",
    slip=True,
)
def both_bounds(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & (near <= far) & (far <= near + margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "nan-passes",
    "Triplets with a NaN distance pass, because you ask what is not hard and not easy: NaN is neither.",
    slip=True,
)
def nan_passes(distances, labels, margin):
    near, far = _sides(distances)
    return (_pairs(labels) & ~(far <= near) & ~(far >= near + margin)).nonzero()


@wrong(
    "mine_semi_hard",
    "zero-is-self",
    "You tell an image from itself by its distance. Two equal images have the distance 0 as well: compare positions.",
    slip=True,
)
def zero_is_self(distances, labels, margin):
    found = (_pairs(labels) & _semi_hard(distances, margin)).nonzero()
    return found[distances[found[:, 0], found[:, 1]] > 0]


@wrong(
    "mine_semi_hard",
    "no-shape",
    "Without a triplet your answer has lost its shape: it should be [0, 3].",
    slip=True,
)
def no_shape(distances, labels, margin):
    return torch.tensor((_pairs(labels) & _semi_hard(distances, margin)).nonzero().tolist(), dtype=torch.int64)
