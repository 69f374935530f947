"""What detectors share: one map for all boxes of an image."""

from jaxtyping import Float
from torch import Tensor, nn

from course_lib.models.backbone import backbone


class Trunk(nn.Module):
    """One shared map for all boxes of an image: the settings' backbone up to a stage, narrowed by a 1×1 convolution.

    The first stage stays as pretrained (Fast R-CNN, section 4.5), and so do the statistics of batch normalisation.

    Attributes:
        stride: pixels a cell. channels: of the map.
    """

    frozen = ("net.stem", "net.stage1", "net.net.conv1", "net.net.bn1", "net.net.layer1")

    def __init__(self, stage: int, channels: int, pretrained: bool = True):
        super().__init__()
        self.conv, self.stage, self.channels = backbone(pretrained=pretrained), stage, channels
        self.stride = self.conv.strides[stage - 1]
        self.narrow = nn.Conv2d(self.conv.channels[stage - 1], channels, kernel_size=1)
        for name, weight in self.conv.named_parameters():
            weight.requires_grad_(not name.startswith(self.frozen))
        self.conv.net.cut(stage)
        self.eval()

    def train(self, mode: bool = True) -> "Trunk":
        """Batch normalisation keeps its statistics, whatever is asked."""
        return super().train(False)

    def forward(self, images: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n c i j"]:
        """The map of each image."""
        return self.narrow(self.conv.features(images, self.stage))
