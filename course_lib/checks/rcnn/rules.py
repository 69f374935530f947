"""Unit 02: rules for answers that are judged, not compared: random batches, detections in scenes."""

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from course_lib.checks.spec import Inputs

POSITIVES, BACKGROUNDS = 32, 96


def valid_batches(answer: Any, inputs: Inputs) -> tuple[str, str] | None:
    """What is wrong with the batches of `draw_batches`: all symptoms, and the sentence on the first.

    Counts, membership and repetition are exact; the distribution over the seeds may be 6 standard deviations off.
    """
    ious, sizes = inputs["ious"], answer["sizes"]
    if sizes.shape != (inputs["seeds"] + 1, 2) or answer["times"].shape != (2, len(ious)):
        return "form", "Expected two tensors of positions for each call."
    positive = (ious >= 0.5).any(dim=1)
    wanted = [min(int(positive.sum()), POSITIVES), min(int((~positive).sum()), BACKGROUNDS)]
    symptoms = [*_counts(sizes, wanted), *_membership(answer, positive), *_chance(answer, positive, wanted)]
    return (" ".join(name for name, _ in symptoms), symptoms[0][1]) if symptoms else None


def _counts(sizes: Tensor, wanted: list[int]) -> Iterator[tuple[str, str]]:
    message = f"Expected {wanted[0]} positive and {wanted[1]} background proposals, got {sizes[0].tolist()}."
    if (sizes != sizes[0]).any():
        yield "counts-vary", message + " Your numbers change from draw to draw."
    elif sizes[0].tolist() != wanted:
        yield f"counts-{'more' if sizes[0].sum() > sum(wanted) else 'other'}", message


def _membership(answer: Any, positive: Tensor) -> Iterator[tuple[str, str]]:
    as_positive, as_background = answer["times"]
    if answer["outside"]:
        yield "outside", f"Expected positions from 0 to {len(positive) - 1}, got others."
    if as_positive[~positive].any():
        yield "background-as-positive", "Among your positives are proposals that reach 0.5 with no object."
    if as_background[positive].any():
        yield "positive-as-background", "Among your backgrounds are proposals that reach 0.5 with an object."
    if answer["repeats"]:
        yield "repeats", "A proposal comes twice in one draw."


def _chance(answer: Any, positive: Tensor, wanted: list[int]) -> Iterator[tuple[str, str]]:
    """Whether equal seeds repeat, and each proposal comes equally often."""
    if not answer["repeatable"]:
        yield "not-repeatable", "The same generator state gives another draw: use `rng` for all chance."
    draws = len(answer["sizes"]) - 1
    for kind, candidates in ((0, positive), (1, ~positive)):
        share = wanted[kind] / max(1, int(candidates.sum()))
        apart = (answer["times"][kind][candidates] - draws * share).abs()
        if 0 < share < 1 and apart.max() > 6 * (draws * share * (1 - share)) ** 0.5:
            name = ("positives", "backgrounds")[kind]
            yield f"uneven-{name}", f"Over {draws} seeds some {name} come far more often than others."


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
    predictions = [_detections(found) for found in answer]
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
