import shutil
import warnings

import pytest
import torch
from PIL import Image

from course_lib import data
from course_lib.data import tinytown
from course_lib.data.voc import VOC_CLASSES, download_voc, read_objects, voc, voc_layout
from course_lib.errors import DataBroken, DataMissing, SettingsError

OBJECT = (
    "<object><name>{name}</name><difficult>{difficult}</difficult><part><name>head</name><bndbox><xmin>1</xmin>"
    "</bndbox></part><bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax>"
    "</bndbox></object>"
)


def annotation(path, *objects):
    body = "".join(OBJECT.format(name=name, box=box, difficult=difficult) for name, box, difficult in objects)
    path.write_text(f"<annotation><filename>a.jpg</filename>{body}</annotation>")
    return path


@pytest.fixture
def small_set(tmp_path):
    """Two photographs in VOC's layout, 60×40 and 30×80, with one and two objects."""
    folder = tmp_path / "zoo"
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True)
    Image.effect_noise((60, 40), 90).save(folder / "JPEGImages" / "a.jpg")
    Image.effect_noise((30, 80), 90).save(folder / "JPEGImages" / "b.jpg")
    annotation(folder / "Annotations" / "a.xml", ("zebra", (1, 1, 60, 40), 0))
    annotation(folder / "Annotations" / "b.xml", ("ape", (11, 21, 20, 60), 1), ("zebra", (5.6, 7.2, 9.6, 10.2), 0))
    (folder / "ImageSets" / "Main" / "train.txt").write_text("a\nb\n")
    return folder


def test_corners_become_end_exclusive_pixels_from_zero(small_set):
    photographs = voc_layout(small_set, "train")
    assert photographs.classes == ("ape", "zebra")
    first, second = photographs
    assert first.image.shape == (3, 40, 60)
    assert first.boxes.tolist() == [[0, 0, 60, 40]]  # the whole image: area 60 × 40
    torch.testing.assert_close(second.boxes, torch.tensor([[10.0, 20, 20, 60], [4.6, 6.2, 9.6, 10.2]]))
    assert second.labels.tolist() == [0, 1]
    assert second.difficult.tolist() == [True, False]
    assert second.name == "b"


def test_the_caller_may_fix_the_order_of_classes(small_set):
    assert voc_layout(small_set, "train", classes=("zebra", "ape"))[1].labels.tolist() == [1, 0]


def test_large_images_shrink_and_boxes_with_them(small_set):
    first, second = voc_layout(small_set, "train", longest=40)
    assert first.image.shape == (3, 27, 40)
    torch.testing.assert_close(first.boxes, torch.tensor([[0.0, 0, 40, 27]]))
    assert second.image.shape == (3, 40, 15)
    torch.testing.assert_close(second.boxes[0], torch.tensor([5.0, 10, 10, 30]))
    assert voc_layout(small_set, "train", longest=100)[0].image.shape == (3, 40, 60)


def test_a_slice_is_a_smaller_set(small_set):
    photographs = voc_layout(small_set, "train")[1:]
    assert [item.name for item in photographs] == ["b"]
    assert photographs.classes == ("ape", "zebra")


def test_an_image_without_objects_has_empty_arrays(tmp_path):
    boxes, labels, difficult = read_objects(annotation(tmp_path / "a.xml"), VOC_CLASSES)
    assert (boxes.shape, labels.shape, difficult.shape) == ((0, 4), (0,), (0,))
    assert (boxes.dtype, labels.dtype, difficult.dtype) == (torch.float32, torch.int64, torch.bool)


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (5, 5, 9, 5), (9, 5, 5, 9)])
def test_a_box_without_area_is_left_out_with_a_warning_that_names_it(tmp_path, box):
    path = annotation(tmp_path / "a.xml", ("dog", box, 0), ("cat", (1, 1, 2, 2), 0))
    with pytest.warns(UserWarning, match=r"a\.xml: object 1 \(dog\) has the box .* without area; it is left out"):
        _, labels, _ = read_objects(path, VOC_CLASSES)
    assert labels.tolist() == [VOC_CLASSES.index("cat")]


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("<annotation><object><name>dog</name>", "no element found"),
        ("<annotation><object><name>dog</name></object></annotation>", "object 1"),
        ("<annotation>" + OBJECT.format(name="unicorn", box=(1, 2, 3, 4), difficult=0) + "</annotation>", "object 1"),
        ("<annotation>" + OBJECT.format(name="dog", box=(1, 2, "x", 4), difficult=0) + "</annotation>", "'x'"),
    ],
)
def test_a_broken_annotation_is_named_with_its_object(tmp_path, text, got):
    path = tmp_path / "odd.xml"
    path.write_text(text)
    with pytest.raises(DataBroken, match=r"odd\.xml cannot be read") as error:
        read_objects(path, VOC_CLASSES)
    assert got in str(error.value)
    assert str(path) in str(error.value)


