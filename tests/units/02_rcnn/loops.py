"""Right answers in the style of a first-year student: loops, Python numbers, lists, prints."""

import math
import random

import torch
import torch.nn.functional as F


def area(box):
    return max(0.0, float(box[2] - box[0])) * max(0.0, float(box[3] - box[1]))


def box_iou(a, b):
    print("IoU of", len(a), "and", len(b))
    out = torch.zeros(len(a), len(b), dtype=a.dtype, device=a.device)
    for i in range(len(a)):
        for j in range(len(b)):
            w = min(float(a[i][2]), float(b[j][2])) - max(float(a[i][0]), float(b[j][0]))
            h = min(float(a[i][3]), float(b[j][3])) - max(float(a[i][1]), float(b[j][1]))
            inter = max(0.0, w) * max(0.0, h)
            union = area(a[i]) + area(b[j]) - inter
            out[i, j] = inter / union if union > 0 else 0.0
    return out


def nms(boxes, scores, threshold=0.5):
    todo = sorted(range(len(scores)), key=lambda i: -float(scores[i]))
    kept = []
    while todo:
        best = todo.pop(0)
        kept.append(best)
        todo = [i for i in todo if float(box_iou(boxes[best : best + 1], boxes[i : i + 1])) <= threshold]
    return torch.tensor(kept, dtype=torch.int32)


def warp_region(image, box, size, context):
    """Pads generously with the mean, cuts whole pixels, resizes."""
    scale = size / (size - 2 * context)
    cx, cy = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    w, h = float(box[2] - box[0]) * scale, float(box[3] - box[1]) * scale
    margin = int(max(image.shape) + max(w, h))
    big = image.mean(dim=(1, 2)).reshape(-1, 1, 1).repeat(1, image.shape[1] + 2 * margin, image.shape[2] + 2 * margin)
    big[:, margin:-margin, margin:-margin] = image
    x1, y1 = round(cx - w / 2) + margin, round(cy - h / 2) + margin
    x2, y2 = max(x1 + 1, round(cx + w / 2) + margin), max(y1 + 1, round(cy + h / 2) + margin)
    return F.interpolate(big[None, :, y1:y2, x1:x2], size=(size, size), mode="bilinear", align_corners=False)[0]


def fine_tune_batch(ious, rng):
    fg, bg = [], []
    for i, row in enumerate(ious.tolist()):
        (fg if any(v >= 0.5 for v in row) else bg).append(i)
    some = random.Random(int(torch.randint(2**31, (1,), generator=rng))).sample
    fg, bg = some(fg, min(32, len(fg))), some(bg, min(96, len(bg)))
    return torch.tensor(fg, dtype=torch.long), torch.tensor(bg, dtype=torch.long)


def label_proposals(ious, positive, negative):
    labels = []
    for row in ious.tolist():
        best = max(row, default=0.0)
        if row and best >= positive:
            labels.append(row.index(best))
        elif best < negative or not row:
            labels.append(-1)
        else:
            labels.append(-2)
    return torch.tensor(labels, dtype=torch.long)


def mine_hard_negatives(svm, features):
    if len(features) == 0:
        return torch.tensor([], dtype=torch.long)
    scored = [(float(score), i) for i, score in enumerate(svm.decision_function(features)) if score > -1]
    return torch.tensor([i for _, i in sorted(scored, reverse=True)], dtype=torch.long)


def encode_boxes(proposals, targets):
    rows = []
    for p, t in zip(proposals.tolist(), targets.tolist(), strict=True):
        w, h, ws, hs = p[2] - p[0], p[3] - p[1], t[2] - t[0], t[3] - t[1]
        tx, ty = (t[0] + ws / 2 - p[0] - w / 2) / w, (t[1] + hs / 2 - p[1] - h / 2) / h
        rows.append([tx, ty, math.log(ws / w), math.log(hs / h)])
    return torch.tensor(rows).reshape(-1, 4)


def decode_boxes(proposals, deltas):
    rows = []
    for (x1, y1, x2, y2), (tx, ty, tw, th) in zip(proposals.tolist(), deltas.tolist(), strict=True):
        w, h = x2 - x1, y2 - y1
        cx, cy = x1 + w / 2 + tx * w, y1 + h / 2 + ty * h
        w, h = w * math.exp(min(tw, 4.135166556742356)), h * math.exp(min(th, 4.135166556742356))
        rows.append([cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2])
    return torch.tensor(rows).reshape(-1, 4)


def average_precision(scores, matched, objects, method="area"):
    found, points = 0, []
    for n, i in enumerate(sorted(range(len(scores)), key=lambda i: -float(scores[i])), start=1):
        found += bool(matched[i])
        points.append((found / objects, found / n))

    def best(recall):
        return max((p for r, p in points if r >= recall), default=0)

    if method == "11-point":
        return sum(best(k / 10) for k in range(11)) / 11
    return sum(best(k / objects) for k in range(1, objects + 1)) / objects
