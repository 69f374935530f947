"""Unit 02: probes, which run beside the student's code."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.draws import drawn

WHOLE = (torch.int8, torch.int16, torch.int32, torch.uint16, torch.uint32, torch.uint64)


class LinearScores:
    """A trained linear classifier with scikit-learn's manners, without its import."""

    def __init__(self, weight: Tensor, bias: float):
        self.coef_, self.intercept_ = weight.numpy()[None], np.array([bias])
        self.classes_ = np.array([0, 1])

    def decision_function(self, features: Any) -> np.ndarray:
        """One score a row; positive means class 1."""
        rows = np.asarray(features)
        if len(rows) == 0:
            raise ValueError("Found array with 0 sample(s) while a minimum of 1 is required.")
        return rows @ self.coef_[0] + self.intercept_[0]

    def predict(self, features: Any) -> np.ndarray:
        """Class 0 or 1 for each row."""
        return (self.decision_function(features) > 0).astype(int)


def mine(function: Callable, weight: Tensor, bias: float, features: Tensor) -> Any:
    """mine_hard_negatives(svm, features)."""
    return function(LinearScores(weight, bias), features)


def mine_again(function: Callable, weight: Tensor, bias: float, features: Tensor) -> Any:
    """How often each row is found when the rows come in reverse order: positions must follow their rows."""
    found = function(LinearScores(weight, bias), features.flip(0))
    return len(features) - 1 - torch.as_tensor(copy(found))


def draw_batches(function: Callable, ious: Tensor, seeds: int) -> dict[str, Any]:
    """What fine_tune_batch draws under many seeds; see `drawn`."""
    return drawn(lambda rng: function(ious, rng), len(ious), seeds)


def suppress_twice(function: Callable, boxes: Tensor, scores: Tensor, threshold: float) -> Any:
    """nms of what nms kept: everything stays, in order."""
    kept = torch.as_tensor(copy(function(boxes, scores, threshold)))
    if kept.dtype in WHOLE:  # of which PyTorch takes few as an index
        kept = kept.long()
    return function(boxes[kept], scores[kept], threshold)


def moved_and_scaled(function: Callable, proposals: Tensor, targets: Tensor) -> Any:
    """encode_boxes with both boxes moved and scaled alike."""
    return function(proposals * 3 + 7, targets * 3 + 7)


def brighter(function: Callable, image: Tensor, box: Tensor, size: int, context: int) -> Any:
    """warp_region of a brighter image."""
    return function(image + 0.5, box, size, context)


def rescored(function: Callable, scores: Tensor, matched: Tensor, objects: int, method: str) -> Any:
    """average_precision when all scores are squeezed without changing their order."""
    return function(torch.sigmoid(scores) / 10, matched, objects, method)
