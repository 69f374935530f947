"""Right answers in the style of a first-year student: loops, Python numbers, lists, prints."""

import math

import torch
import torch.nn as nn


def confusion_matrix(pred, target, classes, ignore):
    if pred.dim() != target.dim():
        raise ValueError("shapes are " + str(pred.shape) + " and " + str(target.shape))
    for a, b in zip(pred.shape, target.shape, strict=True):
        if a != b:
            raise ValueError("shapes are " + str(pred.shape) + " and " + str(target.shape))
    matrix = [[0] * classes for _ in range(classes)]
    for p, t in zip(pred.reshape(-1).tolist(), target.reshape(-1).tolist(), strict=True):
        if t == ignore:
            continue
        if t not in range(classes):
            raise ValueError("what is label " + str(t) + "?")
        if p not in range(classes):
            raise ValueError("what is label " + str(p) + "?")
        matrix[t][p] += 1
    return torch.tensor(matrix, dtype=torch.int32)


def mean_iou(confusion):
    rows = confusion.tolist()
    found = []
    for c in range(len(rows)):
        tp = rows[c][c]
        fn = sum(rows[c]) - tp
        fp = sum(row[c] for row in rows) - tp
        if tp + fn + fp > 0:
            found.append(tp / (tp + fn + fp))
    if len(found) == 0:
        return math.nan
    return sum(found) / len(found)


def convolutionize(linear, feature_shape):
    c, h, w = feature_shape
    conv = nn.Conv2d(c, linear.out_features, kernel_size=(h, w), bias=linear.bias is not None)
    conv = conv.to(linear.weight.dtype).to(linear.weight.device)
    with torch.no_grad():
        for o in range(linear.out_features):
            n = 0
            for k in range(c):
                for i in range(h):
                    for j in range(w):
                        conv.weight[o, k, i, j] = linear.weight[o, n]
                        n += 1
            if linear.bias is not None:
                conv.bias[o] = linear.bias[o]
    return conv


def bilinear_kernel(channels, factor):
    if factor % 2 == 1:
        k, center = 2 * factor - 1, factor - 1
    else:
        k, center = 2 * factor, factor - 0.5
    kernel = torch.zeros(channels, channels, k, k)
    for c in range(channels):
        for i in range(k):
            for j in range(k):
                kernel[c, c, i, j] = (1 - abs(i - center) / factor) * (1 - abs(j - center) / factor)
    return kernel


def enlarged(x, height, width, factor):
    """Bilinear by hand: factor is (rows, columns), large cells per small cell."""
    h, w = x.shape[2:]
    rows = []
    for i in range(height):
        y = min(max((i + 0.5) / factor[0] - 0.5, 0), h - 1)
        top = int(y)
        bottom, fy = min(top + 1, h - 1), y - top
        row = []
        for j in range(width):
            at = min(max((j + 0.5) / factor[1] - 0.5, 0), w - 1)
            left = int(at)
            right, fx = min(left + 1, w - 1), at - left
            above = x[:, :, top, left] * (1 - fx) + x[:, :, top, right] * fx
            below = x[:, :, bottom, left] * (1 - fx) + x[:, :, bottom, right] * fx
            row.append(above * (1 - fy) + below * fy)
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=-2)


def fuse_skip(coarse, fine):
    print("coarse", coarse.shape, "fine", fine.shape)
    return enlarged(coarse, fine.shape[2], fine.shape[3], (2, 2)) + fine


class UpBlock(nn.Module):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels + skip_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def forward(self, coarse, skip):
        height, width = skip.shape[2], skip.shape[3]
        factor = (height / coarse.shape[2], width / coarse.shape[3])
        x = enlarged(coarse, height, width, factor)
        x = torch.cat((x, skip), 1)
        x = self.conv(x)
        x = self.bn(x)
        x = self.relu(x)
        return x


class FullResolutionResidualUnit(nn.Module):
    def __init__(self, y_channels, z_channels, out_channels, scale):
        super().__init__()
        self.scale = scale
        self.conv1 = nn.Conv2d(y_channels + z_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.to_z = nn.Conv2d(out_channels, z_channels, kernel_size=1, bias=True)

    def forward(self, y, z):
        s = self.scale
        rows = []
        for i in range(y.shape[2]):
            row = [z[:, :, i * s : i * s + s, j * s : j * s + s].amax(dim=(2, 3)) for j in range(y.shape[3])]
            rows.append(torch.stack(row, dim=2))
        pooled = torch.stack(rows, dim=2)
        y = torch.cat([y, pooled], dim=1)
        y = torch.relu(self.bn1(self.conv1(y)))
        y = torch.relu(self.bn2(self.conv2(y)))
        r = self.to_z(y)
        which_row = [i // s for i in range(z.shape[2])]
        which_column = [j // s for j in range(z.shape[3])]
        return y, z + r[:, :, which_row][:, :, :, which_column]
