"""Unit 04: near relatives of its misconceptions."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss
from torchvision.ops import batched_nms, box_iou, clip_boxes_to_image, nms

from autograder import reference

SOLUTION = reference.load("04_faster_rcnn")
RPNLayers, TrainingParts, decode_boxes = (SOLUTION[name] for name in ("RPNLayers", "TrainingParts", "decode_boxes"))


def anchors_floored(feature_size, stride, scales, ratios):
    """Near rounded."""
    return SOLUTION["generate_anchors"](feature_size, stride, scales, ratios).floor()


def anchors_one_pixel_less_on_one_side(feature_size, stride, scales, ratios):
    """Near one-pixel-less, which takes half a pixel from each side."""
    return SOLUTION["generate_anchors"](feature_size, stride, scales, ratios) - torch.tensor([0.0, 0, 1, 1])


def anchors_by_column_and_inverted(feature_size, stride, scales, ratios):
    """Near columns-first and ratio-inverted."""
    found = SOLUTION["generate_anchors"](feature_size, stride, scales, [1 / ratio for ratio in ratios])
    return found.reshape(*feature_size, -1, 4).transpose(0, 1).reshape(-1, 4)


def _table(anchors, objects, high, low, above_high=torch.ge, below_low=torch.lt):
    """Overlaps, labels by the thresholds alone, and matches."""
    overlaps = box_iou(anchors, objects)
    largest, matches = overlaps.max(dim=1)
    labels = torch.full((len(anchors),), -1)
    labels[below_low(largest, low)] = 0
    labels[above_high(largest, high)] = 1
    return overlaps, labels, matches


def _saved(overlaps, labels, matches, best, by=None):
    """The marked anchors made positive."""
    labels[best.any(dim=1)] = 1
    matches[best.any(dim=1)] = ((overlaps if by is None else by) * best).argmax(dim=1)[best.any(dim=1)]
    return labels, matches


def _best(overlaps):
    return (overlaps == overlaps.amax(dim=0)) & (overlaps > 0)


def _without(anchors):
    return torch.zeros(len(anchors), dtype=torch.int64), torch.zeros(len(anchors), dtype=torch.int64)


def assign_saving_only_what_is_left_out(anchors, objects, high, low):
    """Near rescue-overwritten; its sentence is true of it."""
    if not len(anchors) * len(objects):
        return _without(anchors)
    overlaps, labels, matches = _table(anchors, objects, high, low)
    background = labels == 0
    labels, matches = _saved(overlaps, labels, matches, _best(overlaps))
    return torch.where(background, 0, labels), matches


def assign_saving_from_a_fifth(anchors, objects, high, low):
    """Near rescue-above-low."""
    if not len(anchors) * len(objects):
        return _without(anchors)
    overlaps, labels, matches = _table(anchors, objects, high, low)
    return _saved(overlaps, labels, matches, _best(overlaps) & (overlaps > 0.2))


def assign_with_both_boundaries_moved(anchors, objects, high, low):
    """Near above-high and up-to-low."""
    if not len(anchors) * len(objects):
        return _without(anchors)
    overlaps, labels, matches = _table(anchors, objects, high, low, torch.gt, torch.le)
    return _saved(overlaps, labels, matches, _best(overlaps))


def assign_to_the_object_overlapped_least(anchors, objects, high, low):
    """Near shared-last and shared-first."""
    if not len(anchors) * len(objects):
        return _without(anchors)
    overlaps, labels, matches = _table(anchors, objects, high, low)
    return _saved(overlaps, labels, matches, _best(overlaps), 2 - overlaps)


class HeadWithTanh(RPNLayers):
    """Near sigmoid-inside."""

    def forward(self, features):
        objectness, deltas = SOLUTION["RPNHead"].forward(self, features)
        return objectness.tanh(), deltas


class HeadWithLeakyReLU(RPNLayers):
    """Near no-relu."""

    def forward(self, features):
        shared = torch.nn.functional.leaky_relu(self.conv(features), 0.1)
        objectness, deltas = (layer(shared).permute(0, 2, 3, 1) for layer in (self.cls_logits, self.bbox_pred))
        return objectness.flatten(1), deltas.flatten(1).unflatten(1, (-1, 4))


def _losses(objectness, deltas, labels, targets, counts, beta=1 / 9):
    sampled, positive = labels >= 0, labels > 0
    truth = labels[sampled].to(objectness.dtype)
    entropy = binary_cross_entropy_with_logits(objectness[sampled], truth, reduction="sum")
    boxes = smooth_l1_loss(deltas[positive], targets[positive], beta=beta, reduction="sum")
    return entropy / max(1, int(counts[0])), boxes / max(1, int(counts[1]))


def loss_with_boxes_over_all(objectness, deltas, labels, targets):
    """Near over-all."""
    return _losses(objectness, deltas, labels, targets, ((labels >= 0).sum(), len(labels)))


def loss_per_negative(objectness, deltas, labels, targets):
    """Near per-positive."""
    return _losses(objectness, deltas, labels, targets, ((labels >= 0).sum(), (labels == 0).sum()))


def loss_with_beta_a_half(objectness, deltas, labels, targets):
    """Near beta-one."""
    count = (labels >= 0).sum()
    return _losses(objectness, deltas, labels, targets, (count, count), beta=0.5)


def loss_of_a_limited_sigmoid(objectness, deltas, labels, targets):
    """Near sigmoid-first."""
    count = (labels >= 0).sum()
    limited = objectness.clamp(-16, 16)
    return _losses(limited, deltas, labels, targets, (count, count))


def _proposed(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    best = scores.argsort(descending=True)[:pre_n]
    boxes = clip_boxes_to_image(decode_boxes(anchors[best], deltas[best]).detach(), image_size)
    large = (boxes[:, 2:] - boxes[:, :2] >= min_size).all(dim=1)
    boxes, scores = boxes[large], scores[best][large].detach()
    kept = nms(boxes, scores, nms_threshold)[:post_n]
    return boxes[kept], scores[kept]


def propose_by_area(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    """Near one-side: the area is compared."""
    sides = decode_boxes(anchors, deltas)
    sides = clip_boxes_to_image(sides, image_size)
    small = (sides[:, 2:] - sides[:, :2]).prod(dim=1) < min_size**2
    deltas = torch.where(small[:, None], torch.nan, deltas)
    return _proposed(scores, deltas, anchors, image_size, pre_n, post_n, 0.0, nms_threshold)


def propose_with_half_the_corrections(scores, deltas, *others):
    """Near raw-anchors."""
    return _proposed(scores, deltas / 2, *others)


def propose_with_scores_attached(scores, deltas, *others):
    """Near attached, whose boxes are tied to the graph as well."""
    boxes, _ = _proposed(scores, deltas, *others)
    found = _proposed(scores.detach(), deltas, *others)[1]
    return boxes, found + 0 * scores.sum()


def loss_sum_failing_for_a_weight_without_a_loss(losses, weights):
    """Near no-default: the opposite fault."""
    broken = [name for name, loss in losses.items() if not loss.isfinite()]
    if broken:
        raise ValueError(broken[0])
    total = sum(loss for name, loss in losses.items() if name not in weights)
    return total + sum(weight * losses[name] for name, weight in weights.items())


def loss_sum_with_half_as_default(losses, weights):
    """Near zero-default."""
    broken = [name for name, loss in losses.items() if not loss.isfinite()]
    if broken:
        raise ValueError(broken[0])
    return sum(weights.get(name, 0.5) * loss for name, loss in losses.items())


def loss_sum_with_an_assertion(losses, weights):
    """Near nan-nameless: another error."""
    for name, loss in losses.items():
        assert loss.isfinite(), name
    return sum(weights.get(name, 1.0) * loss for name, loss in losses.items())


def _detections(scores, deltas, proposals, image_size, score_threshold, nms_threshold, chances):
    rows, labels = (chances[:, 1:] > score_threshold).nonzero(as_tuple=True)
    boxes = clip_boxes_to_image(decode_boxes(proposals[rows], deltas[rows, labels + 1]), image_size)
    kept = batched_nms(boxes, chances[rows, labels + 1], labels, nms_threshold)
    return {"boxes": boxes[kept], "scores": chances[rows, labels + 1][kept], "labels": labels[kept] + 1}


def detect_with_a_sharper_softmax(scores, *others):
    """Near sigmoid and without-background."""
    return _detections(scores, *others, (2 * scores).softmax(dim=1))


def detect_where_background_is_not_surer(scores, *others):
    """Near best-class-only: only rows of which background is the best are dropped."""
    chances = scores.softmax(dim=1)
    return _detections(scores, *others, torch.where(chances > chances[:, :1], chances, 0))


class _Detector(TrainingParts):
    """The right order of the parts, its steps to be replaced."""

    def forward(self, images, targets=None):
        features, size = self.backbone(images), tuple(images.shape[2:])
        objectness, deltas = self.rpn_head(features)
        anchors = self.anchors(features)
        proposals = self.proposals(objectness, deltas, anchors, size)
        if not self.training:
            counts = [len(boxes) for boxes in proposals]
            parts = [answer.split(counts) for answer in self.box_head(features, proposals)]
            return [self.detections(*one, size) for one in zip(*parts, proposals, strict=True)]
        losses = self.rpn_losses(objectness, deltas, anchors, targets)
        return losses | self.second(features, proposals, targets)


class DetectorWithTheTruthOnly(_Detector):
    """Near no-ground-truth: the proposals are left out instead."""

    def second(self, features, proposals, targets):
        drawn, labels, goals = self.sample([target["boxes"] for target in targets], targets)
        return self.box_losses(*self.box_head(features, drawn), labels, goals)


class DetectorWithTheTruthTwice(_Detector):
    """Near undrawn-to-head: more boxes than were asked for, but the right ones for the box head."""

    def second(self, features, proposals, targets):
        joined = [torch.cat([p, t["boxes"], t["boxes"]]) for p, t in zip(proposals, targets, strict=True)]
        drawn, labels, goals = self.sample(joined, targets)
        return self.box_losses(*self.box_head(features, drawn), labels, goals)


RELATIVES = [
    ("generate_anchors", anchors_floored, ""),
    ("generate_anchors", anchors_one_pixel_less_on_one_side, ""),
    ("generate_anchors", anchors_by_column_and_inverted, ""),
    ("assign_anchors", assign_saving_only_what_is_left_out, "rescue-overwritten"),
    ("assign_anchors", assign_saving_from_a_fifth, ""),
    ("assign_anchors", assign_with_both_boundaries_moved, ""),
    ("assign_anchors", assign_to_the_object_overlapped_least, ""),
    ("RPNHead", HeadWithTanh, ""),
    ("RPNHead", HeadWithLeakyReLU, ""),
    ("rpn_loss", loss_with_boxes_over_all, ""),
    ("rpn_loss", loss_per_negative, ""),
    ("rpn_loss", loss_with_beta_a_half, ""),
    ("rpn_loss", loss_of_a_limited_sigmoid, ""),
    ("propose", propose_by_area, ""),
    ("propose", propose_with_half_the_corrections, ""),
    ("propose", propose_with_scores_attached, ""),
    ("joint_loss", loss_sum_failing_for_a_weight_without_a_loss, ""),
    ("joint_loss", loss_sum_with_half_as_default, ""),
    ("joint_loss", loss_sum_with_an_assertion, ""),
    ("postprocess_detections", detect_with_a_sharper_softmax, ""),
    ("postprocess_detections", detect_where_background_is_not_surer, ""),
    ("FasterRCNN", DetectorWithTheTruthOnly, ""),
    ("FasterRCNN", DetectorWithTheTruthTwice, ""),
]
