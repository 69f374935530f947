"""How good are classes, detections and proposals: thin over torchmetrics (its AP) and torchvision (its IoU)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor, nn

from course_lib.hooks import evaluating

Detections = dict[str, Tensor]
"""Boxes f32 [k, 4] xyxy, scores f32 [k] and labels i64 [k] of one image; as a target: boxes and labels."""


@torch.no_grad()
def accuracy(model: nn.Module, images: Tensor, labels: Tensor, batch: int = 256) -> float:
    """Share of the images whose class has the highest of the model's logits, in 0 … 1.

    Args:
        model: gives [n, classes]; its modules are put in evaluation mode, and back into their own afterwards.
        images: as the model takes them, n > 0. labels: [n]; both on the model's device.
        batch: how many images at a time.
    """
    batches = zip(images.split(batch), labels.split(batch), strict=True)
    with evaluating(model):
        right = [(model(x).argmax(1) == y).sum() for x, y in batches]
    return float(sum(right)) / len(labels)


def cmc(
    queries: Float[Tensor, "q d"],
    gallery: Float[Tensor, "g d"],
    query_ids: Integer[Tensor, " q"],
    gallery_ids: Integer[Tensor, " g"],
    ranks: int = 10,
) -> Float[Tensor, " ranks"]:
    """The cumulative match characteristic of an identification, in 0 … 1.

    Args:
        queries, gallery: embeddings; the nearest is the one at the least Euclidean distance, of equals the first.
        query_ids, gallery_ids: who is on each of them.
        ranks: at most g.

    Returns:
        How often the right person is among the nearest 1, 2, … `ranks` of the gallery.
    """
    nearest = torch.cdist(queries, gallery).argsort(dim=1, stable=True)[:, :ranks]
    hits = gallery_ids[nearest] == query_ids[:, None]
    return hits.cumsum(dim=1).clamp(max=1).double().mean(dim=0)


@dataclass(frozen=True)
class MeanAP:
    """Mean average precision and its parts: ``per_class`` maps a class name to its AP in [0, 1].

    A class without a single object in the targets has AP NaN and does not enter the mean.
    """

    map: float
    per_class: dict[str, float]


def mean_average_precision(
    predictions: Sequence[Detections], targets: Sequence[Detections], classes: Sequence[str], iou: float = 0.5
) -> MeanAP:
    """COCO's average precision (101 recall points) at one IoU threshold, computed by torchmetrics.

    Args:
        predictions: one dict per image: boxes [k, 4], scores [k], labels [k] (positions in ``classes``).
        targets: one dict per image: boxes [n, 4], labels [n]; an optional ``difficult`` bool [n] marks objects
            that count neither as found nor as missed.
        classes: the names.
        iou: a detection is right when it overlaps an object of its class that much.

    Returns:
        The mean over the classes that occur in the targets, and the AP of each class.

    Raises:
        ValueError: when the two lists differ in length.
    """
    if len(predictions) != len(targets):
        raise ValueError(f"{len(predictions)} predictions for {len(targets)} targets: give one dict per image in both")
    per_class = dict.fromkeys(classes, float("nan"))
    present = {int(label) for target in targets for label in target["labels"]}
    if not present:
        return MeanAP(float("nan"), per_class)
    metric = _metric(iou)
    metric.update([_plain(p, "scores") for p in predictions], [_plain(t, "iscrowd") for t in targets])
    result = metric.compute()
    for label, value in zip(result["classes"].reshape(-1), result["map_per_class"].reshape(-1), strict=True):
        if int(label) in present and value >= 0:
            per_class[classes[int(label)]] = float(value)
    values = [value for value in per_class.values() if value == value]
    return MeanAP(sum(values) / len(values), per_class)


def _metric(iou: float):
    """Torchmetrics' detection AP at one threshold."""
    from torchmetrics.detection import MeanAveragePrecision

    metric = MeanAveragePrecision(iou_thresholds=[iou], class_metrics=True, backend="faster_coco_eval")
    metric.warn_on_many_detections = False
    return metric


def _plain(image: Detections, extra: str) -> Detections:
    """The dict that torchmetrics expects, on the CPU, with boxes [k, 4] even when there is none."""
    plain = {
        "boxes": image["boxes"].detach().cpu().float().reshape(-1, 4),
        "labels": image["labels"].detach().cpu().long().reshape(-1),
    }
    if extra == "scores":
        plain["scores"] = image["scores"].detach().cpu().float().reshape(-1)
    elif "difficult" in image:
        plain["iscrowd"] = image["difficult"].cpu().long().reshape(-1)
    return plain


