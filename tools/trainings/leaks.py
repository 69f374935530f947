"""Test sets with copies of training pictures: what is reported, what is true, and who finds the copies."""

from collections.abc import Callable

import imagehash
import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from autograder import reference
from course_lib import training
from course_lib.data import tinytown
from course_lib.data.copies import altered, mirror
from course_lib.data.tinytown.draws import Draw
from course_lib.models import backbone

RECIPE = (
    "A network like the course's learns 12 families from 400 pictures of Tinytown, from random weights, in 400 "
    "steps of 40, mirrored, cut and relit anew in each. Of its 400 test pictures 0, 10, 25 and 50 % are copies of "
    "training pictures, with one to four changes each: cut to 80 to 95 % of each side, mirrored, light times 0.8 "
    "to 1.2, JPEG of quality 30 to 95. Every method compares with the training pictures and, but for the one that "
    "is said not to, with their mirror images; its threshold has the highest F1 on a val set of the same size, "
    "with a quarter of copies. The features were chosen on fewer pictures of val (120 for training, 64 clean "
    "ones, 32 copies). Precision and recall are those at 25 %. Scenes are whole street scenes of 128 pixels, with "
    "a threshold from other scenes. Seconds are those of one core."
)
SEEDS = (0, 1, 2)
SHARES = (0.0, 0.1, 0.25, 0.5)
MEASURED = 2  # the place of 25 %
COUNT, STEPS, BATCH, RATE = 400, 400, 40, 2e-3
VAL = (400, 300, 100)  # training pictures, clean ones and copies, for thresholds
FEW = (120, 64, 32)  # for the choice of features
SCENES = 160  # of each kind
own = reference.load("09_services")

Likeness = Callable[[Tensor, Tensor], Tensor]
"""The highest similarity of each test picture with a training picture, of uint8 images."""


def run(seed: int) -> dict[str, float | list[float]]:
    """Accuracies with each share, and how well each method finds the copies, by kind of change as well."""
    thresholds = {name: threshold(likeness, seed) for name, likeness in METHODS.items()}
    found = {f"{name}: val F1": best for name, (_, best) in thresholds.items()}
    found |= {f"{name}: val F1": val_f1(seed, likeness) for name, likeness in OTHERS.items()}
    return found | flattered(seed, thresholds["audit"][0]) | hunted(seed, thresholds) | in_scenes(seed)


def objects(split: str, seed: int, count: int) -> tuple[Tensor, Tensor]:
    """So many pictures of a split and their classes, others for each seed."""
    images, labels = tinytown.objects("target", split, count * len(SEEDS))
    rows = slice(seed * count, (seed + 1) * count)
    return images[rows], labels[rows].long()


def copied(images: Tensor, count: int, name: str) -> tuple[Tensor, Tensor, list]:
    """Copies of so many of the pictures, where they come from, and what was changed."""
    rows = Draw(name).shuffled(range(len(images)))[:count]
    made = [altered(images[row], Draw(f"{name}/{row}")) for row in rows]
    return torch.stack([image for image, _ in made]), torch.tensor(rows), [change for _, change in made]


def small(stage: int, grid: int, views: Callable = own["views"]) -> Likeness:
    """Similarities by cells of one stage of the course's network."""
    return _by_cells("small", stage, grid, views, size=0)


def _by_cells(name: str, stage: int, grid: int, views: Callable, size: int) -> Likeness:
    @torch.no_grad()
    def features(images: Tensor) -> Tensor:
        parts = []
        for part in images.split(64):
            pixels = F.interpolate(part / 255, size=size, mode="bilinear") if size else part / 255
            parts.append(F.adaptive_avg_pool2d(networks[name].features(pixels, stage), grid).flatten(1))
        return torch.cat(parts)

    def likeness(train: Tensor, images: Tensor) -> Tensor:
        middle = features(train).mean(dim=0)
        known, asked = (F.normalize(features(part) - middle, dim=1) for part in (views(train), images))
        return (asked @ known.T).amax(dim=1)

    return likeness


