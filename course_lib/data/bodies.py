"""Which joints a data set marks on a body: their names in its order, the pairs of sides, the length to measure by."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.data.tinytown.skeleton import JOINTS


@dataclass(frozen=True)
class Body:
    """The joints of one data set.

    Attributes:
        joints: their names in the data set's order; those of the sides begin with "left " and "right ".
        ends: two joints whose distance is the reference length of PCK.
    """

    name: str
    joints: tuple[str, ...]
    ends: tuple[str, str]

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """The positions of what is on both sides: (left, right)."""
        lefts = (name for name in self.joints if name.startswith("left "))
        return tuple((self.joints.index(left), self.joints.index(f"right {left[5:]}")) for left in lefts)

    @property
    def opposite(self) -> list[int]:
        """The position of each joint's counterpart on the other side; its own where a joint has no side."""
        others = {one: other for pair in self.pairs for one, other in (pair, pair[::-1])}
        return [others.get(row, row) for row in range(len(self.joints))]

    def reference(self, joints: Float[Tensor, "n j 2"], annotated: Bool[Tensor, "n j"]) -> Float[Tensor, " n"]:
        """The reference length of each person: the distance between both `ends`, NaN where one is not annotated."""
        first, second = (self.joints.index(name) for name in self.ends)
        length = (joints[:, first] - joints[:, second]).norm(dim=1)
        return torch.where(annotated[:, first] & annotated[:, second], length, torch.nan)


TORSO = ("left shoulder", "right hip")

LEEDS = Body("Leeds Sports Pose", JOINTS, TORSO)
MPII = Body(
    "MPII Human Pose",
    (
        "right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle",
        "pelvis", "thorax", "neck", "head top",
        "right wrist", "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist",
    ),
    ("neck", "head top"),
)  # fmt: skip
COCO = Body(
    "COCO keypoints",
    (
        "nose", "left eye", "right eye", "left ear", "right ear",
        "left shoulder", "right shoulder", "left elbow", "right elbow", "left wrist", "right wrist",
        "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle",
    ),
    TORSO,
)  # fmt: skip
