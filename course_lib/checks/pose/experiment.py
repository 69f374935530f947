"""Unit 06's experiment: `predict`, asked for the joints of persons in new portraits."""

from collections.abc import Iterator
from itertools import count as numbers
from itertools import islice
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import metric
from course_lib.checks.spec import Case, Check, Inputs
from course_lib.checks.unseen import streams
from course_lib.data.bodies import LEEDS
from course_lib.data.pose import Person, crops, sitter

PUBLIC = {"train": 1000, "val": 500, "test": 1000}  # the notebook's persons
SIDE = 64  # of a picture
ALPHA = 0.2


def unseen(count: int):
    """Persons whom nobody has seen; `_labels` holds their joints for the judge, NaN where one is not annotated."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import tinytown

        drawn = (tinytown.portrait(streams(rng, 1)[0], "test", SIDE) for _ in numbers())
        return _asked(count, drawn)

    return make


def shown(count: int):
    """Persons for the public check, whom everybody may see."""

    def make(rng: Generator) -> Inputs:
        from course_lib.data import tinytown
        from course_lib.data.tinytown.draws import Draw

        names = (f"portrait/test/{int(rng.integers(10**6, 2**31))}" for _ in numbers())
        return _asked(count, (tinytown.portrait(Draw(name), "test", SIDE) for name in names))

    return make


def _asked(count: int, drawn: Iterator) -> Inputs:
    """The first persons that can be measured: whose torso is annotated."""
    some = list(islice((one for one in map(sitter, drawn) if _torso(one)), count))
    return {"images": torch.stack([one.image for one in some]), "_labels": torch.stack([_known(one) for one in some])}


def _torso(person: Person) -> bool:
    return bool(LEEDS.reference(person.joints[None], person.annotated[None]).isfinite())


def _known(person: Person) -> Tensor:
    return person.joints.masked_fill(~person.annotated[:, None], torch.nan)


def known() -> tuple[list[Tensor], list[Tensor]]:
    """The persons of the notebook, and their joints."""
    some = [one for split, count in PUBLIC.items() for one in crops(split, count, SIDE)]
    return [one.image for one in some], [_known(one) for one in some]


def correct(answer: Any, inputs: Inputs) -> float:
    """Mean over the joints of PCK@0.2; a place that is not finite is wrong.

    Raises:
        TypeError: not one place for each joint of each person.
    """
    joints = inputs["_labels"]
    if not isinstance(answer, Tensor) or not answer.is_floating_point() or answer.shape != joints.shape:
        raise TypeError(f"expected places as floating-point numbers, {list(joints.shape)}")
    annotated = joints.isfinite().all(dim=2)
    limit = ALPHA * LEEDS.reference(joints, annotated)
    counted = annotated & limit.isfinite()[:, None]
    right = ((answer - joints).norm(dim=2) <= limit[:, None]) & counted
    return float((right.sum(dim=0) / counted.sum(dim=0)).nanmean())


_CASE = Case(
    "PCK@0.2 on new persons",
    "values",
    unseen(128),
    metric("PCK@0.2", correct, low=0.35, high=0.50),
    truth=lambda inputs: None,
    draws=1,
    public=shown(24),
)
CHECK = Check(
    "experiment", 10, (_CASE,), target="predict", seconds=120.0, profile="mini", known=known, withholds=("pose",)
)