def hashed(kind: Callable, views: Callable) -> Likeness:
    """The fewest bits that differ between two of imagehash's hashes of 64 bits, with a minus."""

    def bits(images: Tensor) -> np.ndarray:
        pictures = (Image.fromarray(image.permute(1, 2, 0).contiguous().numpy()) for image in images)
        return np.array([kind(picture).hash.ravel() for picture in pictures])

    def likeness(train: Tensor, images: Tensor) -> Tensor:
        known, asked = bits(views(train)), bits(images)
        return -torch.from_numpy(np.array([(row != known).sum(axis=1).min() for row in asked])).float()

    return likeness


def mirrored_too(images: Tensor) -> Tensor:
    """Two views of each picture."""
    return torch.cat([images, mirror(images)])


def not_mirrored(images: Tensor) -> Tensor:
    """The half of the twelve views that is not mirrored."""
    return own["views"](images)[: 6 * len(images)]


networks = {name: backbone(name) for name in ("small", "lite0")}
METHODS = {
    "audit": lambda train, images: own["nearest"](train, images),
    "not mirrored": lambda train, images: own["nearest"](train, images, not_mirrored),
    "without crops": lambda train, images: own["nearest"](train, images, mirrored_too),
    "phash": hashed(imagehash.phash, mirrored_too),
    "dhash": hashed(imagehash.dhash, mirrored_too),
    "phash, twelve views": hashed(imagehash.phash, own["views"]),
}
OTHERS = {f"stage {stage}, {grid} cells": small(stage, grid) for stage in (1, 2, 3, 4) for grid in (1, 4, 6)}
OTHERS["lite0, stage 3, 3 cells"] = _by_cells("lite0", 3, 3, mirrored_too, size=128)


def best_of(similarities: Tensor, truth: Tensor) -> tuple[float, float]:
    """The threshold with the highest F1, halfway to the next lower similarity, and this F1."""
    values = similarities.unique()
    scores = torch.tensor([own["found"]((similarities >= one).nonzero()[:, 0], truth)[2] for one in values.tolist()])
    best = int(scores.argmax())
    return float((values[best] + values[max(0, best - 1)]) / 2), float(scores[best])


