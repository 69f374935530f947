"""Persons with their joints: Tinytown's, COCO's, MPII's and Leeds Sports Pose's files, and crops of them."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat

from course_lib.data import bodies, tinytown
from course_lib.data.pose import coco_persons, cropped, crops, leeds_persons, mpii_persons, persons
from course_lib.errors import DataBroken, DataMissing, SettingsError

BODIES = [bodies.LEEDS, bodies.MPII, bodies.COCO]


def test_bodies_have_14_16_and_17_joints():
    assert [len(body.joints) for body in BODIES] == [14, 16, 17]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_each_side_has_its_pair_and_both_ends_are_joints(body):
    names = [(body.joints[left], body.joints[right]) for left, right in body.pairs]
    assert all(left.replace("left", "right") == right for left, right in names)
    assert 2 * len(names) == sum(name.startswith(("left", "right")) for name in body.joints)
    assert set(body.ends) <= set(body.joints)


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
def test_the_opposite_of_a_joint_is_that_of_the_other_side(body):
    sides = {"left": "right", "right": "left"}
    for name, row in zip(body.joints, body.opposite, strict=True):
        first, _, part = name.partition(" ")
        assert body.joints[row] == (f"{sides[first]} {part}" if first in sides else name)


def test_the_reference_is_the_torso_and_nan_where_it_is_not_annotated():
    joints, annotated = torch.zeros(2, 14, 2), torch.ones(2, 14).bool()
    joints[:, bodies.LEEDS.joints.index("left shoulder")] = torch.tensor([3.0, 4.0])
    annotated[1, bodies.LEEDS.joints.index("right hip")] = False
    length = bodies.LEEDS.reference(joints, annotated)
    assert length[0] == 5
    assert length[1].isnan()


def test_mini_has_tinytowns_persons(settings_from):
    settings_from(COURSE_PROFILE="mini", COURSE_LIMIT="5")
    found = persons("train", 20)
    assert len(found) == 5
    assert found.body == bodies.LEEDS
    assert all(one.annotated.any() for one in found)
    assert found[:2][1].name == found[1].name


def test_crops_of_mini_are_tinytowns_portraits(settings_from, tmp_path):
    settings_from(COURSE_PROFILE="mini", COURSE_CACHE=tmp_path)
    found, drawn = crops("val", 4, 64, start=3), tinytown.portraits("val", 4, 64, start=3)
    for number, (one, same) in enumerate(zip(found, drawn, strict=True), start=3):
        assert np.array_equal(one.image, same.image)
        assert np.array_equal(one.joints, same.joints)
        assert np.array_equal(one.annotated, same.joint_state > 0)
        assert one.box.tolist() == [0, 0, 64, 64]
        assert one.name == f"portrait {number}"
    assert found.body == bodies.LEEDS
    settings_from(COURSE_PROFILE="mini", COURSE_CACHE=tmp_path, COURSE_LIMIT="2")
    assert len(crops("val", 4, 64, start=3)) == 2


def test_crops_of_full_are_read_when_asked_for(tmp_path, settings_from):
    (tmp_path / "lsp_dataset").mkdir()
    leeds(tmp_path / "lsp_dataset")
    settings_from(COURSE_PROFILE="full", COURSE_DATA=tmp_path)
    found = crops("train", 1, 32)
    assert len(found) == len(persons("train", 1))
    assert found[1].image.shape == (3, 32, 32)
    assert torch.equal(found[1].joints[:2], cropped(persons("train", 1)[1], 32).joints[:2])


def test_another_split_is_refused():
    with pytest.raises(SettingsError, match="train or val or test"):
        persons("trainval", 3)


def photograph(folder, name="a.jpg", size=(30, 20)):
    folder.mkdir(exist_ok=True)
    Image.new("RGB", size, (200, 100, 50)).save(folder / name)


def keypoints(places=((4, 5, 2),), joints=17):
    rows = [*places, *[(0, 0, 0)] * (joints - len(places))]
    return [number for row in rows for number in row]


def coco(folder, *annotations):
    photograph(folder)
    images = [{"id": 7, "file_name": "a.jpg"}]
    filled = [{"id": number, "image_id": 7, "bbox": [2, 3, 10, 8], **one} for number, one in enumerate(annotations)]
    (folder / "list.json").write_text(json.dumps({"images": images, "annotations": filled}))
    return coco_persons(folder / "list.json", folder)


def test_hidden_joints_of_coco_are_annotated_and_pixels_have_their_middle(tmp_path):
    [person] = coco(tmp_path, {"keypoints": keypoints([(4, 5, 2), (9, 1, 1)])})
    assert person.joints[:2].tolist() == [[4.5, 5.5], [9.5, 1.5]]
    assert person.annotated.tolist() == [True, True] + 15 * [False]
    assert person.box.tolist() == [2, 3, 12, 11]


def test_crowds_and_persons_without_an_annotated_joint_are_left_out(tmp_path):
    crowd = {"keypoints": keypoints(), "iscrowd": 1}
    found = coco(tmp_path, {"keypoints": keypoints()}, crowd, {"keypoints": keypoints([])})
    assert [person.name for person in found] == ["a, 0"]


def test_another_number_of_joints_is_named(tmp_path):
    with pytest.raises(DataBroken, match="51 numbers a person"):
        coco(tmp_path, {"keypoints": keypoints(joints=14)})


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"images": [], "annotations": [{}]}'])
def test_what_is_not_cocos_is_broken(tmp_path, text):
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(DataBroken, match=r"list\.json cannot be read"):
        coco_persons(tmp_path / "list.json", tmp_path)


def leeds(folder, count=3):
    joints = np.zeros((3, 14, count))
    joints[0] = np.arange(14)[:, None] + 1
    joints[1, 2] = np.nan
    for number in range(count):
        photograph(folder / "images", f"im{number + 1:04d}.jpg")
    savemat(folder / "joints.mat", {"joints": joints})
    return folder


def test_leeds_counts_from_one_and_all_joints_with_a_place_are_annotated(tmp_path):
    found = leeds_persons(leeds(tmp_path), range(1, 3))
    assert [person.name for person in found] == ["im0002", "im0003"]
    assert found[0].joints[:2].tolist() == [[0.5, -0.5], [1.5, -0.5]]
    assert (~found[0].annotated).nonzero().flatten().tolist() == [2]
    assert found[0].box.tolist() == [0, 0, 30, 20]


@pytest.mark.parametrize("joints", [np.zeros((3, 16, 2)), np.zeros((2, 14, 2)), np.zeros((3, 14))])
def test_other_arrays_than_leeds_are_broken(tmp_path, joints):
    savemat(tmp_path / "joints.mat", {"joints": joints})
    with pytest.raises(DataBroken, match="3 × 14 numbers an image"):
        leeds_persons(tmp_path, range(2))


def test_what_is_no_mat_file_is_broken(tmp_path):
    (tmp_path / "joints.mat").write_text("not there")
    with pytest.raises(DataBroken, match="the array joints"):
        leeds_persons(tmp_path, range(2))


def test_full_reads_leeds_or_coco_from_the_data_folder(tmp_path, settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=str(tmp_path))
    with pytest.raises(DataMissing, match=r"person_keypoints_train2017\.json"):
        persons("train", 3)
    (tmp_path / "lsp_dataset").mkdir()
    leeds(tmp_path / "lsp_dataset")
    assert [len(persons(split, 0)) for split in ("train", "val", "test")] == [3, 0, 0]
    (tmp_path / "annotations").mkdir()
    coco(tmp_path / "val2017", {"keypoints": keypoints()})
    (tmp_path / "val2017/list.json").rename(tmp_path / "annotations/person_keypoints_val2017.json")
    assert persons("test", 0).body == bodies.COCO


def test_a_crop_moves_and_scales_the_joints_with_the_image(tmp_path):
    [person] = coco(tmp_path, {"keypoints": keypoints([(4, 5, 2)])})
    crop = cropped(person, 40, context=2.0)
    assert crop.image.shape == (3, 40, 40)
    assert crop.joints[0].tolist() == [(4.5 + 3) * 2, (5.5 + 3) * 2]
    assert crop.box.tolist() == [10, 12, 30, 28]


@pytest.fixture
def samples(test_data):
    folder = test_data / "pose_samples"
    if not folder.is_dir():
        pytest.skip(f"no real samples: {folder} is not there")
    return folder


def test_the_sample_of_coco(samples):
    found = coco_persons(samples / "coco/test_coco.json", samples / "coco")
    assert len(found) == 12
    assert sum(int(person.annotated.sum()) for person in found) == 181
    _inside(found)


def test_the_sample_of_mpii(samples):
    found = mpii_persons(samples / "mpii/test_mpii.json", samples / "mpii")
    assert [int(person.annotated.sum()) for person in found] == [16, 16, 14, 14, 16]
    _inside(found)
    lengths = found.body.reference(
        *(torch.stack([getattr(p, name) for p in found]) for name in ("joints", "annotated"))
    )
    assert (lengths > 30).all()


def _inside(found):
    """Annotated joints lie in their image and in the crop around the person."""
    for person in found:
        height, width = person.image.shape[1:]
        places = person.joints[person.annotated]
        assert ((places >= 0) & (places <= torch.tensor([width, height]))).all()
        crop = cropped(person, 128)
        assert ((crop.joints[crop.annotated] > -16) & (crop.joints[crop.annotated] < 144)).all()
