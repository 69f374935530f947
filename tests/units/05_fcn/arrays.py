"""Right answers in the style of somebody who knows the libraries: one-hot products, NumPy, fold, functional calls."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def confusion_matrix(pred, target, classes, ignore):
    if tuple(pred.shape) != tuple(target.shape):
        raise ValueError(f"the masks have shapes {list(pred.shape)} and {list(target.shape)}")
    truth, guess = target.cpu().numpy().astype(np.int64).ravel(), pred.cpu().numpy().astype(np.int64).ravel()
    guess, truth = guess[truth != ignore], truth[truth != ignore]
    unknown = np.setdiff1d(np.concatenate([truth, guess]), np.arange(classes))
    if unknown.size:
        raise ValueError(f"labels {unknown.tolist()} are no classes")
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (truth, guess), 1)
    return counts


def mean_iou(confusion):
    n = confusion.cpu().numpy().astype(np.float64)
    union = n.sum(0) + n.sum(1) - n.diagonal()
    with np.errstate(invalid="ignore"):
        ious = n.diagonal() / union
    return np.nanmean(ious) if (union > 0).any() else np.float64("nan")


def convolutionize(linear, feature_shape):
    made = nn.Conv2d(feature_shape[0], linear.out_features, tuple(feature_shape[1:]), bias=linear.bias is not None)
    state = {"weight": linear.weight.detach().unflatten(1, tuple(feature_shape)).clone()}
    if linear.bias is not None:
        state["bias"] = linear.bias.detach().clone()
    made = made.to(linear.weight)
    made.load_state_dict(state)
    return made


def bilinear_kernel(channels, factor):
    """A tent is a box that slides over a box of the same width; of an even width its middle lies between two places."""
    half = np.arange(1, factor + 1) - (0.5 if factor % 2 == 0 else 0)
    tent = np.concatenate([half, half[::-1]] if factor % 2 == 0 else [half, half[-2::-1]]) / factor
    return np.einsum("ab,i,j->abij", np.eye(channels), tent, tent).astype(np.float32)


def fuse_skip(coarse, fine):
    return torch.add(fine, F.interpolate(coarse, fine.shape[-2:], mode="bilinear"))


class UpBlock(nn.Module):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels + skip_channels, out_channels, 3, padding="same", bias=False)
        self.bn = nn.BatchNorm2d(out_channels)

    def forward(self, coarse, skip):
        """The convolution of a stack is the sum of two convolutions."""
        from_coarse, from_skip = self.conv.weight.split([coarse.shape[1], skip.shape[1]], dim=1)
        larger = F.interpolate(coarse, skip.shape[-2:], mode="bilinear")
        return F.relu(self.bn(F.conv2d(larger, from_coarse, padding=1) + F.conv2d(skip, from_skip, padding=1)))


class FullResolutionResidualUnit(nn.Module):
    def __init__(self, y_channels, z_channels, out_channels, scale):
        super().__init__()
        options = {"padding": 1, "bias": False}
        self.conv1 = nn.Conv2d(y_channels + z_channels, out_channels, 3, **options)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, **options)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.to_z = nn.Conv2d(out_channels, z_channels, 1)
        self.pool = nn.MaxPool2d(scale, stride=scale, ceil_mode=True)
        self.unpool = nn.Upsample(scale_factor=scale, mode="nearest")

    def forward(self, y, z):
        y = torch.hstack([y, self.pool(z)])
        for conv, bn in ((self.conv1, self.bn1), (self.conv2, self.bn2)):
            y = F.relu(bn(conv(y)))
        return [y, z + self.unpool(self.to_z(y))[..., : z.size(2), : z.size(3)]]
