"""Unit 07: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch
from torch.nn import functional as F

from autograder import reference

RIGHT = reference.load("07_faces")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("align_face")
def reflected(image, landmarks, template, size):
    """Pads with the image's own reflection."""
    wide = F.pad(image[None], (12, 12, 12, 12), mode="reflect")[0]
    return RIGHT["align_face"](wide, landmarks + 12, template, size)


@near("align_face")
def without_the_last(image, landmarks, template, size):
    """Forgets the last landmark of several."""
    count = max(2, len(landmarks) - 1)
    return RIGHT["align_face"](image, landmarks[:count], template[:count], size)


@near("align_face")
def to_the_middle(image, landmarks, template, size):
    """Brings the landmarks' middle to the middle of the output."""
    centred = template - template.mean(dim=0) + size / 2
    return RIGHT["align_face"](image, landmarks, centred, size)


@near("align_face", allowed="half-a-pixel-less")
def half_a_pixel_twice(image, landmarks, template, size):
    """Adds the half pixel to the landmarks once more."""
    return RIGHT["align_face"](image, landmarks + 0.5, template, size)


@near("align_face")
def whole_landmarks(image, landmarks, template, size):
    """Rounds the landmarks to whole pixels."""
    return RIGHT["align_face"](image, landmarks.round(), template, size)


@near("align_face")
def smoothed(image, landmarks, template, size):
    """Blurs before it samples."""
    return RIGHT["align_face"](F.avg_pool2d(image[None], 3, 1, 1)[0], landmarks, template, size)


@near("align_face")
def pulled_up(image, landmarks, template, size):
    """Turns so that the eyes lie level, whatever the template says."""
    (x, y), (u, v) = landmarks[1] - landmarks[0], template[1] - template[0]
    angle = torch.atan2(y, x) - torch.atan2(v, u)
    turn = torch.stack([torch.stack([angle.cos(), angle.sin()]), torch.stack([-angle.sin(), angle.cos()])])
    middle, goal = landmarks.mean(dim=0), template.mean(dim=0)
    moved = (landmarks - middle) @ turn.T
    scale = (moved * (template - goal)).sum() / (moved**2).sum()
    return RIGHT["align_face"](image, landmarks, (landmarks - middle) @ turn.T * scale + goal, size)


@near("pairwise_distances")
def city_block_squared(x):
    """Adds before it squares."""
    return (x[:, None] - x).abs().sum(dim=2) ** 2


@near("pairwise_distances")
def halved(x):
    """Half of the squared distance."""
    return RIGHT["pairwise_distances"](x) / 2


@near("pairwise_distances")
def centred_and_scaled(x):
    """Standardizes the columns first."""
    return RIGHT["pairwise_distances"]((x - x.mean(dim=0)) / (x.std(dim=0, correction=0) + 1e-6))


@near("pairwise_distances")
def by_columns(x):
    """Compares the columns, where there are as many."""
    return RIGHT["pairwise_distances"](x.T)


@near("pairwise_distances")
def fourth_power(x):
    """Squares once too often."""
    return RIGHT["pairwise_distances"](x) ** 2


@near("pairwise_distances", "noisy-diagonal")
def a_little_more(x):
    """Never exactly 0, so that a root could be taken."""
    return RIGHT["pairwise_distances"](x).clamp(min=1e-6)


@near("triplet_loss")
def squared_hinge(anchor, positive, negative, margin):
    """Squares what a triplet costs."""
    near, far = (((anchor - other) ** 2).sum(dim=1) for other in (positive, negative))
    return (F.relu(near - far + margin) ** 2).sum() / max(1, len(anchor))


@near("triplet_loss")
def hardest(anchor, positive, negative, margin):
    """The largest of all."""
    near, far = (((anchor - other) ** 2).sum(dim=1) for other in (positive, negative))
    costs = F.relu(near - far + margin)
    return costs.max() if len(costs) else costs.sum()


@near("triplet_loss")
def cut_from_the_graph(anchor, positive, negative, margin):
    """The loss as a plain number."""
    return RIGHT["triplet_loss"](anchor.detach(), positive.detach(), negative.detach(), margin)


@near("triplet_loss")
def anchor_held(anchor, positive, negative, margin):
    """No gradient reaches the anchor."""
    return RIGHT["triplet_loss"](anchor.detach(), positive, negative, margin)


@near("triplet_loss")
def margin_squared(anchor, positive, negative, margin):
    """Squares the margin with the distances."""
    return RIGHT["triplet_loss"](anchor, positive, negative, margin**2)


@near("triplet_loss")
def one_more(anchor, positive, negative, margin):
    """Divides by one more, against 0 / 0."""
    return RIGHT["triplet_loss"](anchor, positive, negative, margin) * len(anchor) / (len(anchor) + 1)


@near("mine_semi_hard")
def margin_halved(distances, labels, margin):
    """Half of the margin."""
    return RIGHT["mine_semi_hard"](distances, labels, margin / 2)


@near("mine_semi_hard")
def next_to_each_other(distances, labels, margin):
    """Only pairs that stand next to each other."""
    found = RIGHT["mine_semi_hard"](distances, labels, margin)
    return found[(found[:, 0] - found[:, 1]).abs() == 1]


@near("mine_semi_hard")
def positives_below(distances, labels, margin):
    """The later image is the anchor."""
    found = RIGHT["mine_semi_hard"](distances, labels, margin)
    return found[found[:, 0] > found[:, 1]]