def match_detections(
    predictions: Sequence[Detections], targets: Sequence[Detections], label: int, iou: float = 0.5
) -> tuple[Float[Tensor, " n"], Bool[Tensor, " n"], int]:
    """Which detections of one class are right, as the VOC development kit decides it.

    In descending score over all images: a detection is right when the object of its class that it overlaps most
    reaches ``iou`` and no better scored detection has taken that object.

    Returns:
        Scores in descending order, right or not for each, and the number of objects of the class.
    """
    from torchvision.ops import box_iou

    scores, matched, objects = [], [], 0
    for prediction, target in zip(predictions, targets, strict=True):
        mine, theirs = prediction["labels"] == label, target["labels"] == label
        order = prediction["scores"][mine].argsort(descending=True, stable=True)
        ious = box_iou(prediction["boxes"][mine][order], target["boxes"][theirs])
        scores.append(prediction["scores"][mine][order])
        matched.append(_first_takers(ious, iou))
        objects += int(theirs.sum())
    scores, matched = torch.cat([torch.zeros(0), *scores]), torch.cat([torch.zeros(0, dtype=torch.bool), *matched])
    order = scores.argsort(descending=True, stable=True)
    return scores[order], matched[order], objects


def _first_takers(ious: Float[Tensor, "n m"], threshold: float) -> Bool[Tensor, " n"]:
    """For detections in descending score: does each reach its best object, and is it the first to do so?"""
    right, taken = torch.zeros(len(ious), dtype=torch.bool), set()
    if ious.shape[1] == 0:
        return right
    for row, (overlap, column) in enumerate(zip(*ious.max(dim=1), strict=True)):
        right[row] = bool(overlap >= threshold) and int(column) not in taken
        if right[row]:
            taken.add(int(column))
    return right


def false_positives_per_image(
    predictions: Sequence[Detections],
    targets: Sequence[Detections],
    classes: Sequence[str],
    recall: float,
    iou: float = 0.5,
) -> float:
    """False alarms an image when one threshold, for all classes, is lowered until ``recall`` of all objects are found.

    Returns:
        The number of wrong detections above that threshold, divided by the number of images. Infinity when that
        recall is never reached, NaN without images or objects.
    """
    parts = [match_detections(predictions, targets, label, iou) for label in range(len(classes))]
    objects = sum(part[2] for part in parts)
    if not objects:
        return float("nan")
    order = torch.cat([part[0] for part in parts]).argsort(descending=True, stable=True)
    matched = torch.cat([part[1] for part in parts])[order]
    enough = matched.cumsum(0) >= recall * objects
    if not bool(enough.any()):
        return float("inf")
    return int((~matched[: int(enough.nonzero()[0])]).sum()) / len(targets)


def recall(proposals: Sequence[Tensor], targets: Sequence[Detections], iou: float = 0.5) -> float:
    """Fraction of all objects that some proposal of their image overlaps by at least ``iou``; NaN without objects."""
    best = _best_overlaps(proposals, targets)
    return float((best >= iou).float().mean())


def average_best_overlap(proposals: Sequence[Tensor], targets: Sequence[Detections]) -> float:
    """Mean over all objects of the highest IoU with a proposal of their image (Uijlings et al., IJCV 2013, eq. 3)."""
    return float(_best_overlaps(proposals, targets).mean())


def _best_overlaps(proposals: Sequence[Tensor], targets: Sequence[Detections]) -> Float[Tensor, " objects"]:
    """The highest IoU of each object with a proposal of its image; 0 where an image has no proposal."""
    from torchvision.ops import box_iou

    best = [torch.zeros(0)]
    for boxes, target in zip(proposals, targets, strict=True):
        ious = box_iou(boxes.reshape(-1, 4).float(), target["boxes"].reshape(-1, 4).float())  # [n, m]
        best.append(torch.cat([ious, torch.zeros(1, ious.shape[1])]).amax(dim=0))
    return torch.cat(best)


def near_border(mask: Integer[Tensor, "h w"], width: int = 2, void: int = 255) -> Bool[Tensor, "h w"]:
    """The pixels of a true mask that lie near a border between two classes: a trimap (Kohli, Ladický and Torr, IJCV
    2009).

    A pixel is near when a square of 2 * width + 1 pixels around it, as far as it lies in the image, holds more than one
    class. Void is no class: where it begins is no border, and its own pixels are never near.
    """
    whole, side = mask[None].float(), 2 * width + 1
    known = mask != void
    highest = nn.functional.max_pool2d(whole.masked_fill(~known, -torch.inf), side, 1, width)
    lowest = -nn.functional.max_pool2d((-whole).masked_fill(~known, -torch.inf), side, 1, width)
    return (highest > lowest)[0] & known
