"""torchvision's ResNets with the parts of our own networks."""

from torch import nn

from course_lib.models.staged import PARTS


class TorchvisionResNet(nn.Module):
    """A ResNet of torchvision cut after its last stage, with the attributes of `Staged`."""

    strides = (4, 8, 16, 32)

    def __init__(self, name: str):
        from torchvision import models

        super().__init__()
        self.net = models.get_model(name, weights=None)
        self.net.fc = nn.Identity()
        last = 512 if name in ("resnet18", "resnet34") else 2048
        self.channels = (last // 8, last // 4, last // 2, last)

    def parts(self) -> dict[str, nn.Module]:
        """The stem and the four stages by name, in their order."""
        net = self.net
        stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
        return dict(zip(PARTS, (stem, net.layer1, net.layer2, net.layer3, net.layer4), strict=True))

    def cut(self, last: int) -> None:
        """Forget the stages after the `last`."""
        for number in range(last + 1, 5):
            setattr(self.net, f"layer{number}", nn.Identity())
