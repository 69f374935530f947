"""Right answers in the style of somebody who knows the libraries: broadcasting, indexing, einsum, functional calls."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def disk_targets(joints, annotated, size, radius):
    j = joints.cpu().numpy()
    rows, columns = np.indices(size)
    with np.errstate(invalid="ignore"):
        distance = np.hypot(columns + 0.5 - j[..., :1, None], rows + 0.5 - j[..., 1:, None])
        near = (distance <= radius) * annotated.cpu().numpy()[..., None, None]
    return torch.from_numpy(near).to(joints)


def heatmap_loss(logits, targets, annotated):
    x, t = logits[annotated], targets[annotated]
    if not len(x):
        return (logits * 0).sum()
    weights = torch.where(t >= 0.5, 1.0, 0.0)
    weights = weights / weights.sum((1, 2), keepdim=True).clamp_min(1)
    other = torch.where(t < 0.5, 1.0, 0.0)
    weights = weights + other / other.sum((1, 2), keepdim=True).clamp_min(1)
    costs = F.softplus(x) - t * x
    return torch.einsum("mhw,mhw->", weights.to(costs), costs) / (2 * len(x))


def decode_heatmaps(heatmaps, stride):
    n, k, h, w = heatmaps.shape
    flat = heatmaps.reshape(n * k, h * w)
    found = flat.new_zeros(n * k, 2)
    for place, one in enumerate(flat):
        indices = torch.nonzero(one == one.max())[:, 0]
        i, j = indices // w, indices % w
        x, y = (values.to(flat.dtype).mean() + 0.5 for values in (j, i))
        if len(indices) == 1:
            grid, i, j = one.view(h, w), int(i), int(j)
            if 0 < j < w - 1:
                x = x + 0.25 * torch.sign(grid[i, j + 1] - grid[i, j - 1])
            if 0 < i < h - 1:
                y = y + 0.25 * torch.sign(grid[i + 1, j] - grid[i - 1, j])
        found[place] = torch.stack([x, y]) * stride
    return found.view(n, k, 2)


def flip_pose(image, joints, annotated, pairs):
    order = torch.arange(len(joints), device=joints.device)
    if pairs:
        left, right = map(list, zip(*pairs, strict=True))
        order[left + right] = order[right + left]
    places = joints * joints.new_tensor([-1, 1]) + joints.new_tensor([image.size(-1), 0])
    return [image[..., range(image.size(-1) - 1, -1, -1)], places[order], annotated[order]]


def pck(pred, joints, annotated, reference, alpha):
    p, t, r = (values.cpu().numpy() for values in (pred, joints, reference))
    asked = annotated.cpu().numpy() & ~np.isnan(r)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        right = np.hypot(*np.moveaxis(p - t, 2, 0)) / r[:, None] <= alpha
        return torch.from_numpy((right * asked).sum(0) / asked.sum(0)).float()


class Hourglass(nn.Module):
    def __init__(self, depth, channels):
        super().__init__()
        for name in ("after", "before", "skip"):
            self.add_module(name, self.block(channels))
        self.inner = Hourglass(depth - 1, channels) if depth > 1 else self.block(channels)

    @staticmethod
    def block(c):
        return nn.Sequential(nn.Conv2d(c, c, 3, padding="same", bias=False), nn.BatchNorm2d(c), nn.ReLU(inplace=True))

    def forward(self, x):
        h, w = x.shape[-2:]
        small = F.max_pool2d(F.pad(x, (0, w % 2, 0, h % 2), value=-torch.inf), 2)
        large = nn.Sequential(self.before, self.inner, self.after)(small)
        return self.skip(x) + F.interpolate(large, scale_factor=2.0)[..., :h, :w]
