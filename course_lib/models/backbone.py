"""One call for every network that units build on."""

from collections.abc import Iterator
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.errors import SettingsError
from course_lib.models import weights
from course_lib.models.lite0 import Lite0
from course_lib.models.resnet import TorchvisionResNet
from course_lib.models.small import SmallResNet
from course_lib.settings import BACKBONES, settings


class Normalise(nn.Module):
    """Subtract each channel's mean and divide by its deviation."""

    def __init__(self, mean: tuple[float, ...], std: tuple[float, ...]):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def forward(self, x: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        return (x - self.mean) / self.std


class Backbone(nn.Module):
    """One call for every network: images in [0, 1] go in, maps or vectors come out; it normalises inside.

    Attributes:
        name: as in the settings. ``channels``, ``strides``: of the four stages.
        feature_dim: length of an embedding, the channels of the last stage. stride: of the last stage, in pixels.
    """

    def __init__(self, name: str, net: nn.Module, mean: tuple[float, ...], std: tuple[float, ...]):
        super().__init__()
        self.name, self.net = name, net.to(memory_format=torch.channels_last)  # a third faster on a CPU
        self.channels, self.strides = net.channels, net.strides
        self.feature_dim, self.stride = net.channels[-1], net.strides[-1]
        self.normalise = Normalise(mean, std)

    def parts(self) -> dict[str, nn.Module]:
        """What an image goes through, by name: "normalise", "stem", "stage1" … "stage4"; shared, not copied."""
        return {"normalise": self.normalise} | self.net.parts()

    def stages(self, x: Float[Tensor, "n 3 h w"]) -> Iterator[Float[Tensor, "n d i j"]]:
        """The maps of the four stages, finest first, one after the other."""
        for name, part in self.parts().items():
            x = part(x)
            if name.startswith("stage"):
                yield x

    def features(self, x: Float[Tensor, "n 3 h w"], stage: int = 4) -> Float[Tensor, "n d i j"]:
        """The map after stage 1, 2, 3 or 4; the last is what R-CNN calls pool5."""
        return next(islice(self.stages(x), stage - 1, None))

    def embed(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d"]:
        """One vector per image: the mean of the last map over its cells."""
        return self.features(x).mean(dim=(2, 3))

    def forward(self, x: Float[Tensor, "n 3 h w"]) -> Float[Tensor, "n d i j"]:
        """The last map, as `features`."""
        return self.features(x)


def backbone(name: str | None = None, pretrained: bool = True) -> Backbone:
    """The network that the settings name (``COURSE_BACKBONE``), or another one by name, in evaluation mode.

    Args:
        name: ``"small"``, trained by the course on Tinytown objects and shipped with it; ``"lite0"``, trained on
            ImageNet and installed with the course; or one of torchvision's ``"resnet18"`` to ``"resnet101"``, trained
            on ImageNet and downloaded at first use.
        pretrained: False gives random weights.

    Raises:
        SettingsError: for an unknown name.
        DataMissing: when weights are neither here nor downloadable; it says where they are sought.
    """
    name = name or settings().backbone
    if name == "small":
        net = Backbone(name, SmallResNet(), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
        if pretrained:
            net.net.load_state_dict(weights.shipped("smallresnet"))
    elif name == "lite0":
        net = Backbone(name, Lite0(), mean=(127 / 255,) * 3, std=(128 / 255,) * 3)
        if pretrained:
            tensors = weights.lite0().items()
            net.net.load_state_dict({key: value for key, value in tensors if not key.startswith("classifier.")})
    elif name in BACKBONES:
        net = Backbone(name, TorchvisionResNet(name), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
        if pretrained:
            net.net.net.load_state_dict(weights.downloaded(name), strict=False)
    else:
        raise SettingsError(
            "There is no backbone of this name.",
            expected=" or ".join(BACKBONES),
            got=repr(name),
            advice='backbone("small"), or set COURSE_BACKBONE=small',
        )
    return net.eval()
