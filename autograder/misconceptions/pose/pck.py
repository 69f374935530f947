"""Unit 06: wrong versions of `pck`."""

import torch

from autograder.misconceptions import wrong


def _distances(pred, joints):
    return (pred - joints).norm(dim=2)


def _share(right, counted):
    """Of those that count the share that is right, joint by joint."""
    return (right & counted).sum(dim=0) / counted.sum(dim=0)


def _counted(annotated, reference):
    return annotated & ~reference.isnan()[:, None]


@wrong(
    "pck",
    "pixels",
    "You compare pixels with alpha itself. Without the person's size a distance says nothing: multiply by `reference`.",
)
def pixels(pred, joints, annotated, reference, alpha):
    return _share(_distances(pred, joints) <= alpha, _counted(annotated, reference))


@wrong("pck", "mean-reference", "You use one mean length for all. Each person has their own.")
def mean_reference(pred, joints, annotated, reference, alpha):
    limit = alpha * reference.nanmean()
    return _share(_distances(pred, joints) <= limit, _counted(annotated, reference))


@wrong("pck", "squared", "You compare a squared distance with a length.")
def squared(pred, joints, annotated, reference, alpha):
    distance = (pred - joints).square().sum(dim=2)
    return _share(distance <= alpha * reference[:, None], _counted(annotated, reference))


@wrong("pck", "per-coordinate", "You look at x and y separately: your limit is a square. Use the Euclidean distance.")
def per_coordinate(pred, joints, annotated, reference, alpha):
    near = (pred - joints).abs() <= alpha * reference[:, None, None]
    return _share(near.all(dim=2), _counted(annotated, reference))


@wrong("pck", "summed", "You add the errors in x and in y: your limit is a diamond. Use the Euclidean distance.")
def summed(pred, joints, annotated, reference, alpha):
    distance = (pred - joints).abs().sum(dim=2)
    return _share(distance <= alpha * reference[:, None], _counted(annotated, reference))


@wrong("pck", "invisible-counted", "Joints without a truth are in your count.")
def invisible_counted(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    return _share(right, _counted(torch.ones_like(annotated), reference))


@wrong(
    "pck",
    "divided-by-all",
    "You leave out joints that are not annotated, but still divide by all persons.",
)
def divided_by_all(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    counted = _counted(annotated, reference)
    return (right & counted).sum(dim=0) / max(1, len(pred))


@wrong("pck", "nan-dropped", "A joint that was not found is wrong, not missing: it stays in the count.")
def nan_dropped(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    return _share(right, _counted(annotated, reference) & pred.isfinite().all(dim=2))


@wrong(
    "pck",
    "mean-of-persons",
    "You weigh each person equally, however many joints they show. Count the cases of a joint, each of them once.",
)
def mean_of_persons(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    counted = _counted(annotated, reference)
    weights = counted / counted.sum(dim=1, keepdim=True).clamp(min=1)
    return (right * weights).sum(dim=0) / weights.sum(dim=0)


@wrong("pck", "per-person", "You average over the joints and give a number for each person; each joint has its own.")
def per_person(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    counted = _counted(annotated, reference)
    return (right & counted).sum(dim=1) / counted.sum(dim=1)


@wrong("pck", "wrong-share", "You give the share of the wrong ones: 1 less what is asked for.")
def wrong_share(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    return _share(~right, _counted(annotated, reference))


@wrong("pck", "percent", "You give percent. A share from 0 to 1 is asked for.")
def percent(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    return 100 * _share(right, _counted(annotated, reference))


@wrong(
    "pck",
    "never-is-zero",
    "A joint that is annotated for nobody has 0 in your answer, as if all had missed it. It is NaN.",
    slip=True,
)
def never_is_zero(pred, joints, annotated, reference, alpha):
    right = _distances(pred, joints) <= alpha * reference[:, None]
    counted = _counted(annotated, reference)
    return (right & counted).sum(dim=0) / counted.sum(dim=0).clamp(min=1)


@wrong(
    "pck",
    "no-length",
    "A person whose reference is NaN is in your count, and always wrong. Leave them out.",
    slip=True,
)
def no_length(pred, joints, annotated, reference, alpha):
    return _share(_distances(pred, joints) <= alpha * reference[:, None], annotated)


@wrong("pck", "below", "An error of exactly alpha times the reference is right: “at most”.", slip=True)
def below(pred, joints, annotated, reference, alpha):
    return _share(_distances(pred, joints) < alpha * reference[:, None], _counted(annotated, reference))
