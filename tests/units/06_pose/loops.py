"""Right answers in the style of a first-year student: loops, Python numbers, lists."""

import math

import torch
import torch.nn as nn


def disk_targets(joints, annotated, size, radius):
    height, width = size
    n, k = joints.shape[0], joints.shape[1]
    maps = torch.zeros(n, k, height, width, dtype=joints.dtype, device=joints.device)
    for person in range(n):
        for joint in range(k):
            x, y = joints[person, joint].tolist()
            if not annotated[person, joint] or math.isnan(x) or math.isnan(y):
                continue
            for i in range(height):
                for j in range(width):
                    if math.sqrt((j + 0.5 - x) ** 2 + (i + 0.5 - y) ** 2) <= radius:
                        maps[person, joint, i, j] = 1
    return maps


def heatmap_loss(logits, targets, annotated):
    losses = []
    for person in range(logits.shape[0]):
        for joint in range(logits.shape[1]):
            if annotated[person, joint]:
                cost = nn.BCEWithLogitsLoss(reduction="none")(logits[person, joint], targets[person, joint])
                inside = cost[targets[person, joint] >= 0.5]
                outside = cost[targets[person, joint] < 0.5]
                loss = 0
                if len(inside) > 0:
                    loss = loss + inside.mean() / 2
                if len(outside) > 0:
                    loss = loss + outside.mean() / 2
                losses.append(loss)
    if len(losses) == 0:
        return logits.sum() * 0
    return sum(losses) / len(losses)


def decode_heatmaps(heatmaps, stride):
    n, k, height, width = heatmaps.shape
    answer = torch.zeros(n, k, 2, dtype=heatmaps.dtype, device=heatmaps.device)
    for person in range(n):
        for joint in range(k):
            rows = heatmaps[person, joint].tolist()
            best = max(max(row) for row in rows)
            cells = [(i, j) for i in range(height) for j in range(width) if rows[i][j] == best]
            y = sum(i + 0.5 for i, j in cells) / len(cells)
            x = sum(j + 0.5 for i, j in cells) / len(cells)
            if len(cells) == 1:
                i, j = cells[0]
                if j > 0 and j < width - 1:
                    if rows[i][j + 1] > rows[i][j - 1]:
                        x += 0.25
                    if rows[i][j + 1] < rows[i][j - 1]:
                        x -= 0.25
                if i > 0 and i < height - 1:
                    if rows[i + 1][j] > rows[i - 1][j]:
                        y += 0.25
                    if rows[i + 1][j] < rows[i - 1][j]:
                        y -= 0.25
            answer[person, joint, 0] = x * stride
            answer[person, joint, 1] = y * stride
    return answer


def flip_pose(image, joints, annotated, pairs):
    width = image.shape[2]
    flipped = torch.zeros_like(image)
    for column in range(width):
        flipped[:, :, column] = image[:, :, width - 1 - column]
    places, known = joints.clone(), annotated.clone()
    for joint in range(len(joints)):
        other = joint
        for a, b in pairs:
            if joint == a:
                other = b
            if joint == b:
                other = a
        places[joint, 0] = width - joints[other, 0]
        places[joint, 1] = joints[other, 1]
        known[joint] = annotated[other]
    return flipped, places, known


def pck(pred, joints, annotated, reference, alpha):
    shares = []
    for joint in range(joints.shape[1]):
        right, all_of_them = 0, 0
        for person in range(joints.shape[0]):
            length = float(reference[person])
            if not annotated[person, joint] or math.isnan(length):
                continue
            all_of_them += 1
            dx = float(pred[person, joint, 0] - joints[person, joint, 0])
            dy = float(pred[person, joint, 1] - joints[person, joint, 1])
            if math.sqrt(dx**2 + dy**2) <= alpha * length:
                right += 1
        shares.append(right / all_of_them if all_of_them > 0 else math.nan)
    return torch.tensor(shares)


def conv_bn_relu(channels):
    return nn.Sequential(nn.Conv2d(channels, channels, 3, 1, 1, bias=False), nn.BatchNorm2d(channels), nn.ReLU())


class Hourglass(nn.Module):
    def __init__(self, depth, channels):
        super(Hourglass, self).__init__()  # noqa: UP008
        if depth == 1:
            self.inner = conv_bn_relu(channels)
        else:
            self.inner = Hourglass(depth - 1, channels)
        self.before = conv_bn_relu(channels)
        self.after = conv_bn_relu(channels)
        self.skip = conv_bn_relu(channels)

    def forward(self, x):
        high = self.skip(x)
        height, width = x.shape[2], x.shape[3]
        rows = []
        for i in range(0, height, 2):
            cells = []
            for j in range(0, width, 2):
                cells.append(x[:, :, i : i + 2, j : j + 2].amax(dim=(2, 3)))
            rows.append(torch.stack(cells, dim=2))
        low = self.after(self.inner(self.before(torch.stack(rows, dim=2))))
        which_row = [i // 2 for i in range(height)]
        which_column = [j // 2 for j in range(width)]
        return high + low[:, :, which_row][:, :, :, which_column]
