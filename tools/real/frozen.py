"""A backbone that does not learn: with ImageNet's weights, or with random ones, for the same cells."""

import torch
from torch import nn

from course_lib import models
from course_lib.data import detection
from course_lib.data.sizes import scaled
from course_lib.models import backbone as build
from course_lib.models import trunk

IMAGES, LONGEST = 16, 320


def give(pretrained: bool) -> None:
    """From now on `backbone` and `Trunk` of this process give a frozen network; `pretrained=False`: a random one.

    To be called before a notebook's first cell, in its kernel.
    """

    def frozen(name: str | None = None, pretrained: bool = True, asked: bool = pretrained) -> models.Backbone:
        net = build(name, pretrained=pretrained and asked)
        if pretrained and not asked:
            settle(net)
        return net.requires_grad_(False)

    models.backbone = trunk.backbone = frozen
    trunk.Trunk.frozen = ("",)  # every name begins so


def settle(net: nn.Module) -> None:
    """Let the batch normalisation of a random network see some training images, so that its maps have a usual size."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all images
    net.train()
    with torch.no_grad():
        for scene in detection("train", IMAGES, LONGEST)[:IMAGES]:
            net(scaled(scene.image, 1.0)[None])
    net.eval()
