"""Unit 06: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import torch
from torch.nn import functional as F

from autograder import reference

RIGHT = reference.load("06_pose")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


@near("disk_targets")
def a_ring(joints, annotated, size, radius):
    """The inner half is missing."""
    outer, inner = (RIGHT["disk_targets"](joints, annotated, size, r) for r in (radius, radius / 2))
    return outer - inner


@near("disk_targets")
def one_larger(joints, annotated, size, radius):
    """A cell more on all sides."""
    return RIGHT["disk_targets"](joints, annotated, size, radius + 1)


@near("disk_targets")
def half_a_cell_the_other_way(joints, annotated, size, radius):
    """Adds the half cell on the wrong side."""
    return RIGHT["disk_targets"](joints - 0.5, annotated, size, radius)


@near("disk_targets")
def rounded_to_borders(joints, annotated, size, radius):
    """Rounds joints to whole numbers: to a corner of cells."""
    return RIGHT["disk_targets"](joints.round(), annotated, size, radius)


@near("disk_targets")
def by_the_sum(joints, annotated, size, radius):
    """Each disk has the sum 1."""
    disks = RIGHT["disk_targets"](joints, annotated, size, radius)
    return disks / disks.sum(dim=(2, 3), keepdim=True).clamp(min=1)


@near("disk_targets")
def only_x_inside(joints, annotated, size, radius):
    """Drops joints left and right of the image."""
    inside = (joints[..., 0] >= 0) & (joints[..., 0] <= size[1])
    return RIGHT["disk_targets"](joints, annotated & inside, size, radius)


@near("disk_targets")
def fourteen(joints, annotated, size, radius):
    """Only the first 14 joints are drawn."""
    first = torch.arange(joints.shape[1], device=joints.device) < 14
    return RIGHT["disk_targets"](joints, annotated & first, size, radius)


@near("heatmap_loss")
def weighted_thirds(logits, targets, annotated):
    """Positive cells have a third of the weight."""
    cells, positive = F.binary_cross_entropy_with_logits(logits, targets, reduction="none"), targets >= 0.5
    means = [(cells * p).sum((2, 3)) / p.sum((2, 3)).clamp(min=1) for p in (positive, ~positive)]
    return (means[0] / 3 + 2 * means[1] / 3)[annotated].sum() / annotated.sum().clamp(min=1)


@near("heatmap_loss")
def summed(logits, targets, annotated):
    """The sum over the annotated maps."""
    return RIGHT["heatmap_loss"](logits, targets, annotated) * annotated.sum()


@near("heatmap_loss")
def by_persons(logits, targets, annotated):
    """Divides the sum over the maps by the number of persons."""
    return RIGHT["heatmap_loss"](logits, targets, annotated) * annotated.sum() / max(1, len(annotated))


@near("heatmap_loss")
def only_not_annotated(logits, targets, annotated):
    """Takes `annotated` for a list of what is missing."""
    return RIGHT["heatmap_loss"](logits, targets, ~annotated)


@near("heatmap_loss")
def without_gradient(logits, targets, annotated):
    """The loss as a plain number."""
    return RIGHT["heatmap_loss"](logits.detach(), targets, annotated)


@near("heatmap_loss")
def bare_zero(logits, targets, annotated):
    """Without an annotated joint a 0 at which `backward` cannot begin."""
    return RIGHT["heatmap_loss"](logits, targets, annotated) if annotated.any() else torch.tensor(0.0)


@near("heatmap_loss")
def zero_of_its_own(logits, targets, annotated):
    """Without an annotated joint a 0 at which `backward` can begin, but from which no gradient comes."""
    return RIGHT["heatmap_loss"](logits, targets, annotated) if annotated.any() else torch.zeros((), requires_grad=True)


@near("heatmap_loss")
def absolute(logits, targets, annotated):
    """Absolute differences."""
    cells, positive = (logits.sigmoid() - targets).abs(), targets >= 0.5
    means = [(cells * p).sum((2, 3)) / p.sum((2, 3)).clamp(min=1) for p in (positive, ~positive)]
    return ((means[0] + means[1]) / 2)[annotated].sum() / annotated.sum().clamp(min=1)


@near("decode_heatmaps")
def shifted_in_x(heatmaps, stride):
    """The shift in y is forgotten."""
    right = RIGHT["decode_heatmaps"](heatmaps, stride)
    y = (right[..., 1] / stride - 0.5).round() + 0.5
    return torch.stack([right[..., 0], y * stride], dim=2)


@near("decode_heatmaps")
def a_cell_late(heatmaps, stride):
    """Counts the cells from one."""
    return RIGHT["decode_heatmaps"](heatmaps, stride) + 0.5 * stride


@near("decode_heatmaps")
def lowest(heatmaps, stride):
    """Looks for the lowest cell."""
    return RIGHT["decode_heatmaps"](-heatmaps, stride)


@near("decode_heatmaps")
def parabola(heatmaps, stride):
    """A finer step to the side, by a parabola through three cells."""
    right = RIGHT["decode_heatmaps"](heatmaps, stride)
    centre = (right / stride - 0.5).round() + 0.5
    return (centre + 0.6 * (right / stride - centre)) * stride


@near("decode_heatmaps")
def of_the_positive(heatmaps, stride):
    """The mean of the map, negative numbers left out."""
    positive = heatmaps.clamp(min=0)
    return RIGHT["decode_heatmaps"]((positive == positive.amax(dim=(2, 3), keepdim=True)).to(heatmaps), stride)


@near("flip_pose")
def pairs_one_further(image, joints, annotated, pairs):
    """Exchanges the joints behind the pairs."""
    return RIGHT["flip_pose"](image, joints, annotated, [(a, (b + 1) % len(joints)) for a, b in pairs[:1]])


@near("flip_pose")
def plus_one(image, joints, annotated, pairs):
    """One pixel too far."""
    mirrored, places, known = RIGHT["flip_pose"](image, joints, annotated, pairs)
    return mirrored, places + torch.tensor([1.0, 0.0]).to(places), known


@near("flip_pose")
def all_known(image, joints, annotated, pairs):
    """Says that all joints are annotated."""
    mirrored, places, known = RIGHT["flip_pose"](image, joints, annotated, pairs)
    return mirrored, places, torch.ones_like(known)


@near("flip_pose")
def first_pair_only(image, joints, annotated, pairs):
    """Exchanges one pair."""
    return RIGHT["flip_pose"](image, joints, annotated, pairs[:1])


@near("flip_pose")
def zeros_for_missing(image, joints, annotated, pairs):
    """What is not annotated becomes (0, 0)."""
    mirrored, places, known = RIGHT["flip_pose"](image, joints, annotated, pairs)
    return mirrored, torch.where(known[:, None], places, 0.0), known


@near("pck")
def largest_reference(pred, joints, annotated, reference, alpha):
    """The largest person's length for all."""
    return RIGHT["pck"](pred, joints, annotated, torch.full_like(reference, 72.0), alpha)


