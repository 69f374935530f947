"""Unit 01: how fast a new head and the layers below it may learn, as the lecture tries it with one seed."""

from copy import deepcopy

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_lib.data import tinytown
from course_lib.metrics import accuracy
from course_lib.models import backbone

RECIPE = (
    "Fine-tuning the small backbone on 12 new classes with six training images per class: 20 steps of 12 with AdamW, "
    "at four rates in four ways. 240 images of `val` say which rate is best, 240 of `test` judge."
)
SEEDS = (0, 1, 2)
RATES, STEPS, BATCH = (3e-4, 3e-3, 3e-2, 3e-1), 20, 12
WAYS = {  # how many times the head's rate the backbone has, and whether batch norm is in train mode
    "only the head": (0, False),
    "backbone at a hundredth": (0.01, False),
    "all at one rate, batch norm in eval mode": (1, False),
    "all at one rate, batch norm in train mode": (1, True),
}
IMAGES, KINDS = tinytown.objects("target", "train", 72)
JUDGED = {"": tinytown.objects("target", "val", 240), ", test": tinytown.objects("target", "test", 240)}
NET = backbone("small").requires_grad_(False)


def tuned(rate: float, slower: float, train: bool, seed: int) -> nn.Module:
    """The network after the steps: its new head learns at `rate`, the backbone at `slower` times that."""
    torch.manual_seed(seed)
    trunk = deepcopy(NET).requires_grad_(slower > 0)
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(NET.feature_dim, 12))
    model, groups = nn.Sequential(trunk, *head).train(train), [{"params": head.parameters()}]
    if slower > 0:
        groups.append({"params": trunk.parameters(), "lr": slower * rate})
    optimizer = torch.optim.AdamW(groups, lr=rate)
    for _ in range(STEPS):
        few = torch.randperm(len(IMAGES))[:BATCH]
        optimizer.zero_grad()
        cross_entropy(model(IMAGES[few] / 255), KINDS[few]).backward()
        optimizer.step()
    return model


def run(seed: int) -> dict[str, list]:
    """The share of images that each way names correctly at each rate, on `val` and on `test`."""
    columns: dict[str, list] = {"rates": list(RATES)}
    for way, how in WAYS.items():
        models = [tuned(rate, *how, seed) for rate in RATES]
        for split, (images, kinds) in JUDGED.items():
            columns[way + split] = [accuracy(model, images / 255, kinds, batch=48) for model in models]
    return columns
