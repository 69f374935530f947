"""Unit 00: wrong versions of `InceptionModule` and `ResidualBlock`."""

import torch
from torch import nn
from torch.nn.functional import interpolate, max_pool2d, pad

from autograder.misconceptions import collector

MISCONCEPTIONS = []
wrong = collector("InceptionModule", MISCONCEPTIONS)


class Branches(nn.Module):
    """The right layers, and each branch by itself."""

    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.conv1, self.project = (nn.Conv2d(in_channels, width, 1) for width in (ch1x1, pool_proj))
        self.reduce3, self.conv3 = nn.Conv2d(in_channels, ch3x3red, 1), nn.Conv2d(ch3x3red, ch3x3, 3, padding=1)
        self.reduce5, self.conv5 = nn.Conv2d(in_channels, ch5x5red, 1), nn.Conv2d(ch5x5red, ch5x5, 5, padding=2)

    def branches(self, x, reduced=torch.relu):
        """All four, after their last ReLU."""
        medium, large = self.conv3(reduced(self.reduce3(x))), self.conv5(reduced(self.reduce5(x)))
        pooled = self.project(max_pool2d(x, 3, 1, 1))
        return [branch.relu() for branch in (self.conv1(x), medium, large, pooled)]


@wrong("added", "You add the branches. Inception stacks them in depth, so that the next layer can choose.")
class _(Branches):
    def forward(self, x):
        return sum(self.branches(x))


@wrong("wrong-axis", "You stack the branches in the batch. They belong side by side in the channel axis.")
class _(Branches):
    def forward(self, x):
        return torch.cat(self.branches(x), dim=0)


@wrong(
    "naive",
    "The shapes fit, but the 1×1 reductions are missing: this is the naive module whose cost the paper avoids.",
)
class _(nn.Module):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, ch1x1, 1)
        self.conv3 = nn.Conv2d(in_channels, ch3x3, 3, padding=1)
        self.conv5 = nn.Conv2d(in_channels, ch5x5, 5, padding=2)
        self.project = nn.Conv2d(in_channels, pool_proj, 1)

    def forward(self, x):
        pooled = self.project(max_pool2d(x, 3, 1, 1))
        return torch.cat([self.conv1(x), self.conv3(x), self.conv5(x), pooled], dim=1).relu()


@wrong(
    "linear-reduction",
    "Between the reduction and the larger filter there is no non-linearity, so the two convolutions are only one.",
)
class _(Branches):
    def forward(self, x):
        return torch.cat(self.branches(x, reduced=lambda values: values), dim=1)


@wrong("no-relu", "Your branches end without a ReLU: negative responses come through.")
class _(Branches):
    def forward(self, x):
        medium, large = self.conv3(self.reduce3(x).relu()), self.conv5(self.reduce5(x).relu())
        return torch.cat([self.conv1(x), medium, large, self.project(max_pool2d(x, 3, 1, 1))], dim=1)


@wrong("pool-shrinks", "Your pooling branch loses resolution. Here pooling has stride 1 and padding 1.")
class _(Branches):
    def forward(self, x):
        pooled = interpolate(max_pool2d(x, 3, 2, 1), size=x.shape[2:])
        return torch.cat([*self.branches(x)[:3], self.project(pooled).relu()], dim=1)


@wrong(
    "pool-unprojected",
    "The pooled input goes out with all its channels, so each module would grow deeper. Project it first.",
)
class _(Branches):
    def forward(self, x):
        return torch.cat([*self.branches(x)[:3], max_pool2d(x, 3, 1, 1)], dim=1)


@wrong("not-pooled", "Your last branch projects the input itself. Pool it first: 3×3, stride 1, padding 1.")
class _(Branches):
    def forward(self, x):
        return torch.cat([*self.branches(x)[:3], self.project(x).relu()], dim=1)


@wrong(
    "order",
    "Your branches are right but in another order; weights trained elsewhere would not fit.",
    convention=True,
)
class _(Branches):
    def forward(self, x):
        return torch.cat(self.branches(x)[::-1], dim=1)


wrong = collector("ResidualBlock", MISCONCEPTIONS)


class Layers(nn.Module):
    """The right layers; `second` is the second convolution's stride, `always` projects even equal shapes."""

    def __init__(self, in_channels, out_channels, stride=1, second=1, always=False):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, second, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if always or stride > 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def branch(self, x):
        """Both layers, up to the sum."""
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))


@wrong(
    "overwritten-input",
    "You add the output of the first layer, not the block's input. The shortcut must bypass both.",
)
class _(Layers):
    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(x)) + self.shortcut(x)).relu()


@wrong(
    "relu-before-add",
    "Your branch ends in a ReLU, so it can only add, never subtract. The ReLU comes after the sum.",
)
class _(Layers):
    def forward(self, x):
        return self.branch(x).relu() + self.shortcut(x)


@wrong(
    "no-final-relu",
    "The ReLU after the sum is missing (the 2015 block has it; the pre-activation variant of 2016 does not).",
)
class _(Layers):
    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


@wrong("no-shortcut", "Your shortcut is made but not used: without it this is a plain block.")
class _(Layers):
    def forward(self, x):
        return self.branch(x).relu()


@wrong("stride-twice", "Both convolutions step, so the map shrinks by four where it should shrink by two.")
class _(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, second=stride)

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong(
    "always-projects",
    "Where shapes agree the shortcut is the input itself, without parameters. With a projection everywhere the direct "
    "path for the gradient is lost.",
)
class _(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, always=True)

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong(
    "projection-no-bn",
    "Your projection lacks its batch norm; its scale then differs from the branch it is added to.",
)
class _(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.shortcut = self.shortcut if isinstance(self.shortcut, nn.Identity) else self.shortcut[:1]

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong("padded-shortcut", "This is the paper's option A. We use option B, the projection.", convention=True)
class _(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.stride, self.shortcut = stride, nn.Identity()

    def forward(self, x):
        branch, kept = self.branch(x), x[:, :, :: self.stride, :: self.stride]
        return (branch + pad(kept, (0, 0, 0, 0, 0, branch.shape[1] - kept.shape[1]))).relu()


MISCONCEPTIONS = tuple(MISCONCEPTIONS)