def on_val(seed: int, likeness: Likeness, sizes: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """The similarities of val's clean pictures and copies, and which are copies."""
    known, clean, leaked = sizes
    images, _ = objects("val", seed, VAL[0] + VAL[1])
    train = images[:known]
    test = torch.cat([images[known : known + clean], copied(train, leaked, f"leaks/val/{seed}")[0]])
    return likeness(train, test), torch.arange(len(test)) >= clean


def threshold(likeness: Likeness, seed: int) -> tuple[float, float]:
    """What val says is best, and how good it is there."""
    return best_of(*on_val(seed, likeness, VAL))


def val_f1(seed: int, likeness: Likeness) -> float:
    """How good features are at their best threshold."""
    return best_of(*on_val(seed, likeness, FEW))[1]


def classifier(seed: int) -> nn.Module:
    """A network of random weights, trained until it knows its pictures."""
    images, labels = objects("train", seed, COUNT)
    torch.manual_seed(seed)
    body = backbone("small", pretrained=False).train()
    model = nn.Sequential(Pooled(body), nn.Linear(body.feature_dim, len(tinytown.TARGET_FAMILIES)))
    rng = torch.Generator().manual_seed(seed)
    rows = torch.cat([torch.randperm(COUNT, generator=rng) for _ in range(STEPS * BATCH // COUNT)]).split(BATCH)

    def batch(step: int) -> tuple[Tensor, Tensor]:
        own_rng = torch.Generator().manual_seed(STEPS * seed + step)
        return augmented(images[rows[step]] / 255, own_rng), labels[rows[step]]

    training.fit(model, batch, loss, STEPS, RATE, progress=False)
    return model.eval()


def augmented(images: Tensor, rng: torch.Generator) -> Tensor:
    """The pictures as trainings usually see them: half of them mirrored, cut to 80 % or more, light ± 20 %."""
    count = len(images)
    mirrored = torch.rand(count, generator=rng) < 0.5
    side = 0.8 + 0.2 * torch.rand(count, generator=rng)
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0], maps[:, 1, 1] = side.where(~mirrored, -side), side
    maps[:, :, 2] = (1 - side)[:, None] * (2 * torch.rand(count, 2, generator=rng) - 1)
    grid = F.affine_grid(maps, list(images.shape), align_corners=False)
    light = 0.8 + 0.4 * torch.rand(count, 1, 1, 1, generator=rng)
    return (F.grid_sample(images, grid, align_corners=False) * light).clamp(max=1)


class Pooled(nn.Module):
    """A network's embeddings."""

    def __init__(self, body: nn.Module):
        super().__init__()
        self.body = body

    def forward(self, images: Tensor) -> Tensor:
        return self.body.embed(images)


def loss(model: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy."""
    return F.cross_entropy(model(images), labels)


@torch.no_grad()
def classes(model: nn.Module, images: Tensor) -> Tensor:
    """What it answers."""
    return torch.cat([model(part / 255).argmax(dim=1) for part in images.split(100)])


def test_set(seed: int, share: float) -> tuple[Tensor, Tensor, Tensor, list]:
    """Test pictures, their classes, which are copies of training pictures, and what was changed in those."""
    train, known = objects("train", seed, COUNT)
    clean, labels = objects("test", seed, COUNT)
    count = round(share * COUNT)
    if not count:
        return clean, labels, torch.zeros(COUNT, dtype=torch.bool), []
    copies, rows, changes = copied(train, count, f"leaks/test/{seed}")
    images = torch.cat([clean[: COUNT - count], copies])
    return images, torch.cat([labels[: COUNT - count], known[rows]]), torch.arange(COUNT) >= COUNT - count, changes


def flattered(seed: int, limit: float) -> dict[str, float | list[float]]:
    """For each share the accuracy that is reported, that after the audit, and that of the clean pictures."""
    model, (train, known) = classifier(seed), objects("train", seed, COUNT)
    found: dict[str, list[float]] = {f"{name}: accuracy": [] for name in ("reported", "after the audit", "true")}
    alarms = 0
    for share in SHARES:
        images, labels, truth, _ = test_set(seed, share)
        answers, audit = classes(model, images), own["audit"](train, images, limit)
        alarms = len(audit.leaked) if not share else alarms
        lists = torch.zeros(0, dtype=torch.int64), audit.leaked, truth.nonzero()[:, 0]
        for name, leaked in zip(found, lists, strict=True):
            found[name].append(own["clean_accuracy"](answers, labels, leaked))
    learned = (classes(model, train) == known).double().mean().item()
    return found | {"training accuracy": learned, "false alarms of 400 clean": alarms}


def hunted(seed: int, thresholds: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Precision, recall and F1 of each method with a quarter leaked, and the audit's recall by kind of change."""
    train, _ = objects("train", seed, COUNT)
    images, _, truth, changes = test_set(seed, SHARES[MEASURED])
    result = {}
    for name, likeness in METHODS.items():
        called = likeness(train, images) >= thresholds[name][0]
        result |= _named(name, called, truth)
        if name == "audit":
            hits = called[truth].tolist()
            for kind, holds in KINDS.items():
                some = [hit for hit, change in zip(hits, changes, strict=True) if holds(change)]
                result[f"audit: recall, {kind}"] = sum(some) / len(some)
    return result


KINDS = {
    "cut": lambda change: change.side is not None,
    "cut below 85 %": lambda change: change.side is not None and change.side < 0.85,
    "mirrored": lambda change: change.mirrored,
    "relit": lambda change: change.factor is not None,
    "JPEG below 50": lambda change: change.quality is not None and change.quality < 50,
}


def _named(name: str, called: Tensor, truth: Tensor) -> dict[str, float]:
    parts = own["found"](called.nonzero()[:, 0], truth)
    return {f"{name}: {what}": value for what, value in zip(("precision", "recall", "F1"), parts, strict=True)}


def in_scenes(seed: int) -> dict[str, float]:
    """The audit among whole street scenes, with a threshold from others of val."""

    def some(split: str) -> tuple[Tensor, Tensor]:
        scenes = tinytown.scenes(split, 2 * SCENES, start=2 * SCENES * seed)
        images = torch.from_numpy(np.array([scene.image for scene in scenes]))
        copies = copied(images[:SCENES], SCENES // 3, f"leaks/scenes/{split}/{seed}")[0]
        test = torch.cat([images[SCENES:], copies])
        return own["nearest"](images[:SCENES], test), torch.arange(len(test)) >= SCENES

    limit, _ = best_of(*some("val"))
    similarities, truth = some("test")
    return _named("scenes", similarities >= limit, truth)
