"""Unit 05's experiment: `predict`, asked for the class of each pixel of new street scenes."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import metric
from course_lib.checks.kit import scenes
from course_lib.checks.kit.styles import each_tensor
from course_lib.checks.spec import Case, Check, Inputs

PUBLIC = (("train", 400, 0), ("val", 100, 0), ("test", 100, 5000))  # the notebook's scenes: split, count, first one


def _asked(found: list) -> Inputs:
    """Scenes as a question, their masks for the judge."""
    return {"images": [one.image for one in found], "_labels": torch.stack([one.semantic for one in found])}


def narrow(function: Callable, images: list[Tensor]) -> Any:
    """predict(images), labels in 16 bits: with 64 the masks of all scenes are more than an answer may hold."""
    return each_tensor(copy(function(images)), _in_16_bits)


def _in_16_bits(labels: Tensor) -> Tensor:
    whole = not (labels.is_floating_point() or labels.dtype == torch.bool)
    return labels.long().clamp(-1, 2**15 - 1).short() if whole else labels


def known() -> tuple[list[Tensor], list[Tensor]]:
    """The scenes that the notebook uses, and their masks."""
    found = scenes.public(PUBLIC)
    return [one.image for one in found], [one.semantic for one in found]


def iou(answer: Any, inputs: Inputs) -> float:
    """Mean over the classes of intersection over union, over the pixels of all scenes together.

    Raises:
        TypeError: not one mask of whole numbers for each image, of its size.
    """
    masks = inputs["_labels"]
    whole = isinstance(answer, list | tuple | Tensor) and len(answer) == len(masks)
    if not whole or not all(_fits(one, mask) for one, mask in zip(answer, masks, strict=True)):
        raise TypeError(f"expected {len(masks)} masks of whole numbers, each of the size of its image")
    said = torch.stack([one.long() for one in answer])
    labels = masks.unique()
    pairs = [(said == label, masks == label) for label in labels]
    found = [(mine & theirs).sum() / (mine | theirs).sum() for mine, theirs in pairs]
    classes = len(torch.cat([labels, said.unique()]).unique())  # one that is only said counts with 0
    return float(torch.stack(found).sum() / classes)


def _fits(answer: Any, mask: Tensor) -> bool:
    whole = isinstance(answer, Tensor) and not (answer.is_floating_point() or answer.is_complex())
    return whole and answer.shape == mask.shape


_CASE = Case(
    "mean IoU on new scenes",
    "values",
    scenes.unseen(48, _asked),
    metric("mean IoU", iou, low=0.15, high=0.30),
    narrow,
    truth=lambda inputs: None,
    draws=1,
    public=scenes.shown(48, _asked),
)
CHECK = Check(
    "experiment",
    10,
    (_CASE,),
    target="predict",
    seconds=120.0,
    profile="mini",
    known=known,
    withholds=("segmentation",),
)
