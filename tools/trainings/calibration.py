"""Unit 09: a last layer that has learned its images by heart is too sure; one temperature mends much of it."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from autograder import reference
from course_lib.data import tinytown
from course_lib.models import backbone

RECIPE = (
    "12 new classes with 10 training images each, which the seed draws of 20: a last layer on the small backbone, 500 "
    "steps on all images with Adam, and the whole network fine-tuned, 240 steps of 24 with AdamW. 480 images of `val` "
    "choose the rates by accuracy, 0.01 or 0.03 and 0.001 or 0.003, and the temperatures; 960 of `test` judge, 15 bins."
)
SEEDS = (0, 1, 2)
PER_CLASS, CLASSES, BINS, THRESHOLD = 10, 12, 15, 0.8
POOL = tinytown.objects("target", "train", 20 * CLASSES)
VAL, TEST = tinytown.objects("target", "val", 480), tinytown.objects("target", "test", 960)
OURS = reference.load("09_services")
NET = backbone("small").requires_grad_(False)


def chosen(seed: int) -> tuple[Tensor, Tensor]:
    """The training images of a seed and their classes."""
    rng, (images, kinds) = torch.Generator().manual_seed(seed), POOL
    rows = torch.cat([k + CLASSES * torch.randperm(20, generator=rng)[:PER_CLASS] for k in range(CLASSES)])
    return images[rows] / 255, kinds[rows]


def head() -> nn.Sequential:
    """A new last layer on maps of the backbone."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(NET.feature_dim, CLASSES))


def last_layer(rate: float, seed: int) -> nn.Module:
    """The backbone as it is, and a last layer that has learned the seed's images by heart."""
    torch.manual_seed(seed)
    images, kinds = chosen(seed)
    maps, layer = NET(images), head()
    optimizer = torch.optim.Adam(layer.parameters(), lr=rate)
    for _ in range(500):
        optimizer.zero_grad()
        cross_entropy(layer(maps), kinds).backward()
        optimizer.step()
    return nn.Sequential(NET, layer).eval()


def fine_tuned(rate: float, seed: int) -> nn.Module:
    """All layers trained on the seed's images."""
    torch.manual_seed(seed)
    images, kinds = chosen(seed)
    model = nn.Sequential(deepcopy(NET), head()).requires_grad_().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    for _ in range(240):
        few = torch.randperm(len(images))[:24]
        optimizer.zero_grad()
        cross_entropy(model(images[few]), kinds[few]).backward()
        optimizer.step()
    return model.eval()


WAYS = {"last layer": (last_layer, (1e-2, 3e-2)), "fine-tuned": (fine_tuned, (1e-3, 3e-3))}


@torch.no_grad()
def logits_of(model: nn.Module, images: Tensor) -> Tensor:
    """What a network says of uint8 images."""
    return torch.cat([model(part / 255) for part in images.split(96)])


def share_right(logits: Tensor, labels: Tensor) -> float:
    """The accuracy."""
    return (logits.argmax(dim=1) == labels).double().mean().item()


def run(seed: int) -> dict:
    """Each network with the rate that is best on `val`: its temperature, and what that changes on `test`."""
    measured = {}
    for way, (train, rates) in WAYS.items():
        models = [train(rate, seed) for rate in rates]
        known = [logits_of(model, VAL[0]) for model in models]
        best = max(range(len(rates)), key=lambda i: share_right(known[i], VAL[1]))
        temperature = OURS["fit_temperature"](known[best], VAL[1])
        logits = logits_of(models[best], TEST[0])
        found = {"rate": rates[best], "temperature": temperature, "accuracy": share_right(logits, TEST[1])}
        images, kinds = chosen(seed)
        found["accuracy, training"] = share_right(logits_of(models[best], 255 * images), kinds)
        found |= {f"{what}, before": value for what, value in confidence(logits, TEST[1]).items()}
        found |= {f"{what}, after": value for what, value in confidence(logits / temperature, TEST[1]).items()}
        measured |= {f"{way}: {what}": value for what, value in found.items()}
    return measured


def confidence(logits: Tensor, labels: Tensor) -> dict:
    """Errors of the confidence, what a threshold lets through, and of ten bins: images, mean confidence, accuracy."""
    sure, answer = logits.softmax(dim=1).max(dim=1)
    right, said = (answer == labels).double(), sure >= THRESHOLD
    bins = [(sure > b / 10) & (sure <= (b + 1) / 10) for b in range(10)]
    return {
        "ECE": OURS["expected_calibration_error"](logits.softmax(dim=1), labels, BINS).item(),
        "NLL": cross_entropy(logits, labels).item(),
        "mean confidence": sure.double().mean().item(),
        "answered at 0.8": said.double().mean().item(),
        "right of those": right[said].mean().item(),
        "bins: images": [int(inside.sum()) for inside in bins],
        "bins: confidence": [sure[inside].double().sum().item() / max(1, int(inside.sum())) for inside in bins],
        "bins: accuracy": [right[inside].sum().item() / max(1, int(inside.sum())) for inside in bins],
    }
