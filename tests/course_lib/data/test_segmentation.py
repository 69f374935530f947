"""Images with the class of each pixel: Tinytown, CamVid's and VOC's layouts, and label images of every kind."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.data import tinytown
from course_lib.data.labels import VOID, read_labels
from course_lib.data.segmentation import CAMVID, CAMVID_LABELS, VOC, VOC_LABELS, photographs, segmentation
from course_lib.errors import DataBroken, DataMissing, SettingsError

LABELS = np.array([[0, 1, 2, 3], [3, 2, 255, 0], [0, 0, 1, 255]], dtype=np.uint8)
AS_READ = torch.from_numpy(LABELS)


def palette():
    image = Image.fromarray(LABELS)
    image.putpalette([(37 * number) % 256 for number in range(768)])
    return image


def opaque(mode):
    image = Image.fromarray(LABELS).convert(mode)
    image.putalpha(255)
    return image


KINDS = {
    "grey": Image.fromarray(LABELS),
    "palette": palette(),
    "16 bits": Image.fromarray(LABELS.astype(np.uint16)),
    "colour, all three equal": Image.fromarray(LABELS).convert("RGB"),
    "grey, opaque alpha": opaque("L"),
    "colour, opaque alpha": opaque("RGB"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_labels_are_read_from_every_kind_of_png(kind, tmp_path):
    KINDS[kind].save(tmp_path / "a.png")
    assert torch.equal(read_labels(tmp_path / "a.png", classes=4), AS_READ)


def test_black_and_white_are_two_classes(tmp_path):
    Image.fromarray(LABELS == 1).save(tmp_path / "a.png")
    assert torch.equal(read_labels(tmp_path / "a.png", classes=2).bool(), AS_READ == 1)


def test_a_palette_that_is_transparent_says_nothing_of_the_labels(tmp_path):
    palette().save(tmp_path / "a.png", transparency=1)
    assert torch.equal(read_labels(tmp_path / "a.png", classes=4), AS_READ)


def test_void_becomes_255_whatever_it_was(tmp_path):
    Image.fromarray(LABELS.clip(max=4)).save(tmp_path / "a.png")
    assert torch.equal(read_labels(tmp_path / "a.png", classes=4, void=4), AS_READ)


def transparent(mode):
    image = opaque(mode)
    image.putpixel((2, 1), (*image.getpixel((2, 1))[:-1], 254))
    return image


def coloured():
    image = Image.fromarray(LABELS).convert("RGB")
    image.putpixel((0, 0), (128, 0, 0))
    return image


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (transparent("L"), "an alpha channel that is not opaque in 1 of its pixels"),
        (transparent("RGB"), "an alpha channel"),
        (coloured(), "colours or fractions .*RGB"),
        (Image.fromarray(LABELS.astype(np.float32)), "colours or fractions .*F"),
    ],
)
def test_what_holds_no_labels_is_refused_by_name(image, words, tmp_path):
    path = tmp_path / ("a.tif" if image.mode == "F" else "a.png")
    image.save(path)
    with pytest.raises(DataBroken, match=words) as error:
        read_labels(path, classes=4)
    assert str(path) in str(error.value)


def test_another_label_is_named_with_its_place(tmp_path):
    Image.fromarray(LABELS).save(tmp_path / "a.png")
    with pytest.raises(DataBroken, match="2 pixels of other labels, 3 in row 0, column 3") as error:
        read_labels(tmp_path / "a.png", classes=3)
    assert "0 to 2, or 255 for void" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"no image", None])
def test_a_file_that_is_none_is_refused_by_name(content, tmp_path):
    path = tmp_path / "a.png"
    if content is None:
        palette().resize((90, 90)).save(path)
        content = path.read_bytes()[:-40]
    path.write_bytes(content)
    with pytest.raises(DataBroken, match=r"a\.png cannot be read"):
        read_labels(path, classes=4)


def test_a_label_image_that_is_not_there_is_missed_by_name(tmp_path):
    with pytest.raises(DataMissing, match=r"a\.png is not there"):
        read_labels(tmp_path / "a.png", classes=4)


def test_tinytown_s_scenes_have_a_class_for_each_pixel(settings_from):
    settings_from()
    found = segmentation("val", 3, start=2)
    assert (len(found), found.name, found.classes) == (3, "Tinytown", ("background", *tinytown.CLASSES))
    for one, scene in zip(found, tinytown.scenes("val", 3, start=2), strict=True):
        assert torch.equal(one.image, scene.image)
        assert torch.equal(one.mask, scene.semantic)
        assert int(one.mask.max()) < len(found.classes)
    assert [one.name for one in found[1:]] == ["scene 3", "scene 4"]


def test_camvid_is_read_with_its_void(test_data, settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_SEGMENTATION="CamVid")
    train, val, test = (segmentation(split, 0) for split in ("train", "val", "test"))
    assert [len(part) for part in (train, val, test)] == [62, 26, 26]  # without a test set it is val
    assert (train.classes, train.name) == (CAMVID_LABELS, "CamVid")
    seen = torch.stack([torch.bincount(one.mask.flatten().long(), minlength=256) for one in val]).sum(dim=0)
    assert set(seen.nonzero().flatten().tolist()) == {*range(11), VOID}
    assert (val[0].image.shape, val[0].mask.shape) == ((3, 360, 480), (360, 480))


def test_camvid_at_half_size_keeps_whole_labels(test_data):
    whole, half = (photographs(test_data / "CamVid", "val", CAMVID, longest)[0] for longest in (None, 240))
    assert (half.image.shape, half.mask.shape) == ((3, 180, 240), (180, 240))
    assert set(half.mask.unique().tolist()) <= set(whole.mask.unique().tolist())
    assert (half.mask != whole.mask[::2, ::2]).float().mean() < 0.1  # one of the four pixels that it stands for


def test_the_settings_limit_bounds_all(test_data, settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=test_data, COURSE_SEGMENTATION="CamVid", COURSE_LIMIT=5)
    assert len(segmentation("train", 100)) == 5
    settings_from(COURSE_LIMIT=2)
    assert len(segmentation("train", 100)) == 2


@pytest.fixture
def small_set(tmp_path):
    """Two images in VOC's layout, 4×3, with palettes."""
    folder = tmp_path / "VOCdevkit" / "VOC2012"
    for part in ("JPEGImages", "SegmentationClass", "ImageSets/Segmentation"):
        (folder / part).mkdir(parents=True)
    for name in ("a", "b"):
        Image.effect_noise((4, 3), 90).save(folder / "JPEGImages" / f"{name}.jpg")
        palette().save(folder / "SegmentationClass" / f"{name}.png")
    (folder / "ImageSets/Segmentation/train.txt").write_text("a\r\nb\r\n\r\na\r\n")
    return folder


