"""Right answers in the style of somebody who knows the libraries: pads, pools, broadcasts, NumPy, views."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def roi_pool(features, rois, output_size, spatial_scale):
    """Embeds the map in a wide sea of minus infinity, so that every region is a plain crop."""
    features, rois = features.detach().cpu(), rois.detach().cpu()
    count, (height, width) = features.shape[1], features.shape[2:]
    corners = torch.floor(rois[:, 1:] * spatial_scale + 0.5).long()
    margin = int(corners.abs().max()) + max(height, width) if len(rois) else 0
    sea = F.pad(features, (margin,) * 4, value=-torch.inf)
    places = F.pad(torch.arange(height * width).reshape(1, 1, height, width), (margin,) * 4, value=-1)[0, 0]
    pooled, argmax = (
        [torch.empty(0, count, output_size, output_size)],
        [torch.empty(0, count, output_size, output_size)],
    )
    for image, (x1, y1, x2, y2) in zip(rois[:, 0].int().tolist(), (corners + margin).tolist(), strict=True):
        crop = sea[image, :, y1 : y2 + 1, x1 : x2 + 1]
        largest, inside = F.adaptive_max_pool2d(crop, output_size, return_indices=True)
        pooled.append(largest.where(largest > -torch.inf, 0)[None])
        argmax.append(places[y1 : y2 + 1, x1 : x2 + 1].flatten()[inside][None])
    return torch.cat(pooled), torch.cat(argmax).long()


def roi_pool_backward(grad, argmax, rois, shape):
    n, c, h, w = shape
    out = np.zeros((n, c, h * w))
    r, k, i, j = np.nonzero(argmax.numpy() >= 0)
    np.add.at(out, (rois.numpy()[r, 0].astype(int), k, argmax.numpy()[r, k, i, j]), grad.numpy()[r, k, i, j])
    return out.reshape(n, c, h, w)


def smooth_l1(x, beta):
    """The area under the slope: it rises to 1 at beta and stays there."""
    a = x.abs()
    inner = a.clamp(max=beta)
    return inner * (a - inner / 2) / beta if beta > 0 else a


def fast_rcnn_loss(scores, deltas, labels, targets):
    one_hot = F.one_hot(labels, scores.shape[1]).to(scores.dtype)
    classification = (torch.logsumexp(scores, 1) - (scores * one_hot).sum(1)).mean()
    of_class = torch.einsum("rk,rkd->rd", one_hot, deltas)
    localisation = smooth_l1(of_class - targets, 1.0) * (labels >= 1)[:, None]
    return classification, localisation.sum(1).mean()


def sample_rois(ious, batch, fg_fraction, rng):
    best = torch.cat([ious, torch.zeros(len(ious), 1)], dim=1).max(dim=1).values
    order = torch.rand(len(best), generator=rng).argsort()
    ranked = best[order]
    foreground = order[ranked >= 0.5][: int(fg_fraction * batch)]
    background = order[(ranked < 0.5) & (ranked >= 0.1)]
    return foreground.numpy(), background[: batch - foreground.numel()].numpy()


def truncated_svd(linear, rank):
    weight = linear.weight.detach().numpy()
    u, s, vt = np.linalg.svd(weight)
    bias = linear.bias is not None
    two = nn.Sequential(
        nn.Linear(weight.shape[1], rank, bias=False, dtype=linear.weight.dtype),
        nn.Linear(rank, weight.shape[0], bias=bias, dtype=linear.weight.dtype),
    )
    with torch.no_grad():
        two[0].weight.copy_(torch.from_numpy(vt[:rank].copy()))
        two[1].weight.copy_(torch.from_numpy(u[:, :rank] @ np.diag(s[:rank])))
        if bias:
            two[1].bias.copy_(linear.bias)
    return two


def _tent(at, length):
    """How much each cell weighs for each point: 1 at its middle, 0 one cell away. [r, points, length]"""
    distance = (at.clip(0, length - 1)[..., None] - torch.arange(length)).abs()
    return (1 - distance).clip(min=0)


def roi_align(features, rois, output_size, spatial_scale, sampling_ratio, aligned):
    points = output_size * sampling_ratio
    box = rois[:, 1:] * spatial_scale - 0.5 * aligned
    size = box[:, 2:] - box[:, :2]
    if not aligned:
        size = size.clip(min=1)
    at = box[:, :2, None] + size[..., None] * (torch.arange(points) + 0.5) / points  # [r, 2, points]
    x = _tent(at[:, 0], features.shape[3]).unflatten(1, (output_size, sampling_ratio)).mean(2)
    y = _tent(at[:, 1], features.shape[2]).unflatten(1, (output_size, sampling_ratio)).mean(2)
    maps = features[rois[:, 0].long()]
    return torch.einsum("rih,rchw,rjw->rcij", y.to(maps.dtype), maps, x.to(maps.dtype))
