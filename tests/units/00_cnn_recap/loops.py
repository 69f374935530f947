"""Right answers in the style of a first-year student: loops, Python numbers, lists, prints."""

import copy

import torch
from torch import nn


def conv2d(image, weight, bias, stride, padding):
    n, c, h, w = image.shape
    o, _, kh, kw = weight.shape
    big = torch.zeros(n, c, h + 2 * padding, w + 2 * padding).to(image)
    big[:, :, padding : padding + h, padding : padding + w] = image
    h_out = (h + 2 * padding - kh) // stride + 1
    w_out = (w + 2 * padding - kw) // stride + 1
    print("output:", h_out, "by", w_out)
    out = torch.zeros(n, o, h_out, w_out).to(image)
    for i in range(h_out):
        for j in range(w_out):
            window = big[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            for k in range(o):
                out[:, k, i, j] = (window * weight[k]).sum(dim=(1, 2, 3))
                if bias is not None:
                    out[:, k, i, j] = out[:, k, i, j] + bias[k]
    return out


def max_pool2d(x, kernel, stride):
    rows = []
    i = 0
    while i + kernel <= x.shape[2]:
        row = []
        j = 0
        while j + kernel <= x.shape[3]:
            best = x[:, :, i, j]
            for di in range(kernel):
                for dj in range(kernel):
                    best = torch.maximum(best, x[:, :, i + di, j + dj])
            row.append(best)
            j += stride
        rows.append(torch.stack(row, dim=-1))
        i += stride
    return torch.stack(rows, dim=-2)


def count_cost(model, input_shape):
    parameters, seen = 0, []
    for p in model.parameters():
        parameters += p.numel()
    numbers = {"activations": 0, "macs": 0}

    def look(module, inputs, output):
        numbers["activations"] += output.numel()
        if isinstance(module, nn.Conv2d):
            kh, kw = module.kernel_size
            each = kh * kw * module.in_channels // module.groups
        else:
            each = module.in_features
        numbers["macs"] += each * output.numel()

    other = copy.deepcopy(model)  # what happens to a copy cannot hurt the original
    other.eval()
    for m in other.modules():
        if type(m) in (nn.Conv2d, nn.Linear):
            seen.append(m.register_forward_hook(look))
    image = torch.ones((1, *input_shape)).to(next(other.parameters()).device)
    other(image)
    print(len(seen), "layers")
    return parameters, numbers["activations"], numbers["macs"]


def receptive_field(layers):
    size, step = 1, 1
    for kernel, stride in reversed(layers):  # from the unit back to the image
        size = (size - 1) * stride + kernel
    for _, stride in layers:
        step = step * stride
    return [size, step]


class InceptionModule(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(3, stride=1, padding=1)
        self.conv1 = nn.Conv2d(in_channels, ch1x1, kernel_size=1)
        self.reduce3 = nn.Conv2d(in_channels, ch3x3red, kernel_size=1)
        self.conv3 = nn.Conv2d(ch3x3red, ch3x3, kernel_size=3, padding="same")
        self.reduce5 = nn.Conv2d(in_channels, ch5x5red, kernel_size=1)
        self.conv5 = nn.Conv2d(ch5x5red, ch5x5, kernel_size=5, padding="same")
        self.project = nn.Conv2d(in_channels, pool_proj, kernel_size=1)

    def forward(self, x):
        a = self.relu(self.conv1(x))
        b = self.relu(self.reduce3(x))
        b = self.relu(self.conv3(b))
        c = self.relu(self.reduce5(x))
        c = self.relu(self.conv5(c))
        d = self.relu(self.project(self.pool(x)))
        return torch.cat([a, b, c, d], 1)


class ResidualBlock(nn.Module):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        if stride == 1 and in_channels == out_channels:
            self.shortcut = None
        else:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        old = x
        x = self.conv1(x)
        x = self.bn1(x)
        x = torch.relu(x)
        x = self.conv2(x)
        x = self.bn2(x)
        if self.shortcut is not None:
            old = self.shortcut(old)
        return torch.relu(x + old)


def train_step(model, images, labels, optimizer):
    for module in model.modules():
        module.training = True
    model.zero_grad(set_to_none=False)
    log_probabilities = torch.log_softmax(model(images), dim=1)
    total = 0.0
    for i in range(len(labels)):
        total = total - log_probabilities[i, labels[i]]
    loss = total / len(labels)
    loss.backward()
    optimizer.step()
    print("loss", loss)
    optimizer.zero_grad(set_to_none=False)
    return loss.detach()
