"""The course's small residual backbone, and torchvision's ResNets behind the same call."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from course_lib.errors import DataBroken, DataMissing, SettingsError
from course_lib.settings import BACKBONES, settings

WEIGHTS = Path(__file__).parent / "weights"
PARTS = ("stem", "stage1", "stage2", "stage3", "stage4")


class SmallResNet(nn.Module):
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

    def parts(self) -> dict[str, nn.Module]:
        """The stem and the four stages by name, in their order."""
        return {name: getattr(self, name) for name in PARTS}

    def cut(self, last: int) -> None:
        """Forget the stages after the `last`."""
        for number in range(last + 1, 5):
            setattr(self, f"stage{number}", nn.Identity())


class TorchvisionResNet(nn.Module):
    """A ResNet of torchvision cut after its last stage, with the attributes of `SmallResNet`."""

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


def backbone(name: str | None = None, pretrained: bool = True) -> Backbone:
    """The network that the settings name (``COURSE_BACKBONE``), or another one by name, in evaluation mode.

    Args:
        name: ``"small"``, trained by the course on Tinytown objects and shipped with it, or one of torchvision's
            ``"resnet18"`` to ``"resnet101"``, trained on ImageNet and downloaded at first use.
        pretrained: False gives random weights.

    Raises:
        SettingsError: for an unknown name.
        DataMissing: when weights are neither here nor downloadable; it says where they are sought.
    """
    name = name or settings().backbone
    if name == "small":
        net = Backbone(name, SmallResNet(), mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25))
        if pretrained:
            net.net.load_state_dict(_shipped("smallresnet"))
    elif name in BACKBONES:
        net = Backbone(name, TorchvisionResNet(name), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
        if pretrained:
            net.net.net.load_state_dict(_downloaded(name), strict=False)
    else:
        raise SettingsError(
            "There is no backbone of this name.",
            expected=" or ".join(BACKBONES),
            got=repr(name),
            advice='backbone("small"), or set COURSE_BACKBONE=small',
        )
    return net.eval()


def recipe(name: str = "smallresnet") -> dict:
    """How shipped weights were made: command, data seed, accuracy on held-out objects, seconds."""
    return json.loads((WEIGHTS / f"{name}.json").read_text())


def load_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file, on the CPU; DataBroken names the file when it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise DataBroken(
            f"{path.name} cannot be read.",
            expected=f"a safetensors file at {path}",
            got=str(error),
            advice="delete the file, then run the same again to make a new one",
        ) from error


def _shipped(name: str) -> dict[str, Tensor]:
    """Weights that came with the course."""
    path = WEIGHTS / f"{name}.safetensors"
    if not path.exists():
        raise DataMissing(
            "The course's own weights are missing.",
            expected=str(path),
            got="no such file",
            advice="install the course again, or train them: python tools/train_weights.py",
        )
    return load_tensors(path)


def _downloaded(name: str) -> dict[str, Tensor]:
    """ImageNet weights of a torchvision ResNet, from torch's cache or its server, checked by their hash."""
    from torchvision.models import get_model_weights

    weights = get_model_weights(name).DEFAULT
    try:
        state = weights.get_state_dict(progress=True, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        raise DataMissing(
            f"The ImageNet weights of {name} are not on this machine and could not be fetched.",
            expected=f"{Path(weights.url).name} in {folder}",
            got=str(error),
            advice=f"connect once, or copy {weights.url} into that folder; or set COURSE_BACKBONE=small",
        ) from error
    return {key: value for key, value in state.items() if not key.startswith("fc.")}
