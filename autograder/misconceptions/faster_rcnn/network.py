"""Unit 04: wrong versions of `RPNHead` and `rpn_loss`."""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("RPNHead", MISCONCEPTIONS)


class Layers(nn.Module):
    """The given layers, with a kernel and a number of logits that a wrong version may change."""

    def __init__(self, in_channels, anchors_per_cell, kernel=3, logits=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, in_channels, kernel, padding=kernel // 2)
        self.cls_logits = nn.Conv2d(in_channels, logits * anchors_per_cell, 1)
        self.bbox_pred = nn.Conv2d(in_channels, 4 * anchors_per_cell, 1)

    def maps(self, features):
        """The 1×1 layers' maps."""
        shared = self.conv(features).relu()
        return self.cls_logits(shared), self.bbox_pred(shared)


def _flat(objectness, deltas):
    """Maps [n, A, h, w] and [n, 4 * A, h, w] in the order of the anchors."""
    deltas = deltas.permute(0, 2, 3, 1).flatten(1)
    return objectness.permute(0, 2, 3, 1).flatten(1), deltas.unflatten(1, (-1, 4))


@wrong("sigmoid-inside", "Your scores have gone through a sigmoid. The loss applies it too, so it would act twice.")
class _(Layers):
    def forward(self, features):
        objectness, deltas = _flat(*self.maps(features))
        return objectness.sigmoid(), deltas


@wrong("no-relu", "Without a ReLU after the 3×3 layer, the two layers are one linear map.")
class _(Layers):
    def forward(self, features):
        shared = self.conv(features)
        return _flat(self.cls_logits(shared), self.bbox_pred(shared))


@wrong("one-by-one", "Your shared layer is 1×1. It should see a cell's neighbourhood: 3×3.")
class _(Layers):
    def __init__(self, in_channels, anchors_per_cell):
        super().__init__(in_channels, anchors_per_cell, kernel=1)

    def forward(self, features):
        return _flat(*self.maps(features))


@wrong(
    "four-major",
    "The four numbers of one anchor come from four different anchors: the channels run (A, 4), not (4, A).",
)
class _(Layers):
    def forward(self, features):
        objectness, deltas = self.maps(features)
        deltas = deltas.unflatten(1, (4, -1)).permute(0, 3, 4, 2, 1)  # [n, h, w, A, 4]
        return _flat(objectness, objectness)[0], deltas.flatten(1).unflatten(1, (-1, 4))


@wrong(
    "chw-flatten",
    "Scores and anchors run in different orders, so each score judges another anchor: move the channels to the end.",
)
class _(Layers):
    def forward(self, features):
        objectness, deltas = self.maps(features)
        deltas = deltas.unflatten(1, (-1, 4)).permute(0, 1, 3, 4, 2)  # [n, A, h, w, 4]
        return objectness.flatten(1), deltas.flatten(1).unflatten(1, (-1, 4))


@wrong("h-w-swapped", "Your cells run column by column. The anchors run row by row.")
class _(Layers):
    def forward(self, features):
        return _flat(*(values.transpose(2, 3) for values in self.maps(features)))


@wrong("from-features", "Your corrections read the feature map itself. Both 1×1 layers read the shared 3×3 layer.")
class _(Layers):
    def forward(self, features):
        return _flat(self.maps(features)[0], self.bbox_pred(features))


@wrong(
    "two-scores",
    "You have two scores an anchor, as the paper's first version with its softmax; one logit says the same.",
)
class _(Layers):
    def __init__(self, in_channels, anchors_per_cell):
        super().__init__(in_channels, anchors_per_cell, logits=2)

    def forward(self, features):
        return _flat(*self.maps(features))


@wrong("without-gradients", "Nothing can be learned from your answer: it is cut off from the layers' weights.")
class _(Layers):
    def forward(self, features):
        return [values.detach() for values in _flat(*self.maps(features))]


wrong = collector("rpn_loss", MISCONCEPTIONS)


def _entropy(objectness, labels, rows, reduction="mean"):
    """Cross-entropy over some anchors; 0 over none."""
    if not rows.any():
        return objectness.sum() * 0
    return binary_cross_entropy_with_logits(objectness[rows], labels[rows].to(objectness.dtype), reduction=reduction)


def _boxes(deltas, targets, rows, count, beta=1 / 9):
    """Smooth L1 over some anchors, divided by a number."""
    return smooth_l1_loss(deltas[rows], targets[rows], beta=beta, reduction="sum") / max(1, int(count))


@wrong("ignored-as-negative", "Anchors marked -1 are to be left out; you teach them as background.")
def _(objectness, deltas, labels, targets):
    labels = labels.clamp(min=0)
    return _entropy(objectness, labels, labels >= 0), _boxes(deltas, targets, labels == 1, len(labels))


@wrong(
    "ignored-as-background",
    "Anchors marked -1 are to be left out of the cross-entropy; there you count them as background.",
)
def _(objectness, deltas, labels, targets):
    sampled = labels >= 0
    everyone = _entropy(objectness, labels.clamp(min=0), labels > -2)
    return everyone, _boxes(deltas, targets, labels == 1, sampled.sum())


@wrong(
    "over-all", "You divide your losses by the number of all anchors: divide by the number of sampled ones, 1 and 0."
)
def _(objectness, deltas, labels, targets):
    count = max(1, len(labels))
    return _entropy(objectness, labels, labels >= 0, "sum") / count, _boxes(deltas, targets, labels == 1, count)


@wrong("minus-one-target", "Cross-entropy with the target -1 rewards ever lower scores: leave those anchors out.")
def _(objectness, deltas, labels, targets):
    return _entropy(objectness, labels, labels > -2), _boxes(deltas, targets, labels == 1, (labels >= 0).sum())


@wrong("boxes-everywhere", "Only positive anchors have a box to aim at; your box loss runs over negative ones too.")
def _(objectness, deltas, labels, targets):
    sampled = labels >= 0
    return _entropy(objectness, labels, sampled), _boxes(deltas, targets, sampled, sampled.sum())


@wrong("per-positive", "You divide the box loss by the positives; ours divides by all sampled anchors.")
def _(objectness, deltas, labels, targets):
    positive = labels == 1
    return _entropy(objectness, labels, labels >= 0), _boxes(deltas, targets, positive, positive.sum())


@wrong("summed", "Your losses grow with the image: divide by the number of sampled anchors.")
def _(objectness, deltas, labels, targets):
    return _entropy(objectness, labels, labels >= 0, "sum"), _boxes(deltas, targets, labels == 1, 1)


@wrong("empty-nan", "Without a positive anchor your box loss is NaN: a mean over nothing. It should be 0.", slip=True)
def _(objectness, deltas, labels, targets):
    sampled, positive = labels >= 0, labels == 1
    mean = smooth_l1_loss(deltas[positive], targets[positive], beta=1 / 9, reduction="none").mean()
    return _entropy(objectness, labels, sampled), mean * 4 * positive.sum() / sampled.sum().clamp(min=1)


@wrong("beta-one", "Your smooth L1 bends at 1, as Fast R-CNN's; here beta is 1/9.")
def _(objectness, deltas, labels, targets):
    sampled = labels >= 0
    return _entropy(objectness, labels, sampled), _boxes(deltas, targets, labels == 1, sampled.sum(), beta=1.0)


@wrong(
    "box-mean", "Your box loss is a mean over the four numbers as well. Sum over them: your loss is a quarter of ours."
)
def _(objectness, deltas, labels, targets):
    sampled = labels >= 0
    return _entropy(objectness, labels, sampled), _boxes(deltas, targets, labels == 1, sampled.sum()) / 4


@wrong(
    "sigmoid-first",
    "You take the logarithm of a sigmoid, which is infinite for a sure score. Start from the logits.",
    slip=True,
)
def _(objectness, deltas, labels, targets):
    sampled = labels >= 0
    chance, truth = objectness[sampled].sigmoid(), labels[sampled]
    entropy = -torch.where(truth > 0, chance.log(), (1 - chance).log()).sum() / sampled.sum().clamp(min=1)
    return entropy, _boxes(deltas, targets, labels == 1, sampled.sum())


@wrong("detached", "Your losses are numbers without a graph: nothing will learn from them.")
def _(objectness, deltas, labels, targets):
    sampled = labels >= 0
    found = _entropy(objectness, labels, sampled), _boxes(deltas, targets, labels == 1, sampled.sum())
    return [loss.detach() for loss in found]


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
