"""What several units ask of a whole classifier: a notebook's `predict`, judged by accuracy on new images."""

from collections.abc import Callable
from typing import Any

from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import metric
from course_lib.checks.spec import Case, Check, Inputs

Unseen = Callable[[int], Callable[[Generator], Inputs]]
Known = Callable[[], tuple[Tensor, Tensor]]


def experiment(
    what: str, unseen: Unseen, shown: Unseen, known: Known, low: float, high: float, points: float = 8
) -> Check:
    """The check of a unit's experiment: points rise from 0 at the accuracy `low` to all at `high`.

    Args:
        what: names the new images for the student.
        unseen: unseen(count) draws so many "images" that nobody has seen, with "_labels" [count] for the judge.
        shown: the same for the public check.
        known: all images of this kind that students have, and their classes.
    """
    case = Case(
        f"accuracy on {what}",
        "values",
        unseen(200),
        metric("accuracy", accuracy, low, high),
        truth=lambda inputs: None,
        draws=1,
        public=shown(48),
    )
    return Check("experiment", points, (case,), target="predict", seconds=60.0, profile="mini", known=known)


def accuracy(answer: Any, inputs: Inputs) -> float:
    """Share of images whose class is named right.

    Raises:
        TypeError: not one class for each image.
    """
    labels = inputs["_labels"]
    if not isinstance(answer, Tensor) or answer.numel() != len(labels):
        raise TypeError(f"expected a tensor of {len(labels)} classes, one for each image")
    return float((answer.reshape(-1) == labels).double().mean())
