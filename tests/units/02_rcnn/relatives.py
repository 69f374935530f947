"""Unit 02: near relatives of its misconceptions."""

import torch


def _parts(boxes1, boxes2):
    sides = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:]) - torch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(-1) for boxes in (boxes1, boxes2)]
    return sides.clamp(min=0).prod(-1), areas[0][:, None], areas[1]


def box_iou(boxes1, boxes2):
    inter, area1, area2 = _parts(boxes1, boxes2)
    return inter / (area1 + area2 - inter).clamp(min=1e-9)


def iou_over_larger(boxes1, boxes2):
    """Near over-smaller and over-first."""
    inter, area1, area2 = _parts(boxes1, boxes2)
    return inter / torch.maximum(area1, area2).clamp(min=1e-9)


def iou_over_second(boxes1, boxes2):
    inter, _, area2 = _parts(boxes1, boxes2)
    return inter / area2.clamp(min=1e-9)


def iou_with_half_a_pixel(boxes1, boxes2):
    """Near inclusive."""
    return box_iou(boxes1 - boxes1.new_tensor([0, 0, 0.5, 0.5]), boxes2)


def _greedy(order, covers):
    kept = []
    for i in order.tolist():
        if not any(covers[k, i] for k in kept):
            kept.append(i)
    return torch.tensor(kept, dtype=torch.int64)


def nms_over_larger(boxes, scores, threshold):
    """Near over-smaller."""
    inter, area1, area2 = _parts(boxes, boxes)
    return _greedy(scores.argsort(descending=True), inter / torch.maximum(area1, area2) > threshold)


def nms_above_a_higher_threshold(boxes, scores, threshold):
    """Near ignores-threshold, which is always 0.5."""
    return _greedy(scores.argsort(descending=True), box_iou(boxes, boxes) > threshold + 0.15)


def nms_neighbours_only(boxes, scores, threshold):
    """Near dead-suppress: a box is removed only by the one right before it."""
    order, covers = scores.argsort(descending=True), box_iou(boxes, boxes) > threshold
    kept = [i for rank, i in enumerate(order.tolist()) if rank == 0 or not covers[order[rank - 1], i]]
    return torch.tensor(kept, dtype=torch.int64)


def _batch(positive, background, rng, counts=(32, 96)):
    kinds = zip((positive, background), counts, strict=True)
    found = [(mask.nonzero()[:, 0], most) for mask, most in kinds]
    return tuple(positions[torch.randperm(len(positions), generator=rng)[:most]] for positions, most in found)


def batch_with_more_positives(ious, rng):
    """Near swapped-counts."""
    positive = (ious >= 0.5).any(1)
    return _batch(positive, ~positive, rng, (64, 64))


def batch_without_far_background(ious, rng):
    """Near grey-left-out: leaves out what lies below 0.1."""
    best = ious.amax(1) if ious.shape[1] else ious.new_zeros(len(ious))
    return _batch(best >= 0.5, (best < 0.5) & (best >= 0.1), rng)


def labels_of_second_best(ious, positive, negative):
    """Near first-hit."""
    if ious.shape[1] < 2:
        return torch.full((len(ious),), -1)
    best, labels = ious.topk(2, dim=1)
    best, labels = best[:, 0], labels[:, 1].clone()
    labels[best < positive] = -2
    labels[best < negative] = -1
    return labels


def labels_all_ignored(ious, positive, negative):
    """Near no-ignore: the background is ignored, too."""
    if ious.shape[1] == 0:
        return torch.full((len(ious),), -1)
    best, labels = ious.max(1)
    labels[best < positive] = -2
    return labels


def _hard(svm, features, limit, key=lambda scores: scores):
    if not len(features):
        return torch.empty(0, dtype=torch.int64)
    scores = torch.as_tensor(svm.decision_function(features))
    order = key(scores).argsort(descending=True)
    return order[scores[order] > limit]


def hard_above_minus_half(svm, features):
    """Near only-errors."""
    return _hard(svm, features, -0.5)


def hard_by_distance(svm, features):
    """Near most-uncertain: the furthest from the boundary comes first."""
    return _hard(svm, features, -1, torch.abs)


def _encode(proposals, targets, scale, log=torch.log):
    sizes, target_sizes = proposals[:, 2:] - proposals[:, :2], targets[:, 2:] - targets[:, :2]
    shift = (targets[:, :2] + targets[:, 2:] - proposals[:, :2] - proposals[:, 2:]) / 2
    return torch.cat([shift / scale(sizes, target_sizes), log(target_sizes / sizes)], dim=1)


