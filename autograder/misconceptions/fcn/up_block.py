"""Unit 05: wrong versions of `UpBlock`."""

import torch
from torch import nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from autograder.misconceptions import wrong


class Layers(nn.Module):
    """The right layers; `stacked` is what the convolution reads."""

    def __init__(self, in_channels, skip_channels, out_channels, stacked=0, bias=False):
        super().__init__()
        self.conv = nn.Conv2d(stacked or in_channels + skip_channels, out_channels, 3, padding=1, bias=bias)
        self.bn = nn.BatchNorm2d(out_channels)

    def enlarged(self, coarse, skip, mode="bilinear", **options):
        """The coarse map at the size of the skip."""
        if mode == "bilinear" and not options:
            options = {"align_corners": False}
        return interpolate(coarse, size=skip.shape[2:], mode=mode, **options)

    def after(self, *maps, dim=1):
        """Stacked, convolved, normalised, ReLU."""
        return self.bn(self.conv(torch.cat(maps, dim=dim))).relu()


@wrong("UpBlock", "skip-ignored", "Your result does not depend on the skip: the fine detail is lost.")
class SkipIgnored(Layers):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__(in_channels, skip_channels, out_channels, stacked=in_channels)

    def forward(self, coarse, skip):
        return self.after(self.enlarged(coarse, skip))


@wrong("UpBlock", "skip-shrunk", "You bring the skip down instead of the map up.")
class SkipShrunk(Layers):
    def forward(self, coarse, skip):
        return self.after(coarse, adaptive_avg_pool2d(skip, coarse.shape[2:]))


@wrong(
    "UpBlock",
    "added",
    "You add the two maps. This block stacks both and lets the convolution weigh them: it reads the channels of both.",
)
class Added(Layers):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__(in_channels, skip_channels, out_channels, stacked=in_channels)

    def forward(self, coarse, skip):
        return self.after(self.enlarged(coarse, skip) + skip)


@wrong(
    "UpBlock",
    "batch-stacked",
    "You stack in the batch axis. Both maps of one image belong side by side in the channels.",
)
class BatchStacked(Layers):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__(in_channels, skip_channels, out_channels, stacked=in_channels)

    def forward(self, coarse, skip):
        return self.after(self.enlarged(coarse, skip), skip, dim=0)


@wrong(
    "UpBlock",
    "factor-two",
    "With an odd size the two do not meet: enlarge to the skip's size.",
)
class FactorTwo(Layers):
    def forward(self, coarse, skip):
        return self.after(interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False), skip)


@wrong(
    "UpBlock",
    "checkerboard",
    "You enlarge with a transposed convolution. Kernel 3 with stride 2 covers pixels unevenly and leaves a "
    "checkerboard; here the map is interpolated, without weights.",
)
class Checkerboard(Layers):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__(in_channels, skip_channels, out_channels)
        self.up = nn.ConvTranspose2d(in_channels, in_channels, 3, stride=2, padding=1, output_padding=1)

    def forward(self, coarse, skip):
        return self.after(self.up(coarse)[:, :, : skip.shape[2], : skip.shape[3]], skip)


@wrong(
    "UpBlock",
    "order",
    "You stack the skip first. Many do; here the coarse map comes first, so that weights trained elsewhere fit.",
)
class Order(Layers):
    def forward(self, coarse, skip):
        return self.after(skip, self.enlarged(coarse, skip))


@wrong(
    "UpBlock",
    "nearest",
    "You repeat cells: `F.interpolate` does so when nobody names a mode. Bilinear interpolation is asked for.",
)
class Nearest(Layers):
    def forward(self, coarse, skip):
        return self.after(self.enlarged(coarse, skip, mode="nearest"), skip)


@wrong(
    "UpBlock",
    "corners-aligned",
    "With aligned corners the coarse map is shifted against the skip, most at the borders.",
)
class CornersAligned(Layers):
    def forward(self, coarse, skip):
        return self.after(self.enlarged(coarse, skip, align_corners=True), skip)


@wrong("UpBlock", "no-relu", "Your block ends without a ReLU: negative responses come through.")
class NoRelu(Layers):
    def forward(self, coarse, skip):
        return self.bn(self.conv(torch.cat([self.enlarged(coarse, skip), skip], dim=1)))


@wrong("UpBlock", "relu-first", "Your ReLU stands before the batch norm. It is the last of the three.")
class ReluFirst(Layers):
    def forward(self, coarse, skip):
        return self.bn(self.conv(torch.cat([self.enlarged(coarse, skip), skip], dim=1)).relu())


@wrong("UpBlock", "no-norm", "Your batch norm is made but not used.")
class NoNorm(Layers):
    def forward(self, coarse, skip):
        return self.conv(torch.cat([self.enlarged(coarse, skip), skip], dim=1)).relu()


@wrong(
    "UpBlock",
    "with-bias",
    "Your convolution has a bias. The batch norm behind it subtracts the mean and adds its own: `bias=False`.",
)
class WithBias(Layers):
    def __init__(self, in_channels, skip_channels, out_channels):
        super().__init__(in_channels, skip_channels, out_channels, bias=True)

    def forward(self, coarse, skip):
        return self.after(self.enlarged(coarse, skip), skip)
