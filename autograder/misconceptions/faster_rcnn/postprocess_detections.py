"""Unit 04: wrong versions of `postprocess_detections`."""

import torch
from torchvision.ops import batched_nms, clip_boxes_to_image, nms

from autograder.misconceptions import wrong
from autograder.misconceptions.faster_rcnn.shared import decode


def _above(chances, threshold, first=1):
    """Rows and classes that are sure enough, from class `first` on."""
    rows, labels = (chances > threshold).nonzero(as_tuple=True)
    return rows[labels >= first], labels[labels >= first]


def _answer(boxes, chances, labels, kept):
    return {"boxes": boxes[kept], "scores": chances[kept], "labels": labels[kept]}


def _finish(chances, deltas, proposals, image_size, rows, labels, threshold):
    """Detections of these pairs of row and class."""
    boxes = clip_boxes_to_image(decode(proposals[rows], deltas[rows, labels]), image_size)
    chances = chances[rows, labels]
    return _answer(boxes, chances, labels, batched_nms(boxes, chances, labels, threshold))


@wrong(
    "postprocess_detections", "agnostic-nms", "A dog in front of a bicycle disappears: suppress within a class only."
)
def agnostic_nms(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    boxes = clip_boxes_to_image(decode(proposals[rows], deltas[rows, labels]), image_size)
    chances = chances[rows, labels]
    return _answer(boxes, chances, labels, nms(boxes, chances, nms_threshold))


@wrong(
    "postprocess_detections",
    "background-detected",
    "You report background as a detection: class 0 is what the network calls nothing.",
)
def background_detected(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold, first=0)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong(
    "postprocess_detections", "wrong-deltas", "Each class has its own four deltas; you take those of class 0 for all."
)
def wrong_deltas(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances, deltas = scores.softmax(1), deltas[:, :1].expand_as(deltas)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong(
    "postprocess_detections",
    "without-background",
    "You leave out background before the softmax, so every proposal shows some object.",
)
def without_background(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = torch.cat([torch.zeros_like(scores[:, :1]), scores[:, 1:].softmax(1)], 1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong(
    "postprocess_detections",
    "sigmoid",
    "Your probabilities come from a sigmoid. The classes exclude each other: softmax over all of them.",
)
def sigmoid(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.sigmoid()
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong(
    "postprocess_detections",
    "best-class-only",
    "You keep each proposal's best class alone. Every class above the threshold is a detection.",
)
def best_class_only(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    best = chances.amax(1, keepdim=True) if len(chances) else chances
    rows, labels = _above(torch.where(chances == best, chances, 0), score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)


@wrong(
    "postprocess_detections",
    "not-decoded",
    "You report the proposals as they are: the deltas of the second stage are not applied.",
)
def not_decoded(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, torch.zeros_like(deltas), proposals, image_size, rows, labels, nms_threshold)


@wrong("postprocess_detections", "unclipped", "Some of your detections leave the image: clip them.")
def unclipped(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, (10**6, 10**6), rows, labels, nms_threshold)


@wrong(
    "postprocess_detections", "clipped-swapped", "You clip x by the height: `image_size` is (H, W), and x goes with W."
)
def clipped_swapped(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size[::-1], rows, labels, nms_threshold)


@wrong(
    "postprocess_detections",
    "clipped-last",
    "You suppress first and clip then: two boxes that are one within the image both stay.",
)
def clipped_last(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    boxes, chances = decode(proposals[rows], deltas[rows, labels]), chances[rows, labels]
    kept = batched_nms(boxes, chances, labels, nms_threshold)
    return _answer(clip_boxes_to_image(boxes, image_size), chances, labels, kept)


@wrong(
    "postprocess_detections",
    "from-threshold",
    "A class of exactly the threshold's probability is not detected: only what is above it.",
    slip=True,
)
def from_threshold(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = (chances[:, 1:] >= score_threshold).nonzero(as_tuple=True)
    return _finish(chances, deltas, proposals, image_size, rows, labels + 1, nms_threshold)


@wrong(
    "postprocess_detections",
    "suppressed-at-threshold",
    "Boxes that overlap by exactly `nms_threshold` both stay: only above it one goes.",
    slip=True,
)
def suppressed_at_threshold(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    return _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold - 1e-6)


@wrong(
    "postprocess_detections",
    "labels-from-zero",
    "Your labels count from 0. That is the convention of the data set; here 0 is background and objects begin at 1.",
)
def labels_from_zero(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    chances = scores.softmax(1)
    rows, labels = _above(chances, score_threshold)
    found = _finish(chances, deltas, proposals, image_size, rows, labels, nms_threshold)
    return found | {"labels": found["labels"] - 1}