def encode_by_mean_size(proposals, targets):
    """Near target-size."""
    return _encode(proposals, targets, lambda mine, theirs: (mine + theirs) / 2)


def encode_with_log2(proposals, targets):
    """Near ratio."""
    return _encode(proposals, targets, lambda mine, theirs: mine, torch.log2)


def _decode(proposals, deltas, grow=torch.exp, limit=4.135):
    sizes = proposals[:, 2:] - proposals[:, :2]
    centers = (proposals[:, :2] + proposals[:, 2:]) / 2 + deltas[:, :2] * sizes
    half = sizes * grow(deltas[:, 2:].clamp(max=limit)) / 2
    return torch.cat([centers - half, centers + half], dim=1)


def decode_with_exp2(proposals, deltas):
    """Near linear-size."""
    return _decode(proposals, deltas, torch.exp2)


def decode_limited_on_both_sides(proposals, deltas):
    """Near overflow: the limit is another one."""
    return _decode(proposals, deltas, limit=3.5)


def _curve(scores, matched, objects):
    hits = matched[scores.argsort(descending=True)].double().cumsum(0)
    return hits / objects, hits / torch.arange(1, len(hits) + 1)


def ap_with_running_best(scores, matched, objects, method="area"):
    """Near no-envelope: the envelope is taken from the left."""
    recall, precision = _curve(scores, matched, objects)
    envelope = precision.cummax(0).values if len(precision) else precision
    if method == "area":
        return float((envelope * recall.diff(prepend=recall.new_zeros(1))).sum())
    best = [float(envelope[recall >= r / 10].amax()) if (recall >= r / 10).any() else 0.0 for r in range(11)]
    return sum(best) / 11


def ap_of_twelve_points(scores, matched, objects, method="area"):
    """Near ten-points."""
    recall, precision = _curve(scores, matched, objects)
    envelope = precision.flip(0).cummax(0).values.flip(0) if len(precision) else precision
    if method == "area":
        return float((envelope * recall.diff(prepend=recall.new_zeros(1))).sum())
    best = [float(envelope[recall >= r / 11].amax()) if (recall >= r / 11).any() else 0.0 for r in range(12)]
    return sum(best) / 12


def warp_with_white_fill(image, box, size, context):
    """Near black-fill."""
    return _warp(image, box, size, context, 1.0)


def warp_with_twice_the_context(image, box, size, context):
    """Near source-pixels and no-context."""
    return _warp(image, box, size, context * 1.5, None)


def _warp(image, box, size, context, fill):
    share = (torch.arange(size) + 0.5 - context) / (size - 2 * context)
    x, y = box[0] + share * (box[2] - box[0]), box[1] + share * (box[3] - box[1])
    height, width = image.shape[-2:]
    grid = torch.stack(torch.meshgrid(2 * x / width - 1, 2 * y / height - 1, indexing="xy"), dim=-1).to(image.dtype)
    base = image.mean(dim=(1, 2), keepdim=True) if fill is None else fill
    return torch.nn.functional.grid_sample((image - base)[None], grid[None], align_corners=False).squeeze(0) + base


RELATIVES = [
    ("box_iou", iou_over_larger, ""),
    ("box_iou", iou_over_second, "over-first"),
    ("box_iou", iou_with_half_a_pixel, ""),
    ("nms", nms_over_larger, ""),
    ("nms", nms_above_a_higher_threshold, ""),
    ("nms", nms_neighbours_only, ""),
    ("warp_region", warp_with_white_fill, ""),
    ("warp_region", warp_with_twice_the_context, ""),
    ("fine_tune_batch", batch_with_more_positives, ""),
    ("fine_tune_batch", batch_without_far_background, ""),
    ("label_proposals", labels_of_second_best, ""),
    ("label_proposals", labels_all_ignored, ""),
    ("mine_hard_negatives", hard_above_minus_half, ""),
    ("mine_hard_negatives", hard_by_distance, ""),
    ("encode_boxes", encode_by_mean_size, ""),
    ("encode_boxes", encode_with_log2, ""),
    ("decode_boxes", decode_with_exp2, ""),
    ("decode_boxes", decode_limited_on_both_sides, ""),
    ("average_precision", ap_with_running_best, ""),
    ("average_precision", ap_of_twelve_points, ""),
]
