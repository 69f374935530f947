"""Unit 04: wrong versions of `postprocess_detections` and `FasterRCNN`."""

import math

import torch
from torch import nn
from torchvision.ops import batched_nms, clip_boxes_to_image, nms

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("postprocess_detections", MISCONCEPTIONS)


def _decode(boxes, deltas):
    """What unit 02 wrote."""
    sizes = boxes[:, 2:] - boxes[:, :2]
    centers = (boxes[:, :2] + boxes[:, 2:]) / 2 + deltas[:, :2] * sizes
    half = sizes * deltas[:, 2:].clamp(max=math.log(1000 / 16)).exp() / 2
    return torch.cat([centers - half, centers + half], 1)


def _above(chances, threshold, first=1):
    """Rows and classes that are sure enough, from class `first` on."""
    rows, labels = (chances > threshold).nonzero(as_tuple=True)
    return rows[labels >= first], labels[labels >= first]


def _answer(boxes, chances, labels, kept):
    return {"boxes": boxes[kept], "scores": chances[kept], "labels": labels[kept]}


def _finish(chances, deltas, proposals, image_size, rows, labels, threshold):
    """Detections of these pairs of row and class."""
    boxes = clip_boxes_to_image(_decode(proposals[rows], deltas[rows, labels]), image_size)
    chances = chances[rows, labels]
    return _answer(boxes, chances, labels, batched_nms(boxes, chances, labels, threshold))


@wrong("agnostic-nms", "A dog in front of a bicycle disappears: suppress within a class only.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    boxes = clip_boxes_to_image(_decode(proposals[rows], deltas[rows, labels]), image_size)
    chances = chances[rows, labels]
    return _answer(boxes, chances, labels, nms(boxes, chances, nms_threshold))


@wrong("background-detected", "You report background as a detection: class 0 is what the network calls nothing.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold, first=0)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong("wrong-deltas", "Each class has its own four deltas; you take those of class 0 for all.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances, deltas = scores.softmax(1), deltas[:, :1].expand_as(deltas)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong("without-background", "You leave out background before the softmax, so every proposal shows some object.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = torch.cat([torch.zeros_like(scores[:, :1]), scores[:, 1:].softmax(1)], 1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong("sigmoid", "Your probabilities come from a sigmoid. The classes exclude each other: softmax over all of them.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.sigmoid()
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong("best-class-only", "You keep each proposal's best class alone. Every class above the threshold is a detection.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    best = chances.amax(1, keepdim=True) if len(chances) else chances
    rows, labels = _above(torch.where(chances == best, chances, 0), score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong("not-decoded", "You report the proposals as they are: the deltas of the second stage are not applied.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, torch.zeros_like(deltas), proposals, image_size, rows, labels, nms_threshold)


@wrong("unclipped", "Some of your detections leave the image: clip them.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, (10**6, 10**6), rows, labels, nms_threshold)


@wrong("clipped-swapped", "You clip x by the height: `image_size` is (H, W), and x goes with W.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size[::-1], rows, labels, nms_threshold)


@wrong("clipped-last", "You suppress first and clip then: two boxes that are one within the image both stay.")
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    boxes, chances = _decode(proposals[rows], deltas[rows, labels]), chances[rows, labels]
    kept = batched_nms(boxes, chances, labels, nms_threshold)
    return _answer(clip_boxes_to_image(boxes, image_size), chances, labels, kept)


@wrong(
    "from-threshold",
    "A class of exactly the threshold's probability is not detected: only what is above it.",
    slip=True,
)
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = (chances[:, 1:] >= score_threshold).nonzero(as_tuple=True)
    return _finish(chances, deltas, proposals, image_size, rows, labels + 1, nms_threshold)


@wrong(
    "suppressed-at-threshold",
    "Boxes that overlap by exactly `nms_threshold` both stay: only above it one goes.",
    slip=True,
)
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold - 1e-6)


@wrong(
    "labels-from-zero",
    "Your labels count from 0. That is the convention of the data set; here 0 is background and objects begin at 1.",
)
def _(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    found = _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)
    return found | {"labels": found["labels"] - 1}


wrong = collector("FasterRCNN", MISCONCEPTIONS)


class Parts(nn.Module):
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
    "no-ground-truth",
    "At the start no proposal fits an object, so the head sees no positive. Add the true boxes while training.",
)
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, proposals, targets)


@wrong("backbone-twice", "You run the backbone twice. Sharing the features is what makes it fast.")
class _(Parts):
    def forward(self, images, targets=None):
        *found, proposals = self.first(self.backbone(images), _size(images))
        features = self.backbone(images)
        if not self.training:
            return self.detect(features, proposals, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong(
    "undrawn-to-head",
    "The box head judges all proposals. Labels and goals belong to the boxes that `sample` returns: hand it those.",
)
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        proposals = _with_truth(proposals, targets)
        _, labels, goals = self.sample(proposals, targets)
        return self.rpn_losses(*found, targets) | self.box_losses(*self.box_head(features, proposals), labels, goals)


@wrong(
    "unjoined-to-head",
    "The box head judges the proposals without the true boxes. Hand it the boxes that `sample` returns.",
)
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        _, labels, goals = self.sample(_with_truth(proposals, targets), targets)
        return self.rpn_losses(*found, targets) | self.box_losses(*self.box_head(features, proposals), labels, goals)


@wrong("anchors-to-head", "The box head gets the anchors instead of the proposals.")
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, _ = self.first(features, _size(images))
        boxes = [found[2]] * len(images)
        if not self.training:
            return self.detect(features, boxes, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(boxes, targets), targets)


@wrong(
    "losses-in-eval",
    "Training returns losses, evaluation detections. The module's mode decides, not whether there are targets.",
)
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if targets is None:
            return self.detect(features, proposals, _size(images))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong("second-stage-only", "Your losses are the second stage's alone; the proposal network would learn nothing.")
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *_, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        return self.second(features, _with_truth(proposals, targets), targets)


@wrong("h-w-swapped", "You hand the image's size on as (W, H). It is (H, W), the last two axes of the batch.")
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images)[::-1])
        if not self.training:
            return self.detect(features, proposals, _size(images)[::-1])
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong("map-size", "You hand on the size of the feature map. Proposals are clipped to the image, in its pixels.")
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(features))
        if not self.training:
            return self.detect(features, proposals, _size(features))
        return self.rpn_losses(*found, targets) | self.second(features, _with_truth(proposals, targets), targets)


@wrong("detached-features", "The second stage's losses do not reach your backbone: hand it the features undetached.")
class _(Parts):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        *found, proposals = self.first(features, _size(images))
        if not self.training:
            return self.detect(features, proposals, _size(images))
        boxes = _with_truth(proposals, targets)
        return self.rpn_losses(*found, targets) | self.second(features.detach(), boxes, targets)


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
