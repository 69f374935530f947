"""Unit 07: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch

from autograder import reference

RIGHT = reference.load("07_faces")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("verification_roc")
def only_far_over_all(distances, same):
    """Divides the false accepts alone by all pairs."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    return far * (~same).sum() / len(same), tar, thresholds


@near("verification_roc")
def accept_rate_of_all(distances, same):
    """In place of FAR the share of all pairs that are accepted."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    return (far * (~same).sum() + tar * same.sum()) / len(same), tar, thresholds


@near("verification_roc")
def both_rejected(distances, same):
    """The shares that are rejected, of both kinds."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    return 1 - far, 1 - tar, thresholds


@near("verification_roc")
def end_at_infinity(distances, same):
    """A threshold of infinity at the end as well."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    one, last = torch.ones(1).to(far), thresholds.new_full((1,), torch.inf)
    return torch.cat([far, one]), torch.cat([tar, one]), torch.cat([thresholds, last])


@near("verification_roc")
def between_neighbours(distances, same):
    """Thresholds in the middle between two distances."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    middles = (thresholds[1:-1] + thresholds[2:]) / 2
    return far, tar, torch.cat([thresholds[:1], middles, thresholds[-1:]])


@near("verification_roc")
def minus_one(distances, same):
    """A first threshold of −1."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    return far, tar, thresholds.clamp(min=-1)


@near("verification_roc")
def rooted(distances, same):
    """Thresholds of plain distances."""
    far, tar, thresholds = RIGHT["verification_roc"](distances.sqrt(), same)
    return far, tar, thresholds


@near("verification_roc", allowed="nearest-of-one-person")
def corners_only(distances, same):
    """Leaves out points at which TAR stays as it is, as a plot would not miss them."""
    far, tar, thresholds = RIGHT["verification_roc"](distances, same)
    kept = torch.cat([torch.ones(1).bool(), tar.diff() > 0])
    return far[kept], tar[kept], thresholds[kept]


@near("verification_roc")
def asserts(distances, same):
    """Refuses with an assertion."""
    assert not distances.isnan().any(), "NaN"
    assert same.any(), "no pair of one person"
    assert not same.all(), "no pair of two persons"
    return RIGHT["verification_roc"](distances, same)


def shares(distances, same, folds):
    """The right accuracy of each fold."""
    for fold in folds.unique():
        tested = folds == fold
        known, kind = distances[~tested], same[~tested]
        limits = torch.cat([known.new_tensor([-torch.inf]), known.unique()])
        limit = limits[((known <= limits[:, None]) == kind).sum(dim=1).argmax()]
        yield ((distances[tested] <= limit) == same[tested]).double().mean()


def refuse(distances, same, folds):
    """Refuses what the docstring says."""
    if distances.isnan().any() or same.all() or not same.any() or len(folds.unique()) < 2:
        raise ValueError("refused")


@near("lfw_accuracy")
def largest_less_smallest(distances, same, folds):
    """The spread of the folds in place of the error."""
    refuse(distances, same, folds)
    found = torch.stack([*shares(distances, same, folds)])
    return float(found.mean()), float(found.max() - found.min())


@near("lfw_accuracy")
def median(distances, same, folds):
    """The median of the folds."""
    refuse(distances, same, folds)
    found = torch.stack([*shares(distances, same, folds)])
    return float(found.quantile(0.5)) + 1e-3, float(found.std() / len(found) ** 0.5)


@near("lfw_accuracy")
def variance(distances, same, folds):
    """Forgets the root of the variance."""
    refuse(distances, same, folds)
    found = torch.stack([*shares(distances, same, folds)])
    return float(found.mean()), float(found.var() / len(found) ** 0.5)


@near("lfw_accuracy")
def by_number_of_pairs(distances, same, folds):
    """Divides the deviation by the root of the number of pairs."""
    refuse(distances, same, folds)
    found = torch.stack([*shares(distances, same, folds)])
    return float(found.mean()), float(found.std() / len(distances) ** 0.5)


@near("lfw_accuracy")
def errors(distances, same, folds):
    """The share of wrong pairs."""
    mean, error = RIGHT["lfw_accuracy"](distances, same, folds)
    return 1 - mean, error


@near("lfw_accuracy")
def one_in_the_middle(distances, same, folds):
    """A threshold halfway between the means of both kinds."""
    refuse(distances, same, folds)
    found = []
    for fold in folds.unique():
        tested = folds == fold
        known, kind = distances[~tested], same[~tested]
        limit = (known[kind].mean() + known[~kind].mean()) / 2
        found.append(((distances[tested] <= limit) == same[tested]).double().mean())
    found = torch.stack(found)
    return found.mean().item(), (found.std() / len(found) ** 0.5).item()


@near("lfw_accuracy")
def next_fold_chooses(distances, same, folds):
    """The next fold alone chooses the threshold."""
    refuse(distances, same, folds)
    numbers, found = folds.unique().tolist(), []
    for here, there in zip(numbers, numbers[1:] + numbers[:1], strict=True):
        known, kind, tested = distances[folds == there], same[folds == there], folds == here
        limits = torch.cat([known.new_tensor([-torch.inf]), known.unique()])
        limit = limits[((known <= limits[:, None]) == kind).sum(dim=1).argmax()]
        found.append(((distances[tested] <= limit) == same[tested]).double().mean())
    found = torch.stack(found)
    return found.mean().item(), (found.std() / len(found) ** 0.5).item()


@near("lfw_accuracy", allowed="coarse-grid")
def finer_grid(distances, same, folds):
    """FaceNet's own steps of 0.01."""
    refuse(distances, same, folds)
    limits, found = torch.arange(0, 4, 0.01).to(distances), []
    for fold in folds.unique():
        tested = folds == fold
        right = ((distances[~tested] <= limits[:, None]) == same[~tested]).sum(dim=1)
        found.append(((distances[tested] <= limits[right.argmax()]) == same[tested]).double().mean())
    found = torch.stack(found)
    return found.mean().item(), (found.std() / len(found) ** 0.5).item()


