"""Right answers in the style of a first-year student: loops, Python numbers, lists, prints."""

import math

import torch
from torch import nn
from torchvision.ops import box_iou, nms

from autograder import reference

RPNLayers = reference.find("04_faster_rcnn", "RPNLayers")  # a given cell of the notebook


def generate_anchors(feature_size, stride, scales, ratios):
    boxes = []
    for i in range(feature_size[0]):
        for j in range(feature_size[1]):
            cx, cy = j * stride + stride / 2, i * stride + stride / 2
            for s in scales:
                for r in ratios:
                    h = s * math.sqrt(r)
                    w = h / r
                    boxes.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    return torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)


def assign_anchors(anchors, objects, high, low):
    print("assigning", len(anchors), "anchors to", len(objects), "objects")
    table = box_iou(anchors, objects).tolist()
    labels, matches = [], []
    for row in table:
        best = max(row, default=0.0)
        labels.append(1 if best >= high and row else 0 if best < low or not row else -1)
        matches.append(row.index(best) if row else -1)
    saved_at = {}
    for j in range(len(objects)):
        best = max((row[j] for row in table), default=0.0)
        for i, row in enumerate(table):
            if row[j] == best and best > 0 and best > saved_at.get(i, 0.0):
                labels[i], matches[i], saved_at[i] = 1, j, best
    return torch.tensor(labels, dtype=torch.int32), torch.tensor(matches, dtype=torch.int32)


class RPNHead(RPNLayers):
    def forward(self, features):
        scores, boxes = [], []
        x = torch.clamp(self.conv(features), min=0)
        logits, deltas = self.cls_logits(x), self.bbox_pred(x)
        for i in range(features.shape[2]):
            for j in range(features.shape[3]):
                for a in range(logits.shape[1]):
                    scores.append(logits[:, a, i, j])
                    boxes.append(deltas[:, 4 * a : 4 * a + 4, i, j])
        return torch.stack(scores, dim=1), torch.stack(boxes, dim=1)


def rpn_loss(objectness, deltas, labels, targets):
    cls, box, count = objectness.sum() * 0, deltas.sum() * 0, 0
    for i, label in enumerate(labels.tolist()):
        if label == -1:
            continue
        count += 1
        cls = cls + nn.BCEWithLogitsLoss()(objectness[i], torch.tensor(float(label)).to(objectness))
        if label == 1:
            for k in range(4):
                d = abs(deltas[i, k] - targets[i, k])
                box = box + (0.5 * d * d * 9 if d < 1 / 9 else d - 0.5 / 9)
    return cls / max(count, 1), box / max(count, 1)


def propose(scores, deltas, anchors, image_size, pre_n, post_n, min_size, nms_threshold):
    points = scores.tolist()
    ranked = sorted(range(len(points)), key=lambda i: -points[i])[:pre_n]
    boxes, kept = [], []
    for i in ranked:
        x1, y1, x2, y2 = anchors[i].tolist()
        dx, dy, dw, dh = deltas[i].tolist()
        if any(math.isnan(value) for value in (dx, dy, dw, dh)):
            continue
        w, h = x2 - x1, y2 - y1
        cx, cy = x1 + w / 2 + dx * w, y1 + h / 2 + dy * h
        w, h = w * math.exp(min(dw, math.log(62.5))), h * math.exp(min(dh, math.log(62.5)))
        xs = [min(max(x, 0), image_size[1]) for x in (cx - w / 2, cx + w / 2)]
        ys = [min(max(y, 0), image_size[0]) for y in (cy - h / 2, cy + h / 2)]
        if xs[1] - xs[0] >= min_size and ys[1] - ys[0] >= min_size:
            boxes.append([xs[0], ys[0], xs[1], ys[1]])
            kept.append(points[i])
    boxes, kept = torch.tensor(boxes).reshape(-1, 4), torch.tensor(kept)
    best = nms(boxes, kept, nms_threshold)[:post_n]
    return boxes[best], kept[best]


def joint_loss(losses, weights):
    total = 0
    for name in losses:
        value = float(losses[name].detach())
        if math.isnan(value) or math.isinf(value):
            raise ValueError(name + " has become " + str(value))
        total = total + losses[name] * weights.get(name, 1)
    return total


def postprocess_detections(scores, deltas, proposals, image_size, score_threshold, nms_threshold):
    found = []
    for c in range(1, scores.shape[1]):
        boxes, probs = [], []
        for i in range(len(proposals)):
            p = float(torch.softmax(scores[i], dim=0)[c])
            if p > score_threshold:
                x1, y1, x2, y2 = proposals[i].tolist()
                dx, dy, dw, dh = deltas[i, c].tolist()
                cx, cy = (x1 + x2) / 2 + dx * (x2 - x1), (y1 + y2) / 2 + dy * (y2 - y1)
                w = (x2 - x1) * math.exp(min(dw, math.log(62.5)))
                h = (y2 - y1) * math.exp(min(dh, math.log(62.5)))
                xs = [min(max(x, 0), image_size[1]) for x in (cx - w / 2, cx + w / 2)]
                ys = [min(max(y, 0), image_size[0]) for y in (cy - h / 2, cy + h / 2)]
                boxes.append([xs[0], ys[0], xs[1], ys[1]])
                probs.append(p)
        for k in nms(torch.tensor(boxes).reshape(-1, 4), torch.tensor(probs), nms_threshold).tolist():
            found.append((probs[k], boxes[k], c))
    found.sort(key=lambda one: one[0], reverse=True)
    return {
        "boxes": torch.tensor([box for _, box, _ in found]).reshape(-1, 4),
        "scores": torch.tensor([p for p, _, _ in found]),
        "labels": torch.tensor([c for _, _, c in found], dtype=torch.long),
    }


class FasterRCNN(reference.find("04_faster_rcnn", "TrainingParts")):
    def forward(self, images, targets=None):
        features = self.backbone(images)
        objectness, deltas = self.rpn_head(features)
        anchors = self.anchors(features)
        h, w = images.shape[2], images.shape[3]
        proposals = self.proposals(objectness, deltas, anchors, (h, w))
        if self.training:
            losses = self.rpn_losses(objectness, deltas, anchors, targets)
            for i in range(len(images)):
                proposals[i] = torch.cat([proposals[i], targets[i]["boxes"]])
            proposals, labels, goals = self.sample(proposals, targets)
            class_scores, class_deltas = self.box_head(features, proposals)
            losses.update(self.box_losses(class_scores, class_deltas, labels, goals))
            return losses
        results = []
        for i in range(len(images)):
            s, d = self.box_head(features[i : i + 1], [proposals[i]])
            results.append(self.detections(s, d, proposals[i], (h, w)))
        return results
