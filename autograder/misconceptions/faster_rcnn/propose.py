"""Unit 04: wrong versions of `propose`."""

import torch
from torchvision.ops import nms

from autograder.misconceptions import wrong
from autograder.misconceptions.faster_rcnn.shared import decode


def _clip(boxes, height, width):
    return torch.minimum(boxes.clamp(min=0), boxes.new_tensor([width, height, width, height]))


def _large(boxes, min_size):
    return (boxes[:, 2:] - boxes[:, :2] >= min_size).all(1)


def _top(scores, deltas, anchors, pre_n):
    """The corrected boxes of the best anchors, and their scores."""
    best = scores.argsort(descending=True)[:pre_n]
    return decode(anchors[best], deltas[best]).detach(), scores[best].detach()


def _keep(boxes, scores, rows):
    return boxes[rows], scores[rows]


def _suppress(boxes, scores, post_n, threshold):
    return _keep(boxes, scores, nms(boxes, scores, threshold)[:post_n])


@wrong("propose", "unclipped", "Some proposals leave the image; RoI pooling then reads nothing. Clip them.")
def unclipped(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    return _suppress(*_keep(boxes, scores, _large(boxes, min_size)), post_n, nms_threshold)


@wrong("propose", "clipped-swapped", "You clip x by the height: `image_size` is (H, W), and x goes with W.")
def clipped_swapped(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size[::-1])
    return _suppress(*_keep(boxes, scores, _large(boxes, min_size)), post_n, nms_threshold)


@wrong("propose", "size-before-clip", "A box can become a sliver by clipping. Test its size afterwards.")
def size_before_clip(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes, scores = _keep(boxes, scores, _large(boxes, min_size))
    return _suppress(_clip(boxes, *image_size), scores, post_n, nms_threshold)


@wrong(
    "propose",
    "one-side",
    "A box one pixel wide and long passes: you drop it only if both sides are small. Both must be large.",
)
def one_side(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    large = (boxes[:, 2:] - boxes[:, :2] >= min_size).any(1)
    return _suppress(*_keep(boxes, scores, large), post_n, nms_threshold)


@wrong(
    "propose",
    "cut-before-nms",
    "You keep the best and then suppress: duplicates have taken the places. Suppress first.",
)
def cut_before_nms(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    boxes, scores = _keep(boxes, scores, _large(boxes, min_size))
    return _suppress(boxes[:post_n], scores[:post_n], post_n, nms_threshold)


@wrong(
    "propose", "clipped-last", "You suppress first and clip then: two boxes that are one within the image both stay."
)
def clipped_last(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes, scores = _keep(boxes, scores, _large(_clip(boxes, *image_size), min_size))
    boxes, scores = _suppress(boxes, scores, post_n, nms_threshold)
    return _clip(boxes, *image_size), scores


@wrong("propose", "raw-anchors", "You propose the anchors themselves: the deltas are not applied.")
def raw_anchors(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, torch.zeros_like(deltas), anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    return _suppress(*_keep(boxes, scores, _large(boxes, min_size)), post_n, nms_threshold)


@wrong(
    "propose",
    "attached",
    "Gradients run back through your proposals' coordinates. They are data for the second stage: detach them.",
)
def attached(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    best = scores.argsort(descending=True)[:pre_n]
    boxes = _clip(decode(anchors[best], deltas[best]), *image_size)
    return _suppress(*_keep(boxes, scores[best], _large(boxes, min_size)), post_n, nms_threshold)


@wrong("propose", "no-size-test", "Your answer holds boxes with a side below `min_size`: drop them.")
def no_size_test(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    return _suppress(*_keep(boxes, scores, ~boxes.isnan().any(1)), post_n, nms_threshold)


@wrong("propose", "no-nms", "Your proposals hold the same box many times: suppress duplicates with `nms`.")
def no_nms(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    boxes, scores = _keep(boxes, scores, _large(boxes, min_size))
    return boxes[:post_n], scores[:post_n]


@wrong("propose", "first-not-best", "You take the first anchors of the list instead of those with the highest scores.")
def first_not_best(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = decode(anchors[:pre_n], deltas[:pre_n]).detach(), scores[:pre_n].detach()
    boxes = _clip(boxes, *image_size)
    return _suppress(*_keep(boxes, scores, _large(boxes, min_size)), post_n, nms_threshold)


@wrong(
    "propose",
    "nan-kept",
    "A box of NaN passes your size test, because a comparison with NaN is false. Keep what is large enough.",
    slip=True,
)
def nan_kept(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    small = (boxes[:, 2:] - boxes[:, :2] < min_size).any(1)
    return _suppress(*_keep(boxes, scores, ~small), post_n, nms_threshold)


@wrong(
    "propose",
    "above-size",
    "You drop a box with a side of exactly `min_size`: both sides are at least that long.",
    slip=True,
)
def above_size(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    large = (boxes[:, 2:] - boxes[:, :2] > min_size).all(1)
    return _suppress(*_keep(boxes, scores, large), post_n, nms_threshold)


@wrong(
    "propose",
    "suppressed-at-threshold",
    "Boxes that overlap by exactly `nms_threshold` both stay: only above it one goes.",
    slip=True,
)
def suppressed_at_threshold(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    boxes, scores = _top(scores, deltas, anchors, pre_n)
    boxes = _clip(boxes, *image_size)
    return _suppress(*_keep(boxes, scores, _large(boxes, min_size)), post_n, nms_threshold - 1e-6)
