"""Unit 05: wrong versions of `FullResolutionResidualUnit`."""

import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, max_pool2d

from autograder.misconceptions import wrong


class Layers(nn.Module):
    """The right layers and the parts of the right unit."""

    def __init__(self, y_channels, z_channels, out_channels, scale, reads=0):
        super().__init__()
        self.scale = scale
        self.conv1 = nn.Conv2d(reads or y_channels + z_channels, out_channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.to_z = nn.Conv2d(out_channels, z_channels, 1)

    def pooled(self, z):
        """z at the size of y."""
        return max_pool2d(z, self.scale, ceil_mode=True)

    def new(self, *maps):
        """Both layers on stacked maps."""
        return self.bn2(self.conv2(self.bn1(self.conv1(torch.cat(maps, dim=1))).relu())).relu()

    def repeated(self, small, z):
        """Each cell scale by scale times, cut to the size of z."""
        large = small.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)
        return large[:, :, : z.shape[2], : z.shape[3]]

    def residual(self, new, z):
        """What is to be added to z."""
        return self.repeated(self.to_z(new), z)


@wrong(
    "FullResolutionResidualUnit",
    "replaces-z",
    "The residual stream is replaced. It must only be added to, so that gradients reach every unit directly.",
)
class ReplacesZ(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        return new, self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "relu-on-z",
    "Nothing may stand in the way of the residual stream: no ReLU after the sum.",
)
class ReluOnZ(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        return new, (z + self.residual(new, z)).relu()


@wrong(
    "FullResolutionResidualUnit",
    "relu-before-add",
    "A ReLU stands before the sum, so that your unit can only add to z, never take away.",
)
class ReluBeforeAdd(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        return new, z + self.residual(new, z).relu()


@wrong(
    "FullResolutionResidualUnit",
    "z-unseen",
    "The pooling stream never sees the fine one: stack the pooled z to it.",
)
class ZUnseen(Layers):
    def __init__(self, y_channels, z_channels, out_channels, scale):
        super().__init__(y_channels, z_channels, out_channels, scale, reads=y_channels)

    def forward(self, y, z):
        new = self.new(y)
        return new, z + self.residual(new, z)


@wrong("FullResolutionResidualUnit", "old-y", "The residual must come from the new features, not from the old y.")
class OldY(Layers):
    def forward(self, y, z):
        return self.new(y, self.pooled(z)), z + self.residual(y, z)


@wrong("FullResolutionResidualUnit", "y-residual", "Only z is a residual stream; y is computed anew.")
class YResidual(Layers):
    def forward(self, y, z):
        new = y + self.new(y, self.pooled(z))
        return new, z + self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "smooth-unpool",
    "You enlarge smoothly, which is bilinear interpolation. The paper, and this unit, repeats cells.",
)
class SmoothUnpool(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        larger = interpolate(self.to_z(new), scale_factor=self.scale, mode="bilinear", align_corners=False)
        return new, z + larger[:, :, : z.shape[2], : z.shape[3]]


@wrong(
    "FullResolutionResidualUnit",
    "tiled",
    "You lay the whole map side by side, as tiles. Each cell is to be repeated where it stands.",
)
class Tiled(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        tiles = self.to_z(new).repeat(1, 1, self.scale, self.scale)
        return new, z + tiles[:, :, : z.shape[2], : z.shape[3]]


@wrong("FullResolutionResidualUnit", "mean-pooled", "You pool z by its mean. The largest number of a window counts.")
class MeanPooled(Layers):
    def forward(self, y, z):
        new = self.new(y, avg_pool2d(z, self.scale, ceil_mode=True))
        return new, z + self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "picked",
    "You take one cell of each window of z and forget the others. Pool by the maximum.",
)
class Picked(Layers):
    def forward(self, y, z):
        new = self.new(y, z[:, :, :: self.scale, :: self.scale])
        return new, z + self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "order",
    "You stack the pooled z first. Here y comes first, so that weights trained elsewhere fit.",
)
class Order(Layers):
    def forward(self, y, z):
        new = self.new(self.pooled(z), y)
        return new, z + self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "no-last-relu",
    "The ReLU behind the second batch norm is missing, so that negative numbers are in the new y.",
)
class NoLastRelu(Layers):
    def forward(self, y, z):
        stacked = torch.cat([y, self.pooled(z)], dim=1)
        new = self.bn2(self.conv2(self.bn1(self.conv1(stacked)).relu()))
        return new, z + self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "no-inner-relu",
    "Between your two convolutions there is no ReLU, so together they can do no more than one.",
)
class NoInnerRelu(Layers):
    def forward(self, y, z):
        stacked = torch.cat([y, self.pooled(z)], dim=1)
        new = self.bn2(self.conv2(self.bn1(self.conv1(stacked)))).relu()
        return new, z + self.residual(new, z)


@wrong("FullResolutionResidualUnit", "exchanged", "You return z first. First the new y, then the new z.")
class Exchanged(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        return z + self.residual(new, z), new


@wrong(
    "FullResolutionResidualUnit",
    "whole-windows",
    "Where a size is no multiple of the scale your unit fails: the windows that hang over the border are dropped.",
    slip=True,
)
class WholeWindows(Layers):
    def forward(self, y, z):
        new = self.new(y, max_pool2d(z, self.scale))
        return new, z + self.residual(new, z)


@wrong(
    "FullResolutionResidualUnit",
    "stretched",
    "Where a size is no multiple of the scale you stretch the small map to fit: cells are repeated unequally often.",
    slip=True,
)
class Stretched(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        return new, z + interpolate(self.to_z(new), size=z.shape[2:])


@wrong(
    "FullResolutionResidualUnit",
    "changes-z",
    "You add into z itself: `+=` changes what you were given.",
    slip=True,
)
class ChangesZ(Layers):
    def forward(self, y, z):
        new = self.new(y, self.pooled(z))
        z += self.residual(new, z)
        return new, z
