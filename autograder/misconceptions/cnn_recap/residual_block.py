"""Unit 00: wrong versions of `ResidualBlock`."""

from torch import nn
from torch.nn.functional import pad

from autograder.misconceptions import wrong


class Layers(nn.Module):
    """The right layers; `second` is the second convolution's stride, `always` projects even equal shapes.

    With `bias` the convolutions have one.
    """

    def __init__(self, in_channels, out_channels, stride=1, second=1, always=False, bias=False):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=bias)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, second, 1, bias=bias)
        self.bn1, self.bn2 = nn.BatchNorm2d(out_channels), nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Identity()
        if always or stride > 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=bias)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def branch(self, x):
        """Both layers, up to the sum."""
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))


@wrong(
    "ResidualBlock",
    "overwritten-input",
    "You add the output of the first layer, not the block's input. The shortcut must bypass both.",
)
class OverwrittenInput(Layers):
    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(x)) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "relu-before-add",
    "Your branch ends in a ReLU, so it can only add, never subtract. The ReLU comes after the sum.",
)
class ReluBeforeAdd(Layers):
    def forward(self, x):
        return self.branch(x).relu() + self.shortcut(x)


@wrong(
    "ResidualBlock",
    "no-final-relu",
    "The ReLU after the sum is missing (the 2015 block has it; the pre-activation variant of 2016 does not).",
)
class NoFinalRelu(Layers):
    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


@wrong("ResidualBlock", "no-shortcut", "Your shortcut is made but not used: without it this is a plain block.")
class NoShortcut(Layers):
    def forward(self, x):
        return self.branch(x).relu()


@wrong(
    "ResidualBlock", "stride-twice", "Both convolutions step, so the map shrinks by four where it should shrink by two."
)
class StrideTwice(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, second=stride)

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "always-projects",
    "Where shapes agree the shortcut is the input itself, without parameters. With a projection everywhere the direct "
    "path for the gradient is lost.",
)
class AlwaysProjects(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, always=True)

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "projection-no-bn",
    "Your projection lacks its batch norm; its scale then differs from the branch it is added to.",
)
class ProjectionNoBn(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.shortcut = self.shortcut if isinstance(self.shortcut, nn.Identity) else self.shortcut[:1]

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "stride-on-second",
    "Your second convolution makes the step. In the paper's block, and here, the first one does.",
)
class StrideOnSecond(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.conv1.stride, self.conv2.stride = self.conv2.stride, self.conv1.stride

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "bn1-twice",
    "You use `bn1` behind both convolutions. Each has a batch norm of its own: `bn2` is never used.",
)
class Bn1Twice(Layers):
    def forward(self, x):
        return (self.bn1(self.conv2(self.bn1(self.conv1(x)).relu())) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "no-inner-relu",
    "Between your two convolutions there is no ReLU, so together they can do no more than one.",
)
class NoInnerRelu(Layers):
    def forward(self, x):
        return (self.bn2(self.conv2(self.bn1(self.conv1(x)))) + self.shortcut(x)).relu()


@wrong(
    "ResidualBlock",
    "with-bias",
    "Your convolutions have a bias. The batch norm behind each subtracts the mean and adds a bias of its own, so they "
    "go without: `bias=False`.",
)
class WithBias(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride, bias=True)

    def forward(self, x):
        return (self.branch(x) + self.shortcut(x)).relu()


@wrong("ResidualBlock", "padded-shortcut", "This is the paper's option A. We use option B, the projection.")
class PaddedShortcut(Layers):
    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__(in_channels, out_channels, stride)
        self.stride, self.shortcut = stride, nn.Identity()

    def forward(self, x):
        branch, kept = self.branch(x), x[:, :, :: self.stride, :: self.stride]
        return (branch + pad(kept, (0, 0, 0, 0, 0, branch.shape[1] - kept.shape[1]))).relu()
