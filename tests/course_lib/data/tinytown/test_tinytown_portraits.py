"""Portraits: one person a picture, kept, with sides that can be told and joints where they are drawn."""

import numpy as np
import pytest

from course_lib.data import tinytown
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.plan import IDENTITIES
from course_lib.data.tinytown.portraits import LENGTH
from course_lib.errors import SettingsError

COUNT, SIZE = 150, 64
LEFT, RIGHT = ([tinytown.JOINTS.index(f"{side} {name}") for name in ("shoulder", "hip")] for side in ("left", "right"))


@pytest.fixture(scope="module")
def some():
    return [tinytown.portrait(Draw(f"portrait/train/{number}"), "train", SIZE) for number in range(COUNT)]


def test_equal_arguments_give_equal_portraits_in_any_request(settings_from, tmp_path, some):
    settings_from(COURSE_CACHE=tmp_path)
    for _ in range(2):  # drawn, and read from the cache
        for one, same in zip(tinytown.portraits("train", 3, SIZE, start=2), some[2:5], strict=True):
            assert np.array_equal(one.image, same.image)
            assert np.array_equal(one.joints, same.joints)
            assert np.array_equal(one.joint_state, same.joint_state)
            assert one.identity == same.identity
    assert tinytown.portraits("train", 0, SIZE) == []


def test_a_portrait_has_its_size_and_types(some):
    one = some[0]
    assert (one.image.shape, one.image.dtype) == ((3, SIZE, SIZE), np.uint8)
    assert (one.joints.shape, one.joints.dtype) == ((14, 2), np.float32)
    assert (one.joint_state.shape, one.joint_state.dtype) == ((14,), np.uint8)


def test_persons_are_near_and_in_the_middle(some):
    places = np.array([one.joints for one in some])
    height = places[..., 1].max(axis=1) - places[..., 1].min(axis=1)
    assert np.median(height) > 0.8 * LENGTH[0] * SIZE
    necks = places[:, tinytown.JOINTS.index("neck"), 0]
    assert np.abs(necks.mean() - SIZE / 2) < 2


def test_most_joints_are_seen_some_hidden_and_few_not_annotated(some):
    shares = np.bincount(np.concatenate([one.joint_state for one in some]), minlength=3) / (14 * COUNT)
    assert shares[0] < 0.08
    assert 0.1 < shares[1] < 0.35


def test_a_joint_outside_of_the_picture_is_not_annotated(some):
    for one in some:
        outside = ((one.joints < 0) | (one.joints >= SIZE)).any(axis=1)
        assert not one.joint_state[outside].any()
    assert any((one.joints >= SIZE).any() for one in some)


def test_most_look_towards_us_and_some_away(some):
    across = np.array([one.joints[LEFT, 0] - one.joints[RIGHT, 0] for one in some]) / SIZE
    front, back = (across > 0.1).mean(), (across < -0.1).mean()
    assert front > 2 * back
    assert back > 0.05


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_split_has_its_own_identities(split):
    first, count = IDENTITIES[split]
    who = {tinytown.portrait(Draw(f"portrait/{split}/{number}"), split, 32).identity for number in range(8)}
    assert all(first <= identity < first + count for identity in who)
    assert len(who) > 3


def test_another_split_is_refused():
    with pytest.raises(SettingsError, match="no such portraits"):
        tinytown.portraits("training", 1)
