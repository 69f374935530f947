"""Unit 03: wrong versions that lie near a misconception but are another mistake, in a student's own words."""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torchvision import ops

from autograder import reference

RIGHT = reference.load("03_fast_rcnn")
RELATIVES = []


def near(check, allowed=""):
    """Collects a version; `allowed` is a misconception whose sentence is true of it, too."""

    def keep(version):
        RELATIVES.append((check, version, allowed))
        return version

    return keep


def places(features, rois, size, scale):
    return torch.ops.torchvision.roi_pool(features, rois, scale, size, size)


@near("roi_pool")
def inward_corners(features, rois, output_size, spatial_scale):
    """Rounds the first corner up and the last one down."""
    corners = rois[:, 1:] * spatial_scale
    corners = torch.cat([corners[:, :2].ceil(), corners[:, 2:].floor()], dim=1)
    pooled, argmax = places(features, torch.cat([rois[:, :1], corners], dim=1), output_size, 1.0)
    return pooled, argmax.long()


@near("roi_pool")
def one_cell_more(features, rois, output_size, spatial_scale):
    """Counts the inclusive end twice."""
    corners = (rois[:, 1:] * spatial_scale).round() + torch.tensor([0, 0, 1, 1])
    pooled, argmax = places(features, torch.cat([rois[:, :1], corners], dim=1), output_size, 1.0)
    return pooled, argmax.long()


@near("roi_pool")
def scale_inverted(features, rois, output_size, spatial_scale):
    """Divides by the scale."""
    pooled, argmax = places(features, rois, output_size, 1 / spatial_scale)
    return pooled, argmax.long()


@near("roi_pool")
def last_image(features, rois, output_size, spatial_scale):
    """Cuts every region from the last image."""
    pooled, argmax = places(features[-1:], rois * torch.tensor([0, 1, 1, 1, 1]), output_size, spatial_scale)
    return pooled, argmax.long()


@near("roi_pool")
def places_from_one(features, rois, output_size, spatial_scale):
    """Counts places from 1."""
    pooled, argmax = places(features, rois, output_size, spatial_scale)
    return pooled, torch.where(argmax < 0, argmax, argmax + 1).long()


