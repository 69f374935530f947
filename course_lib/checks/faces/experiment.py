"""Unit 07's experiment: `predict`, asked for embeddings of people whom nobody has seen."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.random import Generator
from torch import Tensor
from torch.nn.functional import one_hot

from course_lib.checks.compare import metric
from course_lib.checks.spec import Case, Check, Inputs
from course_lib.checks.unseen import streams
from course_lib.data.tinytown.draws import Draw

PUBLIC = {"train": 20, "test": 6}  # the notebook's images of each person
IMAGES = 6  # of each person who is asked for
FAR = 0.01
ROWS = 512  # of the table of distances, at a time
EXACT = "donot_use_mm_for_euclid_dist"  # equal rows are exactly as far from each other as they are: not at all
TENTH = 10  # one person in ten is of group 1, as among the public ones


def unseen(people: int):
    """New people; `_labels` has for each picture a 1 in its person's column.

    The pictures come in an order of their own: whoever numbers them in blocks knows nothing of who is on them.
    """

    def make(rng: Generator) -> Inputs:
        order, *draws = streams(rng, 1 + people)
        return _asked(draws, order.shuffled(range(people * IMAGES)))

    return make


def shown(people: int):
    """People for the public check, whom everybody may draw."""

    def make(rng: Generator) -> Inputs:
        draws = [Draw(f"shown/{int(rng.integers(2**31))}") for _ in range(people)]
        return _asked(draws, rng.permutation(people * IMAGES).tolist())

    return make


def _asked(draws: Sequence[Draw], order: list[int]) -> Inputs:
    from course_lib.data import tinyfaces

    some = []
    for number, draw in enumerate(draws):
        who = tinyfaces.traits(draw, int(number % TENTH == TENTH - 1))
        some += [tinyfaces.face(who, draw) for _ in range(IMAGES)]
    people = torch.arange(len(draws)).repeat_interleave(IMAGES)
    return {
        "images": torch.from_numpy(np.array([some[row].image for row in order])),
        "landmarks": torch.from_numpy(np.array([some[row].landmarks for row in order])),
        "_labels": one_hot(people[order], len(draws)).float(),
    }


def known() -> tuple[list[Tensor], list[Tensor]]:
    """The faces of the notebook, and embeddings that are right: the binary digits of each person's number."""
    from course_lib.data import tinyfaces

    parts = [tinyfaces.faces(split, images=images) for split, images in PUBLIC.items()]
    people = torch.cat([part.identities for part in parts])
    digits = people[:, None] >> torch.arange(10) & 1
    return [image for part in parts for image in part.images], list(digits.float())


def accepted(answer: Any, inputs: Inputs) -> float:
    """TAR at FAR 1 %, of all pairs of pictures; squared Euclidean distances.

    Raises:
        TypeError: not a row of finite numbers for each picture.
    """
    labels = inputs["_labels"]
    form = isinstance(answer, Tensor) and answer.is_floating_point() and answer.ndim == 2
    if not form or len(answer) != len(labels) or not answer.shape[1] or not answer.isfinite().all():
        raise TypeError(f"expected embeddings as finite floating-point numbers, [{len(labels)}, any number of columns]")
    people = labels.unique(dim=0, return_inverse=True)[1]
    return accept_rate(*_pairs(answer.double(), people))


def _pairs(embeddings: Float[Tensor, "n d"], people: Tensor) -> tuple[Tensor, Tensor]:
    """The distances of all pairs of one person, and of two."""
    same, different = [], []
    rows = torch.arange(len(people))
    for part in rows.split(ROWS):
        distances = torch.cdist(embeddings[part], embeddings, compute_mode=EXACT).square()
        later = rows > part[:, None]
        one = people[part, None] == people
        same.append(distances[later & one])
        different.append(distances[later & ~one])
    return torch.cat(same), torch.cat(different)


def accept_rate(same: Tensor, different: Tensor) -> float:
    """The share of `same` that is accepted where at most 1 % of `different` are; pairs at equal distances together."""
    beyond = different.kthvalue(int(FAR * len(different)) + 1).values  # the first that is not accepted any more
    return float((same < beyond).double().mean())


_CASE = Case(  # the notebook's network reaches 0.7 and more
    "TAR at FAR 1 % on new people",
    "values",
    unseen(50),
    metric("TAR at FAR 1 %", accepted, low=0.3, high=0.6),
    truth=lambda inputs: None,
    draws=1,
    public=shown(20),
)
CHECK = Check(
    "experiment", 10, (_CASE,), target="predict", seconds=120.0, profile="mini", known=known, withholds=("faces",)
)
