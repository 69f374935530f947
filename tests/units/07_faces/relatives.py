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


@near("align_face")
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


@near("mine_semi_hard")
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