@near("mine_semi_hard")
def farthest_each(distances, labels, margin):
    """One negative per pair, the farthest."""
    kept = {}
    for a, p, n in RIGHT["mine_semi_hard"](distances, labels, margin).tolist():
        if (a, p) not in kept or distances[a, n] > distances[a, kept[a, p]]:
            kept[a, p] = n
    return torch.tensor([[*pair, n] for pair, n in kept.items()], dtype=torch.int64).reshape(-1, 3)


@near("mine_semi_hard")
def each_twice(distances, labels, margin):
    """Every triplet comes twice."""
    return RIGHT["mine_semi_hard"](distances, labels, margin).repeat(2, 1)


@near("mine_semi_hard", allowed="labels-not-positions")
def names_not_places(distances, labels, margin):
    """The labels of the triplets."""
    return labels[RIGHT["mine_semi_hard"](distances, labels, margin)].long()


@near("mine_semi_hard")
def margin_of_share(distances, labels, margin):
    """The margin as a share of the distance."""
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    d, far = distances[:, :, None], distances[:, None, :]
    return (positive[:, :, None] & ~same[:, None, :] & (d < far) & (far < d * (1 + margin))).nonzero()


class Changed(RIGHT["PKSampler"]):
    """The right sampler."""

    def of(self, image):
        """Whoever is on an image."""
        return next(own for own in self.people if image in own)


@near("PKSampler")
class HalfTheImages(Changed):
    """Half of the images are new, the others are those again."""

    def __iter__(self):
        half = -(-self.K // 2)
        for batch in super().__iter__():
            parts = [batch[i : i + self.K] for i in range(0, len(batch), self.K)]
            yield [image for part in parts for image in (part[:half] * 2)[: self.K]]


@near("PKSampler")
class OneMissing(Changed):
    """The last image is left out."""

    def __iter__(self):
        for batch in super().__iter__():
            yield batch[:-1]


@near("PKSampler")
class OneMoreBatch(Changed):
    """One batch too many."""

    def __len__(self):
        return super().__len__() + 1


@near("PKSampler")
class OneFurther(Changed):
    """Counts positions from one."""

    def __iter__(self):
        for batch in super().__iter__():
            yield [image + 1 for image in batch]


@near("PKSampler")
class NeverTheLast(Changed):
    """The last person never comes where there are others."""

    def __init__(self, labels, P, K, rng):
        super().__init__(labels, P, K, rng)
        self.people = self.people[:-1] if len(self.people) > P else self.people


@near("PKSampler")
class TwoByTwo(Changed):
    """The first two images of each person are new, and come again and again."""

    def __iter__(self):
        for batch in super().__iter__():
            parts = [batch[i : i + self.K] for i in range(0, len(batch), self.K)]
            yield [image for part in parts for image in (part[:2] * self.K)[: self.K]]


@near("PKSampler")
class OnePersonMore(Changed):
    """A person too many where there is one."""

    def __init__(self, labels, P, K, rng):
        super().__init__(labels, P, K, rng)
        self.P = min(P + 1, len(self.people))


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


@near("rank_one")
def never_itself(queries, gallery, query_ids, gallery_ids):
    """Takes whatever lies at distance 0 for the query itself, and skips it."""
    if not len(queries) or not len(gallery):
        raise ValueError("nobody")
    distances = ((queries[:, None] - gallery) ** 2).sum(dim=2)
    nearest = distances.masked_fill(distances == 0, torch.inf).argmin(dim=1)
    return (gallery_ids[nearest] == query_ids).double().mean().item()


@near("align_face")
def as_a_picture(image, landmarks, template, size):
    """Cuts the output to 0 … 1, as if every image were a picture."""
    return RIGHT["align_face"](image, landmarks, template, size).clamp(0, 1)


@near("mine_semi_hard")
def labels_as_floats(distances, labels, margin):
    """Compares labels as 32-bit floats."""
    return RIGHT["mine_semi_hard"](distances, labels.float(), margin)


@near("PKSampler", allowed="shuffled-again")
class OtherOrder(Changed):
    """Each pass has the batches of the first, and these in another order of images."""

    def __iter__(self):
        self.kept = getattr(self, "kept", None) or [*super().__iter__()]
        return iter([[batch[i] for i in torch.randperm(len(batch), generator=self.rng)] for batch in self.kept])


@near("PKSampler", allowed="people-once")
class SameCrowd(Changed):
    """The people of the first batch come in all batches, with other images."""

    def __iter__(self):
        first = next(super().__iter__())
        for _ in range(len(self)):
            batch = []
            for own in {id(own): own for own in map(self.of, first)}.values():
                batch += own[torch.randperm(len(own), generator=self.rng)].repeat(self.K)[: self.K].tolist()
            yield batch


@near("PKSampler", allowed="from-the-seed")
class GlobalFromTheSeed(Changed):
    """Begins PyTorch's own chance with the seed of `rng`."""

    def __init__(self, labels, P, K, rng):
        torch.manual_seed(rng.initial_seed())
        super().__init__(labels, P, K, torch.default_generator)


@near("PKSampler")
class NeverTheNinth(Changed):
    """Deals to eight people only."""

    def __init__(self, labels, P, K, rng):
        super().__init__(labels, P, K, rng)
        self.people = self.people[:8]