def test_files_that_are_not_there_are_named(small_set):
    (small_set / "Annotations" / "a.xml").unlink()
    (small_set / "JPEGImages" / "b.jpg").unlink()
    photographs = voc_layout(small_set, "train")
    with pytest.raises(DataMissing, match=r"a\.xml is not there"):
        photographs[0]
    with pytest.raises(DataMissing, match=r"b\.jpg is not there"):
        photographs[1]
    with pytest.raises(DataMissing, match=r"The split 'val' of zoo"):
        voc_layout(small_set, "val")


def test_a_truncated_photograph_is_named(small_set):
    path = small_set / "JPEGImages" / "a.jpg"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(DataBroken, match=r"a\.jpg cannot be read"):
        voc_layout(small_set, "train")[0]


def test_without_voc_the_error_says_where_and_how(settings_from, tmp_path):
    settings_from(COURSE_DATA=tmp_path)
    with pytest.raises(DataMissing) as error:
        voc(2007, "test")
    assert str(tmp_path / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main" / "test.txt") in str(error.value)
    assert "course data voc --year 2007 --split test" in str(error.value)


@pytest.mark.parametrize(("year", "split"), [(2013, "train"), (2012, "test"), (2007, "Train")])
def test_a_part_that_voc_does_not_have_is_named(settings_from, tmp_path, year, split):
    settings_from(COURSE_DATA=tmp_path)
    for fetch in (voc, download_voc):
        with pytest.raises(SettingsError, match=f"got: year {year}, split '{split}'"):
            fetch(year, split)


def fake_archive(small_set, root, fail):
    """What torchvision's loader does with download=True, without the network: unpacks VOC into `root`."""
    target = root / "VOCdevkit" / "VOC2007"
    shutil.copytree(small_set, target)
    (target / "ImageSets" / "Main" / "train.txt").rename(target / "ImageSets" / "Main" / "trainval.txt")
    for path in (target / "Annotations").glob("*.xml"):
        path.write_text(path.read_text().replace("zebra", "horse").replace("ape", "dog"))
    if fail:
        raise RuntimeError("File not found or corrupted.")


@pytest.mark.parametrize("fail", [False, True])
def test_a_download_arrives_whole_or_not_at_all(settings_from, small_set, tmp_path, monkeypatch, fail):
    root = settings_from(COURSE_DATA=tmp_path / "sets").data
    monkeypatch.setattr(
        "torchvision.datasets.voc.download_and_extract_archive",
        lambda url, folder, filename, md5: fake_archive(small_set, type(root)(folder), fail),
    )
    if fail:
        with pytest.raises(DataMissing, match="File not found or corrupted"):
            download_voc(2007)
        assert list(root.iterdir()) == []
    else:
        assert download_voc(2007) == root / "VOCdevkit" / "VOC2007"
        assert [item.name for item in root.iterdir()] == ["VOCdevkit"]
        assert [item.name for item in voc(2007, "trainval")] == ["a", "b"]


def test_in_mini_detection_data_are_tinytown_scenes(settings_from):
    settings_from()
    scenes = data.detection("val", 3)
    assert (len(scenes), scenes.classes, scenes.name) == (3, tinytown.CLASSES, "Tinytown")
    assert scenes[0].image.shape == (3, 128, 128)
    assert scenes[0].boxes.shape == (len(scenes[0].labels), 4)
    assert len(scenes[:2]) == 2


def test_detection_data_may_begin_at_another_scene(settings_from):
    settings_from()
    assert [scene.seed for scene in data.detection("val", 2, start=7)] == [7, 8]
    settings_from(COURSE_LIMIT=1)
    assert [scene.seed for scene in data.detection("val", 2, start=7)] == [7]


def test_the_limit_bounds_both_profiles(settings_from, test_data):
    settings_from(COURSE_LIMIT=2)
    assert len(data.detection("val", 3)) == 2
    settings_from(COURSE_LIMIT=2, COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_VOC_YEAR=2012)
    assert len(data.detection("val", 3)) == 2


def test_detection_names_its_splits(settings_from):
    settings_from()
    with pytest.raises(SettingsError, match="train or val or test"):
        data.detection("trainval", 3)


def test_real_voc_in_the_full_profile(settings_from, test_data):
    """All 75 photographs: boxes inside their images, 204 objects of which 32 are difficult (counted in the XML)."""
    settings_from(COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_VOC_YEAR=2012)
    photographs = data.detection("train", 1)
    assert (len(photographs), photographs.classes, photographs.name) == (57, VOC_CLASSES, "PASCAL VOC 2012")
    assert len(data.detection("test", 1)) == 18  # VOC 2012 keeps its test annotations: val stands in
    found = list(voc(2012, "trainval"))
    assert sum(len(item.labels) for item in found) == 204
    assert sum(int(item.difficult.sum()) for item in found) == 32
    for item in found:
        height, width = item.image.shape[1:]
        assert (item.boxes >= 0).all()
        assert (item.boxes <= torch.tensor([width, height, width, height])).all()
        assert (item.boxes[:, 2:] > item.boxes[:, :2]).all()
    assert found[0].boxes.tolist() == [[173, 100, 349, 351]]  # 2007_000027: 174 101 349 351 in its file


@pytest.mark.parametrize(("tests", "found"), [("a\nb\n", 2), (None, 1)])
def test_a_set_of_ones_own_takes_voc_s_place(settings_from, small_set, tests, found):
    main = small_set / "ImageSets" / "Main"
    (main / "val.txt").write_text("b\n")
    if tests:
        (main / "test.txt").write_text(tests)
    settings_from(COURSE_PROFILE="full", COURSE_DATA=small_set.parent, COURSE_DETECTION="zoo")
    photographs = data.detection("test", 1)
    assert (len(photographs), photographs.classes, photographs.name) == (found, ("ape", "zebra"), "zoo")
    assert len(data.detection("train", 1)) == 2
    settings_from(COURSE_PROFILE="full", COURSE_DATA=small_set.parent, COURSE_DETECTION="zoo", COURSE_LIMIT=1)
    assert len(data.detection("train", 1)) == 1
    settings_from(COURSE_PROFILE="full", COURSE_DATA=small_set.parent, COURSE_DETECTION="circus")
    with pytest.raises(DataMissing, match="circus"):
        data.detection("train", 1)


def test_real_voc_shrinks_to_what_is_asked(settings_from, test_data):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_VOC_YEAR=2012, COURSE_LIMIT=4)
    assert [max(item.image.shape[1:]) for item in data.detection("train", 1, longest=200)] == [200] * 4


def test_real_blood_cells_lose_exactly_their_two_boxes_without_area(test_data):
    classes = ("Platelets", "RBC", "WBC")
    sets = [voc_layout(test_data / "BCCD", split) for split in ("train", "val")]
    assert [len(found) for found in sets] == [205, 87]
    assert sets[0].classes == classes
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        objects = [len(read_objects(path, classes)[1]) for found in sets for path in found.annotations]
    assert sum(objects) == 3943 - 2
    assert sorted(str(warning.message).split(".xml:")[0][-5:] for warning in caught) == ["00338", "00343"]
