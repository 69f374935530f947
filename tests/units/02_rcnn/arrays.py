"""Right answers in the style of somebody who thinks in NumPy, broadcasts everything and returns views."""

import numpy as np
import torch


def _arrays(*tensors):
    return [tensor.detach().cpu().numpy() for tensor in tensors]


def _sides(boxes):
    return (boxes[..., 2:] - boxes[..., :2]).transpose()


def box_iou(boxes1, boxes2):
    a, b = _arrays(boxes1, boxes2)
    lo, hi = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.prod(np.maximum(hi - lo, 0), axis=2)
    union = np.prod(_sides(a), axis=0)[:, None] + np.prod(_sides(b), axis=0)[None] - inter
    with np.errstate(invalid="ignore", divide="ignore"):
        return inter / union  # two boxes without area: NaN, which the docstring allows


def nms(boxes, scores, threshold):
    overlap = np.nan_to_num(np.asarray(box_iou(boxes, boxes)))
    order = np.argsort(-scores.detach().cpu().numpy(), kind="stable")
    alive = np.ones(len(order), dtype=bool)
    for place, i in enumerate(order):
        if alive[i]:
            later = order[place + 1 :]
            alive[later] &= overlap[i, later] <= threshold
    return order[alive[order]]


def warp_region(image, box, size, context):
    """Bilinear interpolation by hand, on an image padded by its mean."""
    pixels, corner = _arrays(image.double(), box.double())
    _, height, width = pixels.shape
    mean = pixels.mean(axis=(1, 2))
    inner = size - 2 * context
    steps = (np.arange(size) + 0.5 - context) / inner  # 0 … 1 inside the box
    xs, ys = corner[0] + steps * (corner[2] - corner[0]) - 0.5, corner[1] + steps * (corner[3] - corner[1]) - 0.5
    inside = (ys[:, None] > -0.5) & (ys[:, None] < height - 0.5) & (xs > -0.5) & (xs < width - 0.5)
    x, y = np.clip(xs, 0, width - 1), np.clip(ys, 0, height - 1)
    x0, y0 = np.minimum(x.astype(int), width - 2), np.minimum(y.astype(int), height - 2)
    fx, fy = x - x0, (y - y0)[:, None]
    rows = pixels[:, y0] * (1 - fy[None]) + pixels[:, y0 + 1] * fy[None]
    patch = rows[:, :, x0] * (1 - fx) + rows[:, :, x0 + 1] * fx
    return torch.from_numpy(np.where(inside[None], patch, mean[:, None, None]))


def fine_tune_batch(ious, rng):
    keys = torch.rand(len(ious), generator=rng)
    best = torch.cat([ious, torch.zeros(len(ious), 1)], dim=1).amax(dim=1)
    ranked = keys.argsort()
    return ranked[best[ranked] >= 0.5][:32], ranked[best[ranked] < 0.5][:96]


def label_proposals(ious, positive, negative):
    padded = np.pad(ious.detach().cpu().numpy(), ((0, 0), (0, 1)))
    best = padded.max(axis=1)
    return np.select([best >= positive, best < negative], [padded.argmax(axis=1), -1], default=-2)


def mine_hard_negatives(svm, features):
    scores = svm.decision_function(features) if features.shape[0] else np.zeros(0)
    order = np.argsort(scores)[::-1]
    return order[: int((scores > -1).sum())]


def _cxcywh(boxes):
    from torchvision.ops import box_convert

    return box_convert(boxes, "xyxy", "cxcywh")


def encode_boxes(proposals, targets):
    (px, py, pw, ph), (gx, gy, gw, gh) = _cxcywh(proposals).T, _cxcywh(targets).T
    return torch.stack([(gx - px) / pw, (gy - py) / ph, torch.log(gw) - torch.log(pw), torch.log(gh / ph)]).T


def decode_boxes(proposals, deltas):
    x, y, w, h = _cxcywh(proposals).unbind(1)
    dx, dy, dw, dh = deltas.unbind(1)
    w2, h2 = w * dw.clip(max=np.log(1000 / 16)).exp(), h * dh.clip(max=np.log(1000 / 16)).exp()
    x2, y2 = x + w * dx, y + h * dy
    return torch.stack((x2 - w2 / 2, y2 - h2 / 2, x2 + w2 / 2, y2 + h2 / 2), -1)


def average_precision(scores, matched, objects, method="area"):
    s, m = _arrays(scores, matched)
    tp = np.cumsum(m[np.argsort(-s)])
    recall, precision = tp / objects, tp / (np.arange(len(tp)) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    if method == "11-point":
        at = np.searchsorted(recall, np.arange(11) / 10)
        return np.float32(np.append(precision, 0.0)[at].mean())
    return torch.tensor(np.sum(precision * np.diff(recall, prepend=0.0)))
