"""Tinytown's persons: joints, left and right, poses, identities."""

import numpy as np
import pytest
import torch

from course_lib.data import tinytown
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.persons import person
from course_lib.data.tinytown.skeleton import skeleton

PERSON = tinytown.CLASSES.index("person")


def test_person_rows(town):
    for scene in town:
        assert torch.equal(scene.person_index, (scene.labels == PERSON).nonzero()[:, 0])


def test_joint_states_occur(town):
    states = torch.cat([scene.joint_state for scene in town])
    shares = [(states == state).float().mean().item() for state in range(3)]
    assert min(shares) > 0.1
    assert shares[2] > 0.4


def test_annotated_joints_lie_inside_and_others_may_not(town):
    joints = torch.cat([scene.joints for scene in town])
    annotated = torch.cat([scene.joint_state for scene in town]) > 0
    inside = ((joints >= 0) & (joints < 128)).all(-1)
    assert inside[annotated].all()
    assert not inside.all()


def test_visible_joints_of_whole_persons_lie_on_or_beside_the_person(town):
    for scene in town:
        for row, joints, states in zip(scene.person_index, scene.joints, scene.joint_state, strict=True):
            box = scene.boxes[row]
            seen = joints[states == 2]
            assert ((seen >= box[:2] - 3) & (seen <= box[2:] + 3)).all()


@pytest.mark.parametrize(
    ("yaw", "right_is"), [(0, "on the image's left"), (180, "on the image's right"), (90, "near"), (270, "far")]
)
def test_left_and_right_follow_the_direction(yaw, right_is):
    joints = skeleton(Draw("any"), np.radians(yaw))
    right, left = (joints[tinytown.JOINTS.index(f"{side} shoulder")] for side in ("right", "left"))
    x, depth = (right - left)[[0, 2]]
    measured = {"on the image's left": -x, "on the image's right": x, "near": depth, "far": -depth}
    assert max(measured, key=measured.get) == right_is


def test_bones_keep_their_length_whatever_the_pose():
    index = tinytown.JOINTS.index
    for seed in range(50):
        joints = skeleton(Draw(str(seed)), 0.1 * seed)
        thigh = np.linalg.norm(joints[index("right knee")] - joints[index("right hip")])
        arm = np.linalg.norm(joints[index("left wrist")] - joints[index("left elbow")])
        assert thigh == pytest.approx(24)
        assert arm == pytest.approx(15)


def test_torsos_are_foreshortened_and_limbs_cross():
    index = tinytown.JOINTS.index
    short = crossed = 0
    for seed in range(200):
        joints = person(Draw(str(seed)), 0).figure.points
        torso = np.linalg.norm(joints[index("neck")] - joints[[index("right hip"), index("left hip")]].mean(0))
        hips = joints[index("right hip"), 0] - joints[index("left hip"), 0]
        ankles = joints[index("right ankle"), 0] - joints[index("left ankle"), 0]
        short += torso < 24
        crossed += hips * ankles < 0
    assert short >= 10
    assert crossed >= 20


def test_joint_order_is_that_of_leeds_sports_pose():
    assert tinytown.JOINTS == (
        "right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle",
        "right wrist", "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist",
        "neck", "head top",
    )  # fmt: skip


def test_identities_are_split_and_return(town, shifted):
    seen = [identity for scene in town for identity in scene.identity.tolist()]
    assert len(set(seen)) < len(seen)
    others = {identity for scene in shifted for identity in scene.identity.tolist()}
    assert not others & set(seen)


def test_an_identity_keeps_its_clothes(town):
    """Mean colours of whole persons: the same identity is nearer to itself than to others."""
    colours, identities = [], []
    for scene in town:
        for row, identity in zip(scene.person_index.tolist(), scene.identity.tolist(), strict=True):
            if not scene.occluded[row] and scene.boxes[row, 3] - scene.boxes[row, 1] > 20:
                colours.append(scene.image.float()[:, scene.masks[row]].mean(1))
                identities.append(identity)
    distances = torch.cdist(torch.stack(colours), torch.stack(colours))
    equal = torch.tensor(identities)[:, None] == torch.tensor(identities)
    other = ~torch.eye(len(equal), dtype=torch.bool)
    assert (equal & other).any()
    assert distances[equal & other].mean() < 0.7 * distances[~equal].mean()
