"""Right answers in the style of a first-year student: loops, Python numbers, lists, prints."""

import math
import random

import torch
import torch.nn as nn


def roi_pool(features, rois, output_size, spatial_scale):
    print("pooling", len(rois), "regions")
    n, c, h, w = features.shape
    s = output_size
    pooled = torch.zeros(len(rois), c, s, s, dtype=features.dtype)
    argmax = -torch.ones(len(rois), c, s, s, dtype=torch.int32)
    for r in range(len(rois)):
        b = int(rois[r][0])
        x1, y1, x2, y2 = [int(round(float(v) * spatial_scale)) for v in rois[r][1:]]
        bin_w, bin_h = max(x2 - x1 + 1, 1) / s, max(y2 - y1 + 1, 1) / s
        for i in range(s):
            for j in range(s):
                for k in range(c):
                    best = None
                    for y in range(y1 + math.floor(i * bin_h), y1 + math.ceil((i + 1) * bin_h)):
                        for x in range(x1 + math.floor(j * bin_w), x1 + math.ceil((j + 1) * bin_w)):
                            if 0 <= y < h and 0 <= x < w and (best is None or features[b, k, y, x] > best):
                                best = features[b, k, y, x]
                                argmax[r, k, i, j] = y * w + x
                    if best is not None:
                        pooled[r, k, i, j] = best
    return pooled, argmax


def roi_pool_backward(grad, argmax, rois, shape):
    out = torch.zeros(shape)
    width = shape[3]
    for r in range(grad.shape[0]):
        for c in range(grad.shape[1]):
            for g, a in zip(grad[r][c].flatten().tolist(), argmax[r][c].flatten().tolist(), strict=True):
                if a != -1:
                    out[int(rois[r, 0])][c][a // width][a % width] += g
    return out


def smooth_l1(x, beta):
    out = []
    for e in x.reshape(-1):
        if abs(e) < beta:
            out.append(0.5 * e * e / beta)
        else:
            out.append(abs(e) - 0.5 * beta)
    return torch.stack(out).reshape(x.shape) if out else x * 1


def fast_rcnn_loss(scores, deltas, labels, targets):
    cls, box = 0 * scores.sum(), 0 * deltas.sum()
    for i, u in enumerate(labels.tolist()):
        cls = cls - torch.log_softmax(scores[i], dim=0)[u]
        if u >= 1:
            box = box + sum(smooth_l1(deltas[i][u] - targets[i], 1))
    return [cls / len(labels), box / len(labels)]


def sample_rois(ious, batch, fg_fraction, rng):
    fg, bg = [], []
    for i, row in enumerate(ious.tolist()):
        best = max(row, default=0)
        if best >= 0.5:
            fg.append(i)
        elif best >= 0.1:
            bg.append(i)
    dice = random.Random(int(torch.randint(2**31, (1,), generator=rng)))
    number_fg = min(len(fg), int(batch * fg_fraction))
    number_bg = min(len(bg), batch - number_fg)
    fg, bg = dice.sample(fg, number_fg), dice.sample(bg, number_bg)
    return torch.tensor(fg, dtype=torch.long), torch.tensor(bg, dtype=torch.long)


def truncated_svd(linear, rank):
    U, S, V = torch.svd(linear.weight.data)
    first = nn.Linear(linear.in_features, rank, bias=False)
    second = nn.Linear(rank, linear.out_features, bias=linear.bias is not None)
    root = S[:rank].sqrt()
    first.weight = nn.Parameter((V[:, :rank] * root).t().contiguous())
    second.weight = nn.Parameter(U[:, :rank] * root)
    if linear.bias is not None:
        second.bias = nn.Parameter(linear.bias.data.clone())
    return nn.Sequential(first, second)


def bilinear(one, y, x):
    h, w = one.shape[-2:]
    y, x = min(max(y, 0), h - 1), min(max(x, 0), w - 1)
    y0, x0 = int(y), int(x)
    y1, x1 = min(y0 + 1, h - 1), min(x0 + 1, w - 1)
    fy, fx = y - y0, x - x0
    upper = one[:, y0, x0] * (1 - fx) + one[:, y0, x1] * fx
    lower = one[:, y1, x0] * (1 - fx) + one[:, y1, x1] * fx
    return upper * (1 - fy) + lower * fy


def roi_align(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    out = torch.zeros(len(rois), features.shape[1], output_size, output_size)
    for r, (b, *corners) in enumerate(rois.tolist()):
        x1, y1, x2, y2 = [v * spatial_scale - (0.5 if aligned else 0) for v in corners]
        w, h = x2 - x1, y2 - y1
        if not aligned:
            w, h = max(w, 1), max(h, 1)
        for i in range(output_size):
            for j in range(output_size):
                total = 0
                for a in range(sampling_ratio):
                    for d in range(sampling_ratio):
                        y = y1 + (i + (a + 0.5) / sampling_ratio) * h / output_size
                        x = x1 + (j + (d + 0.5) / sampling_ratio) * w / output_size
                        total = total + bilinear(features[int(b)], y, x)
                out[r, :, i, j] = total / sampling_ratio**2
    return out
