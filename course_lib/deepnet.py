"""Deep networks for small images, with and without shortcuts: the experiment of He et al., CVPR 2016, section 4.2."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

Block = Callable[[int, int, int], nn.Module]


class PlainBlock(nn.Module):
    """Two 3×3 convolutions, each with batch norm and ReLU: a residual block without its shortcut."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d i j"]:
        return self.bn2(self.conv2(self.bn1(self.conv1(x)).relu())).relu()


def residual_block(in_channels: int, out_channels: int, stride: int = 1) -> nn.Module:
    """torchvision's BasicBlock; its shortcut is the identity where shapes agree, else a 1×1 convolution."""
    from torchvision.models.resnet import BasicBlock

    if stride == 1 and in_channels == out_channels:
        return BasicBlock(in_channels, out_channels)
    convolution = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
    return BasicBlock(in_channels, out_channels, stride, nn.Sequential(convolution, nn.BatchNorm2d(out_channels)))


class DeepNet(nn.Module):
    """A network of 6n + 2 layers with weights: one convolution, three groups of n blocks, one linear layer.

    The groups have 16, 32 and 64 channels; the second and the third begin with a stride of 2. Weights are drawn as by
    He et al., ICCV 2015, for layers that are followed by a ReLU.

    Args:
        depth: 8, 14, 20, …: 6n + 2.
        block: block(in_channels, out_channels, stride) makes a block of two 3×3 layers.

    Raises:
        ValueError: another depth.
    """

    channels = (16, 32, 64)

    def __init__(self, depth: int, block: Block, classes: int = 10, in_channels: int = 1):
        super().__init__()
        if depth < 8 or depth % 6 != 2:
            raise ValueError(f"A depth is 8, 14, 20 … (6n + 2 for n blocks per group), not {depth}.")
        width = self.channels[0]
        convolution = nn.Conv2d(in_channels, width, 3, padding=1, bias=False)
        self.first = nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU())
        blocks = []
        for group, outside in enumerate(self.channels):
            for number in range((depth - 2) // 6):
                blocks.append(block(width, outside, 2 if group and not number else 1))
                width = outside
        self.blocks = nn.Sequential(*blocks)
        self.classify = nn.Linear(width, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n classes"]:
        """One logit for each class."""
        return self.classify(self.blocks(self.first(x)).mean(dim=(2, 3)))
