"""Unit 09's experiment: `predict`, asked which of some test pictures have been seen in training."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.compare import metric
from course_lib.checks.spec import Case, Check, Inputs
from course_lib.checks.unseen import streams
from course_lib.data.copies import altered
from course_lib.data.tinytown.draws import Draw

SIZE = 64  # pixels
TEST = 96  # pictures
LEAKED = (24, 40)  # of them, from and to: whoever knew the number would need no threshold
PUBLIC = 480  # pictures that the notebook has


def unseen(train: int):
    """Training pictures that nobody has seen, and a test set in which copies of some of them stand anywhere."""

    def make(rng: Generator) -> Inputs:
        order, *draws = streams(rng, 1 + train + TEST)
        return _asked(order, draws, train)

    return make


def shown(train: int):
    """The same for the public check, which everybody may draw."""

    def make(rng: Generator) -> Inputs:
        order, *draws = (Draw(f"leaks/{number}") for number in rng.integers(0, 2**62, 1 + train + TEST))
        return _asked(order, draws, train)

    return make


def _asked(order: Draw, draws: Sequence[Draw], train: int) -> Inputs:
    """Every test picture was altered, the clean ones too: that a picture was saved again tells nothing by itself."""
    from course_lib.data.tinytown import TARGET_FAMILIES
    from course_lib.data.tinytown.crops import crop

    clean = TEST - LEAKED[0] - order.integer(1 + LEAKED[1] - LEAKED[0])
    drawn = [crop(draw, draw.pick(TARGET_FAMILIES), "target", SIZE) for draw in draws[: train + clean]]
    pictures = torch.from_numpy(np.array(drawn))
    sources = order.shuffled(range(train))[: TEST - clean]
    origins = torch.cat([pictures[train:], pictures[sources]])
    test = torch.stack([altered(one, draw)[0] for one, draw in zip(origins, draws[train:], strict=True)])
    places = torch.tensor(order.shuffled(range(TEST)))
    return {"train": pictures[:train], "images": test[places], "_labels": (places >= clean).long()}


def known() -> tuple[list[Tensor], list[Tensor]]:
    """All pictures of the notebook, altered, as clean ones and as leaked ones."""
    from course_lib.data import tinytown

    images = tinytown.objects("target", "test", PUBLIC, SIZE)[0]
    clean, copies = (
        [altered(image, Draw(f"known/{kind}/{number}"))[0] for number, image in enumerate(images)]
        for kind in ("clean", "leaked")
    )
    return [*clean, *copies], [*torch.zeros(PUBLIC).long(), *torch.ones(PUBLIC).long()]


def f1(answer: Any, inputs: Inputs) -> float:
    """The harmonic mean of precision and recall of what is called leaked.

    Raises:
        TypeError: not one truth value, or 0 or 1, for each test picture.
    """
    labels = inputs["_labels"].bool()
    form = isinstance(answer, Tensor) and not answer.is_floating_point() and answer.shape == labels.shape
    if not form or not ((answer == 0) | (answer == 1)).all():
        raise TypeError(f"expected {len(labels)} truth values, one for each test picture")
    called = answer.bool()
    return 2 * float((called & labels).sum()) / max(1.0, float(called.sum() + labels.sum()))


_CASE = Case(
    "F1 of the leaked among new pictures",
    "values",
    unseen(120),
    metric("F1", f1, low=0.82, high=0.92),
    truth=lambda inputs: None,
    draws=1,
    public=shown(120),
)
CHECK = Check("experiment", 10, (_CASE,), target="predict", seconds=120.0, profile="mini", known=known)
