"""The course's own network: small enough to train on a laptop's processor."""

from torch import nn

from course_lib.models.staged import Staged


class SmallResNet(Staged):
    """A residual network of 0.3 million parameters: a stem and four stages of one basic block (He et al., CVPR 2016).

    Any input of at least 16 by 16 pixels works; the course uses 64 and 128. Stage i has ``channels[i]`` channels
    at ``strides[i]`` pixels a cell.
    """

    channels = (16, 32, 64, 128)
    strides = (2, 4, 8, 16)

    def __init__(self, in_channels: int = 3):
        from torchvision.models.resnet import BasicBlock

        super().__init__()
        width = self.channels[0]
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )
        self.stage1 = BasicBlock(width, width)
        for number, (inside, outside) in enumerate(zip(self.channels, self.channels[1:], strict=False), start=2):
            shortcut = nn.Sequential(nn.Conv2d(inside, outside, 1, stride=2, bias=False), nn.BatchNorm2d(outside))
            setattr(self, f"stage{number}", BasicBlock(inside, outside, stride=2, downsample=shortcut))
