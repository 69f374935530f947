"""Unit 04: a Faster R-CNN whose parts are simple stand-ins, so that `forward` alone is judged.

Every stand-in computes something from all that it is given. What is handed to the wrong one, or too late, changes the
answer; in which order an image's boxes come does not.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

STRIDE = 4
MOST = (5, 3, 4)  # proposals of the first image, the second, the third


class Backbone(nn.Module):
    """Every fourth pixel times a weight; counts its calls."""

    def __init__(self):
        super().__init__()
        self.weight, self.calls = nn.Parameter(torch.tensor([0.5, -1.0, 2.0])), 0

    def forward(self, images: Tensor) -> Tensor:
        """Features [n, 3, h / 4, w / 4]."""
        self.calls += 1
        return images[:, :, ::STRIDE, ::STRIDE] * self.weight[:, None, None]


class Head(nn.Module):
    """One anchor a cell: its logit is the first channel, its deltas are made of the others."""

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [n, cells] and deltas [n, cells, 4]."""
        first, second, third = features.flatten(2).unbind(dim=1)
        return first, torch.stack([second, third, second * third, third - second], dim=2)


class BoxHead(nn.Module):
    """Scores of three classes and deltas from each box and its image's features; counts the boxes."""

    def __init__(self):
        super().__init__()
        self.boxes = 0

    def forward(self, features: Tensor, boxes: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Scores [R, 3] and deltas [R, 3, 4]."""
        self.boxes += sum(map(len, boxes))
        seen = [image.mean() + each / 10 for image, each in zip(features, boxes, strict=True)]
        together = torch.cat(seen)  # [R, 4]
        return together[:, :3] - together[:, 1:], torch.stack([together, together * 2, together.flip(1)], dim=1)


def _anchors(features: Tensor) -> Tensor:
    cells = torch.arange(features[0, 0].numel(), dtype=features.dtype)
    return torch.stack([cells, cells / 2, cells + 4, cells / 2 + 3], dim=1)


def _proposals(objectness: Tensor, deltas: Tensor, anchors: Tensor, image_size: tuple[int, int]) -> list[Tensor]:
    moved = (anchors + deltas + objectness[..., None] / 10 + _shift(anchors, image_size)).detach()
    return [boxes[:most] for boxes, most in zip(moved, MOST, strict=False)]


def _shift(boxes: Tensor, image_size: tuple[int, int]) -> Tensor:
    """A hundredth of the image's size: tells height from width."""
    return boxes.new_tensor([image_size[1], image_size[0]] * 2) / 100


def _rpn_losses(objectness: Tensor, deltas: Tensor, anchors: Tensor, targets: list[dict]) -> dict[str, Tensor]:
    wanted = sum(target["boxes"].sum() for target in targets)
    return {"loss_objectness": objectness.square().mean(), "loss_rpn_box_reg": (deltas - anchors).mean() + wanted}


def _sample(proposals: list[Tensor], targets: list[dict]) -> tuple[list[Tensor], Tensor, Tensor]:
    """All boxes, those on the right first; the label tells their image's number of objects, 0 to 2."""
    ordered = [boxes[(-boxes[:, 0] - boxes[:, 2] / 7).argsort()] for boxes in proposals]
    labels = [torch.full((len(boxes),), len(target["labels"])) for boxes, target in zip(ordered, targets, strict=True)]
    return ordered, torch.cat(labels), torch.cat(ordered) / 3


def _box_losses(scores: Tensor, deltas: Tensor, labels: Tensor, goals: Tensor) -> dict[str, Tensor]:
    """Losses of as many boxes as there are scores and labels, even where these are not of the same boxes."""
    rows = torch.arange(min(len(labels), len(scores)))
    labels, goals = labels[rows], goals[rows]
    return {"loss_classifier": scores[rows, labels].sum(), "loss_box_reg": (deltas[rows, labels] - goals).abs().sum()}


def _detections(scores: Tensor, deltas: Tensor, proposals: Tensor, image_size: tuple[int, int]) -> dict[str, Tensor]:
    boxes = proposals + deltas[:, 1] + _shift(proposals, image_size)
    return {"boxes": boxes, "scores": scores[:, 1], "labels": scores.argmax(dim=1)}


def stubbed(detector: Callable, images: Tensor, training: bool) -> nn.Module:
    """A detector with these stand-ins, in training or evaluation mode."""
    model = detector(Backbone(), Head(), BoxHead(), STRIDE).to(images).train(training)
    for part in (_anchors, _proposals, _rpn_losses, _sample, _box_losses, _detections):
        setattr(model, part.__name__.removeprefix("_"), part)
    return model