@near("pck")
def twice_alpha(pred, joints, annotated, reference, alpha):
    """Takes the limit for a radius on both sides."""
    return RIGHT["pck"](pred, joints, annotated, reference, alpha / 2)


@near("pck")
def only_x(pred, joints, annotated, reference, alpha):
    """Looks at x alone."""
    return RIGHT["pck"](pred[..., :1], joints[..., :1], annotated, reference, alpha)


@near("pck")
def mean_of_joints(pred, joints, annotated, reference, alpha):
    """The mean over the joints, for each joint."""
    each = RIGHT["pck"](pred, joints, annotated, reference, alpha)
    return each.nanmean().expand_as(each).clone()


@near("pck")
def counts(pred, joints, annotated, reference, alpha):
    """How many are right."""
    return RIGHT["pck"](pred, joints, annotated, reference, alpha) * annotated.sum(dim=0)


class Right(RIGHT["Hourglass"]):
    """The right layers."""

    def __init__(self, depth, channels):
        super().__init__(depth, channels)
        if depth > 1:
            self.inner = type(self)(depth - 1, channels)

    def low(self, x):
        return self.after(self.inner(self.before(F.max_pool2d(x, 2, ceil_mode=True))))


@near("Hourglass")
class ReluAfterSum(Right):
    """A ReLU of the sum less one."""

    def forward(self, x):
        return (self.skip(x) + F.interpolate(self.low(x), size=x.shape[2:]) - 1).relu()


@near("Hourglass")
class Averaged(Right):
    """The mean of both ways."""

    def forward(self, x):
        return (self.skip(x) + F.interpolate(self.low(x), size=x.shape[2:])) / 2


@near("Hourglass")
class SkipOfSmaller(Right):
    """The skip branch is behind the pooling."""

    def forward(self, x):
        half = self.skip(F.max_pool2d(x, 2, ceil_mode=True)) + self.low(x)
        return F.interpolate(half, size=x.shape[2:])


@near("Hourglass")
class AfterBefore(Right):
    """Exchanges the first block and the last."""

    def forward(self, x):
        low = self.before(self.inner(self.after(F.max_pool2d(x, 2, ceil_mode=True))))
        return self.skip(x) + F.interpolate(low, size=x.shape[2:])


@near("Hourglass")
class SkipCut(Right):
    """No gradient goes through the skip branch."""

    def forward(self, x):
        return self.skip(x).detach() + F.interpolate(self.low(x), size=x.shape[2:])
