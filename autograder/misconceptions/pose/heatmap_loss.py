"""Unit 06: wrong versions of `heatmap_loss`."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

from autograder.misconceptions import wrong


def _cells(logits, targets):
    return binary_cross_entropy_with_logits(logits, targets, reduction="none")


def _mean(cells, part, dims):
    """The mean over some cells of these axes, 0 over none."""
    return (cells * part).sum(dim=dims) / part.sum(dim=dims).clamp(min=1)


def _balanced(cells, targets):
    """The cost of each map."""
    positive = targets >= 0.5
    return (_mean(cells, positive, (2, 3)) + _mean(cells, ~positive, (2, 3))) / 2


def _over(maps, annotated):
    return maps[annotated].sum() / annotated.sum().clamp(min=1)


@wrong(
    "heatmap_loss",
    "unbalanced",
    "You take the plain mean over all cells, so an all-zero map already scores well: nearly all cells are background. "
    "Balance them.",
)
def unbalanced(logits, targets, annotated):
    return _over(_cells(logits, targets).mean(dim=(2, 3)), annotated)


@wrong(
    "heatmap_loss",
    "not-halved",
    "Your loss is twice as large: a map costs half of the sum of its two means.",
)
def not_halved(logits, targets, annotated):
    return 2 * _over(_balanced(_cells(logits, targets), targets), annotated)


@wrong(
    "heatmap_loss",
    "positive-only",
    "Only the disk counts in your loss: a network that says “here” everywhere loses nothing.",
)
def positive_only(logits, targets, annotated):
    return _over(_mean(_cells(logits, targets), targets >= 0.5, (2, 3)) / 2, annotated)


@wrong(
    "heatmap_loss",
    "invisible-as-zero",
    "“Not annotated” is not “not there”. Leave these maps out.",
)
def invisible_as_zero(logits, targets, annotated):
    maps = _balanced(_cells(logits, targets), targets)
    return maps.sum() / max(1, maps.numel())


@wrong(
    "heatmap_loss",
    "diluted",
    "You leave out the missing joints but still divide by their number.",
)
def diluted(logits, targets, annotated):
    maps = _balanced(_cells(logits, targets), targets)
    return (maps * annotated).sum() / max(1, maps.numel())


@wrong("heatmap_loss", "sigmoid-twice", "The loss contains the sigmoid already: give it the logits themselves.")
def sigmoid_twice(logits, targets, annotated):
    return _over(_balanced(_cells(logits.sigmoid(), targets), targets), annotated)


@wrong(
    "heatmap_loss",
    "softmax-over-joints",
    "Joints are not exclusive: a wrist can lie on a hip. Each map has its own sigmoid, no softmax over the joints.",
)
def softmax_over_joints(logits, targets, annotated):
    p = logits.softmax(dim=1).clamp(1e-7, 1 - 1e-7)
    return _over(_balanced(-targets * p.log() - (1 - targets) * (1 - p).log(), targets), annotated)


@wrong(
    "heatmap_loss",
    "softmax-over-cells",
    "You make each map sum to 1 over its cells. Each cell has its own sigmoid: a joint outside has no cell at all.",
)
def softmax_over_cells(logits, targets, annotated):
    p = logits.flatten(2).softmax(dim=2).view_as(logits).clamp(1e-7, 1 - 1e-7)
    return _over(_balanced(-targets * p.log() - (1 - targets) * (1 - p).log(), targets), annotated)


@wrong(
    "heatmap_loss",
    "squared",
    "You take squared differences. Many papers do; here each cell costs a cross-entropy.",
)
def squared(logits, targets, annotated):
    return _over(_balanced((logits.sigmoid() - targets) ** 2, targets), annotated)


@wrong(
    "heatmap_loss",
    "whole-batch",
    "You balance over all maps together: a small disk then counts less than a large one. Each map has its own two "
    "means.",
)
def whole_batch(logits, targets, annotated):
    cells, positive = _cells(logits, targets)[annotated], targets[annotated] >= 0.5
    return (_mean(cells, positive, (0, 1, 2)) + _mean(cells, ~positive, (0, 1, 2))) / 2


@wrong(
    "heatmap_loss",
    "mean-of-persons",
    "You average over the joints of each person first. Then a person with one annotated joint weighs as much as one "
    "with fourteen; the mean goes over all annotated maps.",
)
def mean_of_persons(logits, targets, annotated):
    maps = _balanced(_cells(logits, targets), targets)
    persons = annotated.any(dim=1)
    return _over(_mean(maps, annotated, (1,)), persons)


@wrong(
    "heatmap_loss",
    "any-positive",
    "A cell is positive in your loss wherever its target is above 0. At least 0.5 is asked for: a Gaussian is above 0 "
    "far away from the joint.",
)
def any_positive(logits, targets, annotated):
    cells, positive = _cells(logits, targets), targets > 0
    return _over((_mean(cells, positive, (2, 3)) + _mean(cells, ~positive, (2, 3))) / 2, annotated)


@wrong(
    "heatmap_loss",
    "targets-cut",
    "You make each target 0 or 1 before you take the cross-entropy. A target between them costs on both sides.",
)
def targets_cut(logits, targets, annotated):
    hard = (targets >= 0.5).to(targets.dtype)
    return _over(_balanced(_cells(logits, hard), targets), annotated)


@wrong("heatmap_loss", "nan", "A person without an annotated joint makes your loss NaN: 0 / 0.")
def nan(logits, targets, annotated):
    return _balanced(_cells(logits, targets), targets)[annotated].mean()


@wrong(
    "heatmap_loss",
    "map-nan",
    "A map without positive cells, or without others, makes your loss NaN: its joint can lie outside of the image.",
    slip=True,
)
def map_nan(logits, targets, annotated):
    cells, positive = _cells(logits, targets), targets >= 0.5
    means = [(cells * part).sum(dim=(2, 3)) / part.sum(dim=(2, 3)) for part in (positive, ~positive)]
    return _over((means[0] + means[1]) / 2, annotated)


@wrong(
    "heatmap_loss",
    "above-half",
    "A cell with a target of exactly 0.5 is positive: “at least”.",
    slip=True,
)
def above_half(logits, targets, annotated):
    cells, positive = _cells(logits, targets), targets > 0.5
    return _over((_mean(cells, positive, (2, 3)) + _mean(cells, ~positive, (2, 3))) / 2, annotated)


@wrong(
    "heatmap_loss",
    "saturates",
    "Your loss ends where the sigmoid is 0 or 1 to the last digit. Take the cross-entropy of the logits.",
    slip=True,
)
def saturates(logits, targets, annotated):
    p = logits.sigmoid().clamp(1e-7, 1 - 1e-7)
    cells = torch.where(logits.abs() < 15, softplus(logits) - targets * logits, _naive(p, targets))
    return _over(_balanced(cells, targets), annotated)


def _naive(p, targets):
    return -targets * p.log() - (1 - targets) * (1 - p).log()
