"""The laws of Tinyfaces, each with a number: without them the lessons of unit 07 would not be true in it."""

import cv2
import numpy as np
import pytest
import torch
from skimage.transform import estimate_transform

from course_lib.data import tinyfaces
from course_lib.data.tinytown.draws import Draw


def aligned(grid) -> np.ndarray:
    """The pictures of the grid [40, 12, 32, 32, 3], brought to the template by their landmarks."""

    def one(image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        there = 32 * tinyfaces.TEMPLATE - 0.5  # OpenCV counts from the first pixel's centre
        fitted = estimate_transform("similarity", landmarks - 0.5, there)
        return cv2.warpAffine(np.ascontiguousarray(image.transpose(1, 2, 0)), fitted.params[:2], (32, 32))

    pairs = zip(grid["image"].reshape(-1, 3, 64, 64), grid["landmarks"].reshape(-1, 5, 2), strict=True)
    return np.array([one(*pair) for pair in pairs]).reshape(40, 12, 32, 32, 3)


def apart(pictures: np.ndarray) -> float:
    """The mean distance of all pairs of pictures in a row, over all rows; root mean square of the pixels."""
    flat = torch.from_numpy(pictures.reshape(*pictures.shape[:2], -1)).double()
    return torch.stack([torch.pdist(row).mean() for row in flat]).mean().item() / flat.shape[2] ** 0.5


def ratio(pictures: np.ndarray) -> float:
    """How far two takes of a person are from each other, in parts of how far two people in the same take are."""
    return apart(pictures) / apart(pictures.swapaxes(0, 1))


def test_what_changes_is_about_twice_as_large_as_who_it_is(grid):
    """In the pictures as they are; alignment makes it less, and leaves it the larger one."""
    before, after = ratio(grid["image"]), ratio(aligned(grid))
    assert 1.9 < before < 2.7
    assert 1.2 < after < 1.8


def test_a_neighbour_in_pixels_is_seldom_the_same_person(splits):
    """Of val's people, among nine further pictures of each and all of the others."""
    some = splits["val"]
    pixels = some.images.flatten(1).float()
    distances = torch.cdist(pixels, pixels).fill_diagonal_(torch.inf)
    found = (some.identities[distances.argmin(dim=1)] == some.identities).float().mean()
    assert found < 0.15


def test_the_space_of_shapes_is_continuous_and_has_22_parameters(splits):
    traits = np.array([tinyfaces.person(identity) for identity in range(700)])
    assert traits.shape == (700, 22)
    assert ((traits >= 0) & (traits < 1)).all()
    assert all(len(np.unique(column)) == 700 for column in traits.T)
    spread = traits.std(axis=0)
    assert (spread > 0.2).all()


def test_every_parameter_is_seen():
    """Where one trait changes, some pixels of the picture change by 8 grey levels and more, in half of the takes at
    least: caps and glasses hide a few.
    """
    middle = tinyfaces.Traits(*[0.5] * 22)
    for name in tinyfaces.Traits._fields:
        changed = 0
        for number in range(8):
            people = [middle._replace(**{name: value}) for value in (0.1, 0.9)]
            low, high = (tinyfaces.face(who, Draw(f"seen/{number}")).image.astype(float) for who in people)
            changed += (np.abs(high - low).max(axis=0) > 8).sum() >= 3
        assert changed >= 4, name


def test_one_identity_in_five_is_a_look_alike_of_one_in_its_split():
    everyone = range(700)
    doubles = {identity: tinyfaces.double_of(identity) for identity in everyone}
    pairs = [pair for pair in doubles.items() if pair[1] is not None]
    assert len(pairs) == 140
    traits = np.array([tinyfaces.person(identity) for identity in everyone])
    near = [np.linalg.norm(traits[one] - traits[other]) for one, other in pairs]
    strangers = [np.linalg.norm(traits[other] - traits[(other + 250) % 700]) for _, other in pairs]
    assert max(near) < min(strangers)
    assert np.mean(near) / np.mean(strangers) == pytest.approx(0.3, abs=0.03)
    for one, other in pairs:
        assert _split(one) == _split(other)
        assert tinyfaces.group_of(one) == tinyfaces.group_of(other)


def _split(identity: int) -> str:
    return next(name for name, (first, n) in tinyfaces.SPLITS.items() if first <= identity < first + n)


def test_look_alikes_are_nearer_in_pixels_too():
    def pictures(identity: int) -> np.ndarray:
        takes = [tinyfaces.face(tinyfaces.person(identity), Draw(f"pair/{number}")) for number in range(4)]
        return np.array([one.image for one in takes]).astype(float)

    first, double, stranger = (np.array([pictures(5 * k + n) for k in range(16)]) for n in (0, 1, 2))
    assert np.abs(first - double).mean() < 0.6 * np.abs(first - stranger).mean()


def test_attributes_are_independent_of_each_other(splits):
    """The correlation (phi) of any two of them, over 7,000 pictures, is at most 0.05."""
    attributes = torch.cat([some.attributes for some in splits.values()]).double()
    correlations = torch.corrcoef(attributes.T) - torch.eye(attributes.shape[1])
    assert correlations.abs().max() < 0.05
    shares = attributes.mean(dim=0)
    assert ((shares > 0.2) & (shares < 0.55)).all()


def test_attributes_are_independent_of_who_it_is(splits):
    """How often ten pictures of a person show one varies from person to person as chance has it, and so by group."""
    attributes = torch.cat([some.attributes for some in splits.values()]).double()
    groups = torch.cat([some.groups for some in splits.values()])
    shares = attributes.mean(dim=0)
    varied = attributes.view(700, 10, -1).mean(dim=1).var(dim=0) / (shares * (1 - shares) / 10)
    assert ((varied > 0.8) & (varied < 1.25)).all()
    apart_by_group = attributes[groups == 1].mean(dim=0) - attributes[groups == 0].mean(dim=0)
    assert apart_by_group.abs().max() < 0.07  # 700 pictures: one standard deviation is 0.02


def test_landmarks_are_marked_to_two_percent_of_the_heads_height(grid):
    errors = (grid["landmarks"] - grid["places"]).reshape(-1, 2)
    heights = np.repeat([2 * _scale(number) for number in range(12)], 5)
    relative = errors.reshape(40, 60, 2) / heights[None, :, None]
    assert relative.std() == pytest.approx(tinyfaces.NOISE, rel=0.15)
    assert np.abs(relative.mean()) < 0.003
    assert np.abs(relative).max() <= 3 * tinyfaces.NOISE


def _scale(number: int) -> float:
    return tinyfaces.face(tinyfaces.person(0), Draw(f"grid/{number}")).take.scale


def test_heads_are_turned_scaled_and_shifted(splits):
    landmarks = splits["train"].landmarks
    across, down = (landmarks[:, 1] - landmarks[:, 0]).T
    turned = torch.atan2(down, across).rad2deg()
    assert 10 < turned.std() < 20
    assert abs(turned.mean()) < 1.5
    eyes_apart = (landmarks[:, 1] - landmarks[:, 0]).norm(dim=1)
    assert eyes_apart.std() / eyes_apart.mean() > 0.12
    assert (landmarks[:, 2].std(dim=0) > 2.5).all()


def test_landmarks_lie_inside_of_the_picture_and_left_is_left(splits):
    landmarks = torch.cat([some.landmarks for some in splits.values()])
    assert ((landmarks > 0) & (landmarks < 64)).all()
    assert (landmarks[:, 0, 0] < landmarks[:, 1, 0]).all()
    assert (landmarks[:, 3, 0] < landmarks[:, 4, 0]).all()


def test_a_tenth_of_the_people_of_each_split_are_of_group_1(splits):
    for some in splits.values():
        assert some.groups.double().mean() == pytest.approx(0.1)


def test_group_1_comes_from_another_region_of_shapes():
    """Skin and hair are drawn alike; eyes, nose and chin are not."""
    people = [[n for n in range(700) if tinyfaces.group_of(n) == group] for group in (0, 1)]
    rows = [np.mean([tinyfaces.person(n) for n in some], axis=0) for some in people]
    means = [dict(zip(tinyfaces.Traits._fields, row, strict=True)) for row in rows]
    for name in ("skin", "warmth", "hair", "hair_length", "hair_volume", "hairline", "eye_colour"):
        assert abs(means[0][name] - means[1][name]) < 0.12
    for name in ("eye_size", "eye_height"):
        assert means[1][name] - means[0][name] > 0.3
    for name in ("nose_length", "chin"):
        assert means[0][name] - means[1][name] > 0.3