def test_voc_s_layout_is_read_by_its_year(small_set, settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=small_set.parents[1], COURSE_VOC_YEAR=2012)
    found = segmentation("train", 9)
    assert ([one.name for one in found], found.classes) == (["a", "b"], VOC_LABELS)
    assert torch.equal(found[1].mask, AS_READ)


def test_a_split_that_is_not_there_is_missed_with_its_list(small_set):
    with pytest.raises(DataMissing, match="'val' of VOC2012") as error:
        photographs(small_set, "val", VOC)
    assert "ImageSets/Segmentation/val.txt" in str(error.value)


def test_an_empty_list_is_refused(small_set):
    (small_set / "ImageSets/Segmentation/val.txt").write_text("\n")
    with pytest.raises(DataBroken, match=r"val\.txt is empty"):
        photographs(small_set, "val", VOC)


def test_an_image_and_a_mask_of_two_sizes_are_named(small_set):
    palette().rotate(90, expand=True).save(small_set / "SegmentationClass" / "b.png")
    found = photographs(small_set, "train", VOC)
    assert found[0].mask.shape == (3, 4)
    with pytest.raises(DataBroken, match=r"b\.jpg has 4 × 3 pixels, the label image 3 × 4"):
        found[1]


def test_another_split_is_refused():
    with pytest.raises(SettingsError, match="no such split"):
        segmentation("training", 1)
