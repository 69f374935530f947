"""What several units ask of a whole detector: a notebook's `predict`, judged by mAP on new street scenes."""

from collections.abc import Callable
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import metric
from course_lib.checks.kit import scenes
from course_lib.checks.spec import Case, Check, Inputs
from course_lib.data.proposals import remember

MOST = 100  # boxes of one class in one image that are looked at, as in COCO: those with the highest scores
PUBLIC = (("train", 200, 0), ("test", 100, 5000))  # the notebooks' scenes: split, count, first one


def experiment(low: float, high: float, points: float = 10) -> Check:
    """The check of a unit's experiment: points rise from 0 at the mAP `low` to all at `high`."""
    case = Case(
        "mAP at IoU 0.5 on new scenes",
        "values",
        unseen(48),
        metric("mAP", map50, low, high),
        detect,
        truth=lambda inputs: None,
        draws=1,
        public=searched(8),
    )
    return Check("experiment", points, (case,), target="predict", seconds=120.0, profile="mini", known=known_scenes)


def detect(function: Callable, images: list[Tensor], searched: list[Tensor]) -> Any:
    """predict(images); `searched` may hold the boxes that selective search finds in them, which saves the search."""
    for image, boxes in zip(images, searched, strict=False):
        remember(image, boxes)
    return function(images)


def unseen(count: int) -> Callable[[Generator], Inputs]:
    """Street scenes that nobody has seen; `_targets` holds their objects for the judge."""
    draw = scenes.unseen(count, _asked)

    def make(rng: Generator) -> Inputs:
        import faster_coco_eval  # noqa: F401 (the judge works in forks, which would each import it again)
        import torchmetrics.detection  # noqa: F401

        return draw(rng)

    return make


def shown(count: int) -> Callable[[Generator], Inputs]:
    """Street scenes for the public check, which everybody may see."""
    return scenes.shown(count, _asked)


def searched(count: int):
    """The same with the boxes that selective search finds in them: searching takes half of a detector's time."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data.proposals import proposals

        drawn = shown(count)(rng)
        return drawn | {"searched": [proposals(image, seed=0).short() for image in drawn["images"]]}

    return make


def _asked(found: list) -> Inputs:
    """Scenes as a question, their objects for the judge."""
    targets = [{"boxes": one.boxes, "labels": one.labels} for one in found]
    return {"images": [one.image for one in found], "searched": [], "_targets": targets}


def known_scenes() -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    """The scenes that the notebooks use, and a perfect answer for each."""
    found = scenes.public(PUBLIC)
    answers = [{"boxes": s.boxes, "labels": s.labels, "scores": torch.ones(len(s.labels))} for s in found]
    return [one.image for one in found], answers


def map50(answer: Any, inputs: Inputs) -> float:
    """mAP at IoU 0.5 of detections in Tinytown scenes.

    Raises:
        TypeError, ValueError: not one dict(boxes, scores, labels) of tensors for each image.
    """
    from course_lib.data import tinytown
    from course_lib.metrics import mean_average_precision

    targets = inputs["_targets"]
    if not isinstance(answer, list) or len(answer) != len(targets):
        raise TypeError(f"expected a list of {len(targets)} dicts, one for each image")
    classes = torch.cat([target["labels"] for target in targets]).unique()
    predictions = [_counted(_detections(found), classes) for found in answer]
    return float(mean_average_precision(predictions, targets, tinytown.CLASSES, iou=0.5).map)


def _detections(found: Any) -> dict[str, Tensor]:
    if not isinstance(found, dict) or not all(isinstance(found.get(k), Tensor) for k in ("boxes", "scores", "labels")):
        raise TypeError("expected tensors under the keys boxes, scores and labels")
    count = len(found["scores"].reshape(-1))
    return {
        "boxes": found["boxes"].float().reshape(count, 4).nan_to_num(0),
        "scores": found["scores"].float().reshape(count).nan_to_num(0),
        "labels": found["labels"].long().reshape(count),
    }


def _counted(found: dict[str, Tensor], classes: Tensor) -> dict[str, Tensor]:
    """The detections that count: of classes that the question holds, the `MOST` surest of each."""
    kept = []
    for label in classes:
        rows = (found["labels"] == label).nonzero()[:, 0]
        kept.append(rows[found["scores"][rows].argsort(descending=True, stable=True)[:MOST]])
    rows = torch.cat([torch.zeros(0, dtype=torch.int64), *kept])
    return {name: values[rows] for name, values in found.items()}
