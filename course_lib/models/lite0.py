"""EfficientNet-Lite0: a network that has seen ImageNet's photographs, and that a laptop's processor runs.

EfficientNet (Tan and Le, ICML 2019) without squeeze-and-excitation and with ReLU6, as Google released it for phones.
"""

import math

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.staged import Staged

# of each stage: groups of (expansion, channels, blocks, stride, kernel)
STAGES = (
    [(6, 24, 2, 2, 3)],
    [(6, 40, 2, 2, 5)],
    [(6, 80, 3, 2, 3), (6, 112, 3, 1, 5)],
    [(6, 192, 4, 2, 5), (6, 320, 1, 1, 3)],
)


class SameConv2d(nn.Conv2d):
    """TensorFlow's padding SAME: ⌈size / stride⌉ cells come out; an odd pixel of padding goes right and below."""

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d i j"]:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        missing = [max(0, (math.ceil(size / stride) - 1) * stride + kernel - size) for size in x.shape[:1:-1]]
        return super().forward(F.pad(x, [side for m in missing for side in (m // 2, m - m // 2)]))


def conv_norm(inside: int, outside: int, kernel: int, stride: int = 1, groups: int = 1, act: bool = True):
    """A convolution, its batch normalisation and, unless `act` is False, ReLU6."""
    conv = SameConv2d(inside, outside, kernel, stride, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outside, eps=1e-3), nn.ReLU6() if act else nn.Identity())


class InvertedResidual(nn.Module):
    """MobileNetV2's block (Sandler et al., CVPR 2018): widen by 1×1, filter each channel alone, narrow by 1×1."""

    def __init__(self, inside: int, outside: int, expansion: int, stride: int, kernel: int):
        super().__init__()
        wide = inside * expansion
        layers = [conv_norm(inside, wide, 1)] if expansion > 1 else []
        layers += [conv_norm(wide, wide, kernel, stride, groups=wide), conv_norm(wide, outside, 1, act=False)]
        self.conv, self.shortcut = nn.Sequential(*layers), stride == 1 and inside == outside

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n d i j"]:
        return x + self.conv(x) if self.shortcut else self.conv(x)


class Lite0(Staged):
    """The convolutions of EfficientNet-Lite0, 3.4 million parameters; the last widens to 1,280 channels.

    Stage i has ``channels[i]`` channels at ``strides[i]`` pixels per cell. Images of any size of at least one pixel.
    """

    channels = (24, 40, 112, 1280)
    strides = (4, 8, 16, 32)

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv_norm(3, 32, 3, stride=2), InvertedResidual(32, 16, 1, 1, 3))
        inside = 16
        for number, groups in enumerate(STAGES, start=1):
            blocks = []
            for expansion, outside, count, stride, kernel in groups:
                for place in range(count):
                    blocks.append(InvertedResidual(inside, outside, expansion, 1 if place else stride, kernel))
                    inside = outside
            setattr(self, f"stage{number}", nn.Sequential(*blocks))
        self.stage4.append(conv_norm(inside, self.channels[-1], 1))
