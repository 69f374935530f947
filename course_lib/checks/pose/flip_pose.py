"""Unit 06: what is asked of `flip_pose`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.parts import named
from course_lib.checks.kit.pictures import both, number
from course_lib.checks.kit.show import EXPECTED, YOURS
from course_lib.checks.kit.styles import styles
from course_lib.checks.pose.shared import mixed
from course_lib.checks.spec import Case, Check, Counterexample, Inputs
from course_lib.data import bodies

PICTURE = "The picture is not the mirrored one: which of its axes runs from left to right?"
X_ALONE = (
    "Some x are wrong, and no other number is. How far is a point at x = 0 from the right border, before and after?"
)
NAMES = "In the mirror a left hand becomes a right hand: whose place stands in its row then?"
SHOWN = "Pictures and places are right. Whose row does `annotated` speak of after the exchange?"


@dataclass(frozen=True)
class Pose:
    """One person in an image, the joints anywhere in it or a little outside, in eighths of a pixel.

    Attributes:
        body: whose joints they are. size: of the image, rows and columns.
    """

    body: bodies.Body
    size: tuple[int, int]

    def __call__(self, rng: Generator) -> Inputs:
        height, width = self.size
        joints = len(self.body.joints)
        # no place lies in the middle, where mirroring changes nothing
        xs = rng.permutation(8 * width // joints * joints)[:joints] / 8 - 1 + 1 / 16
        ys = rng.uniform(-1, height + 1, joints)
        annotated = mixed(rng, 1, joints)[0]
        annotated[list(self.body.pairs[0])] = torch.as_tensor(rng.permutation([True, False]))
        return {
            "image": rounded(rng.uniform(0, 1, (3, height, width)), 64),
            "joints": torch.stack([rounded(xs, 16), rounded(ys, 8)], dim=1),
            "annotated": annotated,
            "pairs": list(self.body.pairs),
        }


def all_annotated(rng: Generator) -> Inputs:
    """All joints are annotated."""
    inputs = Pose(bodies.LEEDS, (6, 10))(rng)
    return inputs | {"annotated": torch.ones(14, dtype=torch.bool)}


def none_annotated(rng: Generator) -> Inputs:
    """No joint is annotated, and none has a place."""
    inputs = Pose(bodies.LEEDS, (6, 9))(rng)
    return inputs | {"annotated": torch.zeros(14, dtype=torch.bool), "joints": torch.full((14, 2), float("nan"))}


def without_place(rng: Generator) -> Inputs:
    """Joints that are not annotated are NaN."""
    inputs = Pose(bodies.LEEDS, (7, 9))(rng)
    inputs["joints"][~inputs["annotated"]] = float("nan")
    return inputs


def on_the_borders(rng: Generator) -> Inputs:
    """Joints exactly on the left and on the right border, and in the middle."""
    inputs = Pose(bodies.LEEDS, (5, 8))(rng)
    inputs["joints"][:3, 0] = torch.tensor([0.0, 8.0, 4.0])[torch.as_tensor(rng.permutation(3))]
    return inputs


def no_pairs(rng: Generator) -> Inputs:
    """Two joints in the middle of the body: nothing to exchange."""
    inputs = Pose(bodies.LEEDS, (5, 8))(rng)
    return inputs | {"joints": inputs["joints"][:2], "annotated": inputs["annotated"][[0, 5]], "pairs": []}


def twice(function: Callable, *inputs) -> list:
    """What mirroring the mirrored gives."""
    image, joints, annotated = copy(list(function(*inputs)))
    return list(function(image, joints, annotated, inputs[-1]))


def hint(answer: Sequence[Tensor], expected: Sequence[Tensor], inputs: Inputs) -> str:
    """Whether the picture is wrong, the places, or only what is annotated."""
    if not _same(answer[0], expected[0]):
        return PICTURE
    if not _same(answer[1], expected[1]):
        return X_ALONE if _same(answer[1][:, 1], expected[1][:, 1]) else NAMES
    return SHOWN


def _same(mine: Tensor, right: Tensor) -> bool:
    """Whether two tensors agree, NaN with NaN."""
    return torch.allclose(mine.double(), right.double(), rtol=0, atol=1e-4, equal_nan=True)


def explain(inputs: Inputs, answer: Sequence[Tensor], expected: Sequence[Tensor]) -> Counterexample:
    """The first part that is wrong, and where; the joints over the mirrored image."""
    parts = zip(("image", "joints", "annotated"), answer, expected, strict=True)
    name, mine, right = next(part for part in parts if not _same(*part[1:]))
    place = worst(mine, right)
    height, width = inputs["image"].shape[1:]
    said = f"an image of {height} rows and {width} columns, {len(inputs['joints'])} joints\n"
    if name == "image":
        said += f"channel, row and column {list(place)}: {both(mine, right, place)}"
    else:
        x, y = (number(v) for v in inputs["joints"][place[0]].tolist())
        said += f"joint {place[0]} was at ({x}, {y}); pairs {inputs['pairs']}\n"
        said += f"`{name}` at {list(place)}: {both(mine, right, place)}"

    def draw():
        ax = plots.show_image(0.7 + 0.3 * expected[0].double().clamp(0, 1), "the mirrored image, joints by number")
        for joints, color, side in ((expected[1], EXPECTED, "right"), (answer[1], YOURS, "left")):
            label = "expected" if color == EXPECTED else "yours"
            ax.plot(*joints.double().T.tolist(), "o", color=color, label=label)
            for row, (x, y) in enumerate(joints.tolist()):
                if math.isfinite(x + y):
                    ax.annotate(str(row), (x, y), color=color, ha=side, va="bottom")
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
        return ax

    return Counterexample(said, draw)


CHECK = Check(
    "flip_pose",
    points=4,
    compare=named(close(0, 1e-4), "image", "joints", "annotated"),
    hint=hint,
    explain=explain,
    cases=(
        Case("14 joints, all annotated", "values", all_annotated),
        Case("14 joints, one side of a pair annotated", "values", Pose(bodies.LEEDS, (7, 10))),
        Case("16 joints, other pairs", "values", Pose(bodies.MPII, (9, 6))),
        Case("17 joints", "values", Pose(bodies.COCO, (8, 11))),
        Case("mirrored twice", "property", Pose(bodies.LEEDS, (6, 7)), probe=twice, hint=False, explain=False),
        Case("an image with an odd number of columns", "edge", Pose(bodies.LEEDS, (6, 7))),
        Case("joints on the borders and in the middle", "edge", on_the_borders),
        Case("joints without a place are NaN", "edge", without_place),
        Case("no joint annotated", "edge", none_annotated, explain=False),
        Case("no pairs", "edge", no_pairs),
        *styles(Pose(bodies.LEEDS, (6, 9))),
    ),
)
