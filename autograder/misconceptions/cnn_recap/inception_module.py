"""Unit 00: wrong versions of `InceptionModule`."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d, pad

from autograder.misconceptions import wrong


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


@wrong(
    "InceptionModule",
    "added",
    "You add the branches. Inception stacks them in depth, so that the next layer can choose.",
)
class Added(Branches):
    def forward(self, x):
        return sum(self.branches(x))


@wrong(
    "InceptionModule",
    "wrong-axis",
    "You stack the branches in the batch. They belong side by side in the channel axis.",
)
class WrongAxis(Branches):
    def forward(self, x):
        return torch.cat(self.branches(x), dim=0)


@wrong(
    "InceptionModule",
    "naive",
    "The shapes fit, but the 1×1 reductions are missing: this is the naive module whose cost the paper avoids.",
)
class Naive(nn.Module):
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
    "InceptionModule",
    "linear-reduction",
    "Between the reduction and the larger filter there is no non-linearity, so the two convolutions are only one.",
)
class LinearReduction(Branches):
    def forward(self, x):
        return torch.cat(self.branches(x, reduced=lambda values: values), dim=1)


@wrong("InceptionModule", "no-relu", "Your branches end without a ReLU: negative responses come through.")
class NoRelu(Branches):
    def forward(self, x):
        medium, large = self.conv3(self.reduce3(x).relu()), self.conv5(self.reduce5(x).relu())
        return torch.cat([self.conv1(x), medium, large, self.project(max_pool2d(x, 3, 1, 1))], dim=1)


@wrong(
    "InceptionModule", "pool-shrinks", "Your pooling branch loses resolution. Here pooling has stride 1 and padding 1."
)
class PoolShrinks(Branches):
    def forward(self, x):
        pooled = interpolate(max_pool2d(x, 3, 2, 1), size=x.shape[2:])
        return torch.cat([*self.branches(x)[:3], self.project(pooled).relu()], dim=1)


@wrong(
    "InceptionModule",
    "pool-unprojected",
    "The pooled input goes out with all its channels, so each module would grow deeper. Project it first.",
)
class PoolUnprojected(Branches):
    def forward(self, x):
        return torch.cat([*self.branches(x)[:3], max_pool2d(x, 3, 1, 1)], dim=1)


@wrong(
    "InceptionModule",
    "not-pooled",
    "Your last branch projects the input itself. Pool it first: 3×3, stride 1, padding 1.",
)
class NotPooled(Branches):
    def forward(self, x):
        return torch.cat([*self.branches(x)[:3], self.project(x).relu()], dim=1)


@wrong(
    "InceptionModule",
    "pooled-last",
    "You project first and pool what comes out. The pooling belongs before the 1×1 convolution.",
)
class PooledLast(Branches):
    def forward(self, x):
        return torch.cat([*self.branches(x)[:3], max_pool2d(self.project(x).relu(), 3, 1, 1)], dim=1)


@wrong(
    "InceptionModule",
    "zero-border",
    "The border of your pooling counts as 0, so it wins over negative numbers. Let it count as minus infinity, as "
    "`F.max_pool2d(…, padding=1)` does.",
)
class ZeroBorder(Branches):
    def forward(self, x):
        pooled = max_pool2d(pad(x, (1, 1, 1, 1)), 3, 1)
        return torch.cat([*self.branches(x)[:3], self.project(pooled).relu()], dim=1)


@wrong(
    "InceptionModule",
    "mean-pooled",
    "Your last branch takes the mean of each window. Here it is max pooling: the largest number of the window.",
)
class MeanPooled(Branches):
    def forward(self, x):
        pooled = avg_pool2d(x, 3, 1, 1)
        return torch.cat([*self.branches(x)[:3], self.project(pooled).relu()], dim=1)


@wrong(
    "InceptionModule",
    "three-in-five",
    "Your 5×5 branch has a 3×3 filter. So has torchvision's GoogLeNet, by an old mistake; the paper's filter, and "
    "ours, is 5×5.",
)
class ThreeInFive(Branches):
    def __init__(self, in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj):
        super().__init__(in_channels, ch1x1, ch3x3red, ch3x3, ch5x5red, ch5x5, pool_proj)
        self.conv5 = nn.Conv2d(ch5x5red, ch5x5, 3, padding=1)

    def forward(self, x):
        return torch.cat(self.branches(x), dim=1)


@wrong(
    "InceptionModule",
    "order",
    "Your branches are right but in another order; weights trained elsewhere would not fit.",
)
class Order(Branches):
    def forward(self, x):
        return torch.cat(self.branches(x)[::-1], dim=1)