@near("roi_pool")
def height_for_width(features, rois, output_size, spatial_scale):
    """row * h + column."""
    pooled, argmax = places(features, rois, output_size, spatial_scale)
    height, width = features.shape[2:]
    return pooled, torch.where(argmax < 0, argmax, argmax // width * height + argmax % width).long()


@near("roi_pool_backward")
def doubled_where_shared(grad, argmax, rois, shape):
    """Adds, but starts from what is already there: every second gradient of a cell counts twice."""
    out = grad.new_zeros(shape).flatten(2)
    for r, c, i, j in (argmax >= 0).nonzero().tolist():
        place = (int(rois[r, 0]), c, int(argmax[r, c, i, j]))
        out[place] = 2 * out[place] + grad[r, c, i, j]
    return out.reshape(shape)


@near("roi_pool_backward", "overwrites")
def first_stays(grad, argmax, rois, shape):
    """The first gradient of a cell stays, later ones are dropped."""
    out = grad.new_zeros(shape).flatten(2)
    for r, c, i, j in (argmax >= 0).nonzero().tolist()[::-1]:
        out[int(rois[r, 0]), c, argmax[r, c, i, j]] = grad[r, c, i, j]
    return out.reshape(shape)


@near("roi_pool_backward")
def last_image_back(grad, argmax, rois, shape):
    """All gradients land in the last image."""
    return RIGHT["roi_pool_backward"](grad, argmax, rois * 0 + shape[0] - 1, shape)


@near("smooth_l1")
def whole_beta_lower(x, beta):
    """The line lies a whole beta lower."""
    return torch.where(x.abs() < beta, 0.5 * x**2 / beta, x.abs() - beta) if beta else x.abs()


@near("smooth_l1")
def twice(x, beta):
    """Twice the loss."""
    return 2 * RIGHT["smooth_l1"](x, beta)


@near("smooth_l1")
def divided_huber(x, beta):
    """Huber's loss divided by beta twice."""
    return RIGHT["smooth_l1"](x, beta) / beta if beta else x.abs()


@near("smooth_l1")
def half_detached(x, beta):
    """Only the parabola learns."""
    a = x.abs()
    return torch.where(a < beta, 0.5 * a**2 / max(beta, 1e-9), a.detach() - 0.5 * beta)


@near("smooth_l1")
def softened(x, beta):
    """Divides by beta + 0.001, so that 0 does no harm."""
    a = x.abs()
    return torch.where(a < beta, 0.5 * a**2 / (beta + 1e-3), a - 0.5 * beta)


@near("fast_rcnn_loss")
def guess_without_background(scores, deltas, labels, targets):
    """Trains the box of the best class that is no background."""
    classifier, objects = F.cross_entropy(scores, labels), labels > 0
    guess = scores[:, 1:].argmax(1) + 1
    errors = deltas[torch.arange(len(labels)), guess] - targets
    return classifier, F.smooth_l1_loss(errors[objects], errors[objects] * 0, reduction="sum") / len(labels)


@near("fast_rcnn_loss")
def next_class(scores, deltas, labels, targets):
    """Off by one, upwards."""
    objects = labels.nonzero()[:, 0]
    errors = deltas[objects, (labels[objects] + 1) % deltas.shape[1]] - targets[objects]
    return F.cross_entropy(scores, labels), F.smooth_l1_loss(errors, errors * 0, reduction="sum") / len(labels)


@near("fast_rcnn_loss")
def summed_classification(scores, deltas, labels, targets):
    """The cross-entropy is summed."""
    classifier, box = RIGHT["fast_rcnn_loss"](scores, deltas, labels, targets)
    return classifier * len(labels), box


@near("fast_rcnn_loss")
def box_without_graph(scores, deltas, labels, targets):
    """Only the classification learns."""
    classifier, box = RIGHT["fast_rcnn_loss"](scores, deltas, labels, targets)
    return classifier, box.detach()


def kinds(ious, low=0.1, high=0.5):
    best = ious.amax(1) if ious.shape[1] else torch.zeros(len(ious))
    return (best >= high).nonzero()[:, 0], ((best >= low) & (best < high)).nonzero()[:, 0]


def some(positions, count, rng):
    return positions[torch.randperm(len(positions), generator=rng)[: max(count, 0)]]


@near("sample_rois")
def floor_fraction(ious, batch, fg_fraction, rng):
    """One object fewer than allowed."""
    foreground, background = kinds(ious)
    chosen = some(foreground, max(0, math.floor(fg_fraction * batch) - 1), rng)
    return chosen, some(background, batch - len(chosen), rng)


@near("sample_rois")
def below_a_fifth(ious, batch, fg_fraction, rng):
    """Background begins at 0.2."""
    foreground, background = kinds(ious, low=0.2)
    chosen = some(foreground, round(fg_fraction * batch), rng)
    return chosen, some(background, batch - len(chosen), rng)


@near("sample_rois")
def mean_overlap(ious, batch, fg_fraction, rng):
    """The mean IoU with all objects counts."""
    return RIGHT["sample_rois"](ious.mean(1, keepdim=True) if ious.shape[1] else ious, batch, fg_fraction, rng)


@near("sample_rois")
def worst_first(ious, batch, fg_fraction, rng):
    """Always the objects that overlap least."""
    foreground, background = kinds(ious)
    best = ious.amax(1) if ious.shape[1] else torch.zeros(len(ious))
    chosen = foreground[best[foreground].argsort()][: round(fg_fraction * batch)]
    return chosen, some(background, batch - len(chosen), rng)


@near("sample_rois")
def one_more(ious, batch, fg_fraction, rng):
    """One background too many."""
    foreground, background = kinds(ious)
    chosen = some(foreground, round(fg_fraction * batch), rng)
    return chosen, some(background, batch - len(chosen) + 1, rng)


@near("sample_rois", "own-generator")  # whose sentence says that the draw is always the same
def last_ones(ious, batch, fg_fraction, rng):
    """Takes the last ones every time."""
    foreground, background = kinds(ious)
    chosen = foreground.flip(0)[: round(fg_fraction * batch)]
    return chosen, background.flip(0)[: batch - len(chosen)]


def two(first, second, bias=None):
    narrow, wide = (nn.Linear(w.shape[1], w.shape[0], bias=b) for w, b in ((first, False), (second, bias is not None)))
    narrow.weight.data, wide.weight.data = first.clone(), second.clone()
    if bias is not None:
        wide.bias.data = bias.detach().clone()
    return nn.Sequential(narrow, wide)


@near("truncated_svd")
def relu_between(linear, rank):
    """A ReLU between the layers."""
    narrow, wide = RIGHT["truncated_svd"](linear, rank)
    return nn.Sequential(narrow, nn.ReLU(), wide)


@near("truncated_svd")
def first_largest_left_out(linear, rank):
    """Leaves the strongest direction out."""
    u, s, vt = torch.linalg.svd(linear.weight.detach(), full_matrices=False)
    kept = slice(1, rank + 1) if rank < len(s) else slice(0, rank)
    return two(s[kept, None] * vt[kept], u[:, kept], linear.bias)


@near("truncated_svd")
def squared_sigma(linear, rank):
    """The root of Σ in the first layer, Σ in the second."""
    u, s, vt = torch.linalg.svd(linear.weight.detach(), full_matrices=False)
    return two(s[:rank, None].sqrt() * vt[:rank], u[:, :rank] * s[:rank], linear.bias)


@near("truncated_svd")
def bias_doubled(linear, rank):
    """Twice the bias."""
    layers = RIGHT["truncated_svd"](linear, rank)
    if linear.bias is not None:
        layers[1].bias.data *= 2
    return layers


def aligned_by_library(features, rois, size, scale, ratio, aligned):
    return ops.roi_align(features, rois, size, scale, ratio, aligned)


@near("roi_align")
def shifted_the_other_way(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    """Moves the corners by +0.5."""
    moved = rois + (torch.tensor([0, 1, 1, 1, 1]) / spatial_scale if aligned else 0)
    return aligned_by_library(features, moved, output_size, spatial_scale, sampling_ratio, aligned)


@near("roi_align")
def shifted_before_scaling(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    """Moves the corners by half a pixel of the image, before scaling."""
    moved = rois + (torch.tensor([0, 0.5, 0.5, 0.5, 0.5]) / spatial_scale - 0.5 if aligned else 0)
    moved[:, 0] = rois[:, 0]
    return aligned_by_library(features, moved, output_size, spatial_scale, sampling_ratio, aligned)


@near("roi_align")
def points_at_corners(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    """Points at the beginnings of the parts, not in their middles."""
    sizes = (rois[:, 3:] - rois[:, 1:3]) if aligned else (rois[:, 3:] - rois[:, 1:3]).clamp(min=1 / spatial_scale)
    back = sizes / (2 * output_size * sampling_ratio)
    moved = torch.cat([rois[:, :1], rois[:, 1:3] - back, rois[:, 3:] - back], dim=1)
    return aligned_by_library(features, moved, output_size, spatial_scale, sampling_ratio, aligned)


@near("roi_align")
def twice_the_points(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    """Twice as many points along a side."""
    return aligned_by_library(features, rois, output_size, spatial_scale, 2 * sampling_ratio, aligned)


@near("roi_align")
def inclusive_like_pooling(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    """The region is one cell larger, as in pooling."""
    larger = rois + torch.tensor([0, 0, 0, 1, 1]) / spatial_scale
    return aligned_by_library(features, larger, output_size, spatial_scale, sampling_ratio, aligned)
