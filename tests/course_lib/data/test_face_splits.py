"""The faces that unit 07 learns from: drawn ones, and photographs of ORL."""

import pytest
import torch

from course_lib.data import tinyfaces
from course_lib.data.face_splits import faces
from course_lib.errors import DataMissing, SettingsError


@pytest.mark.parametrize(("limit", "people", "each"), [(12, 2, 6), (60, 3, 20), (5, 2, 2)])
def test_a_limit_bounds_drawn_images_and_leaves_two_people(settings_from, limit, people, each):
    settings_from(COURSE_LIMIT=limit)
    some = faces("train", 20)
    assert some.identities.unique(return_counts=True)[1].tolist() == [each] * people


def test_without_a_limit_they_are_tinyfaces(settings_from):
    settings_from()
    some, same = faces("val", 1), tinyfaces.faces("val", images=1)
    assert torch.equal(some.images, same.images)
    assert len(some) == 100


def test_photographs_of_no_person_are_in_two_splits(settings_from, test_data):
    settings_from(COURSE_PROFILE="full", COURSE_DEVICE="cpu", COURSE_DATA=test_data)
    found = {split: faces(split, 20) for split in ("train", "val", "test")}
    people = [some.identities.unique() for some in found.values()]
    assert len(torch.cat(people)) == len(torch.cat(people).unique()) == 25
    assert [len(some) for some in people] == [17, 2, 6]
    train = found["train"]
    assert train.images.shape == (170, 3, 64, 64)
    assert torch.equal(train.landmarks[5], 64 * torch.from_numpy(tinyfaces.TEMPLATE))
    assert train.attributes.shape == (170, 0)
    assert not train.groups.any()


def test_what_is_missing_is_told(settings_from, tmp_path):
    settings_from(COURSE_PROFILE="full", COURSE_DEVICE="cpu", COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing, match="ORL"):
        faces("test", 6)
    with pytest.raises(SettingsError, match="train or val or test"):
        faces("dev", 6)