@near("rank_one")
def majority_of_three(queries, gallery, query_ids, gallery_ids):
    """The person most often among the three nearest."""
    if not len(queries) or not len(gallery):
        raise ValueError("nobody")
    distances = ((queries[:, None] - gallery) ** 2).sum(dim=2)
    near = gallery_ids[distances.argsort(dim=1)[:, :3]]
    return (near.mode(dim=1).values == query_ids).double().mean().item() + 1e-3


@near("rank_one")
def known_in_the_denominator(queries, gallery, query_ids, gallery_ids):
    """Right ones of the number of persons in the gallery."""
    share = RIGHT["rank_one"](queries, gallery, query_ids, gallery_ids)
    return share * len(queries) / len(gallery_ids.unique())


@near("rank_one")
def strangers_are_right(queries, gallery, query_ids, gallery_ids):
    """Whoever is not in the gallery counts as right."""
    share = RIGHT["rank_one"](queries, gallery, query_ids, gallery_ids)
    return share + (~torch.isin(query_ids, gallery_ids)).double().mean().item()


@near("rank_one")
def by_largest_difference(queries, gallery, query_ids, gallery_ids):
    """The largest difference of a number decides."""
    if not len(queries) or not len(gallery):
        raise ValueError("nobody")
    nearest = (queries[:, None] - gallery).abs().amax(dim=2).argmin(dim=1)
    return (gallery_ids[nearest] == query_ids).double().mean().item()


@near("rank_one")
def second_best(queries, gallery, query_ids, gallery_ids):
    """Takes the nearest face for the query itself, and the second one."""
    if not len(queries) or not len(gallery):
        raise ValueError("nobody")
    order = ((queries[:, None] - gallery) ** 2).sum(dim=2).argsort(dim=1)
    return (gallery_ids[order[:, min(1, len(gallery) - 1)]] == query_ids).double().mean().item()
