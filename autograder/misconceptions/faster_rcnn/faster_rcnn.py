"""Unit 04: wrong versions of `FasterRCNN`."""

import torch
from torch import nn

from autograder.misconceptions import wrong


class _Parts(nn.Module):
    """The three networks; the given parts between them are found on the object."""

    def __init__(self, backbone, rpn_head, box_head, stride):
        super().__init__()
        self.backbone, self.rpn_head, self.box_head, self.stride = backbone, rpn_head, box_head, stride

    def first(self, features, size):
        """What the first stage says: logits, deltas, anchors, and each image's proposals."""
        objectness, deltas = self.rpn_head(features)
        anchors = self.anchors(features)
        return objectness, deltas, anchors, self.proposals(objectness, deltas, anchors, size)

    def detect(self, features, boxes, size):
        """Detections from each image's boxes."""
        counts = [len(each) for each in boxes]
        answers = zip(*(answer.split(counts) for answer in self.box_head(features, boxes)), boxes, strict=True)
        return [self.detections(*one, size) for one in answers]

    def second(self, features, boxes, targets):
        """The second stage's losses on each image's boxes."""
        boxes, labels, goals = self.sample(boxes, targets)
        return self.box_losses(*self.box_head(features, boxes), labels, goals)


def _with_truth(proposals, targets):
    """Each image's proposals and true boxes."""
    return [torch.cat([boxes, target["boxes"]]) for boxes, target in zip(proposals, targets, strict=True)]


def _size(images):
    return tuple(images.shape[2:])


@wrong(
    "FasterRCNN",
    "no-ground-truth",
    "At the start no proposal fits an object, so the head sees no positive. Add the true boxes while training.",
)
class NoGroundTruth(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, proposals, targets)


@wrong("FasterRCNN", "backbone-twice", "You run the backbone twice. Sharing the features is what makes it fast.")
class BackboneTwice(_Parts):
    def forward(self, images, targets=None):
        *found, proposals = self.first(self.backbone(images), _size(images))
        features = self.backbone(images)
        if not self.training:
            return self.detect(features, proposals, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong(
    "FasterRCNN",
    "undrawn-to-head",
    "The box head judges all proposals. Labels and goals belong to the boxes that `sample` returns: hand it those.",
)
class UndrawnToHead(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        proposals = _with_truth(proposals, targets)
        _, labels, goals = self.sample(proposals, targets)
        return self.rpn_losses(*found, targets) | self.box_losses(*self.box_head(features, proposals), labels, goals)


@wrong(
    "FasterRCNN",
    "unjoined-to-head",
    "The box head judges the proposals without the true boxes. Hand it the boxes that `sample` returns.",
)
class UnjoinedToHead(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        _, labels, goals = self.sample(_with_truth(proposals, targets), targets)
        return self.rpn_losses(*found, targets) | self.box_losses(*self.box_head(features, proposals), labels, goals)


@wrong("FasterRCNN", "anchors-to-head", "The box head gets the anchors instead of the proposals.")
class AnchorsToHead(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, _ = self.first(features, _size(images))
        boxes = [found[2]] * len(images)
        if not self.training:
            return self.detect(features, boxes, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(boxes, targets), targets)


@wrong(
    "FasterRCNN",
    "losses-in-eval",
    "Training returns losses, evaluation detections. The module's mode decides, not whether there are targets.",
)
class LossesInEval(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if targets is None:
            return self.detect(features, proposals, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong(
    "FasterRCNN",
    "second-stage-only",
    "Your losses are the second stage's alone; the proposal network would learn nothing.",
)
class SecondStageOnly(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *_, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        return self.second(features, _with_truth(proposals, targets), targets)


@wrong(
    "FasterRCNN", "h-w-swapped", "You hand the image's size on as (W, H). It is (H, W), the last two axes of the batch."
)
class HWSwapped(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images)[::-1])
        if not self.training:
            return self.detect(features, proposals, _size(images)[::-1])
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong(
    "FasterRCNN",
    "map-size",
    "You hand on the size of the feature map. Proposals are clipped to the image, in its pixels.",
)
class MapSize(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(features))
        if not self.training:
            return self.detect(features, proposals, _size(features))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong(
    "FasterRCNN",
    "detached-features",
    "The second stage's losses do not reach your backbone: hand it the features undetached.",
)
class DetachedFeatures(_Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        boxes = _with_truth(proposals, targets)
        return self.rpn_losses(*found, targets) | self.second(features.detach(), boxes, targets)
