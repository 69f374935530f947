"""Images by class: drawn objects, real folders of any size and colour, and what is said of those that are no use."""

import pytest
import torch
from PIL import Image

from course_lib.data import classification, tinytown
from course_lib.data.folders import image_folder
from course_lib.errors import DataBroken, DataMissing

HERE = "zoo"


@pytest.fixture
def zoo(tmp_path):
    """Three classes of real files in all sizes and colours: cats 5, dogs 4, fish 3."""
    root = tmp_path / HERE
    sizes = {"cat": 5, "dog": 4, "fish": 3}
    for shade, (name, count) in enumerate(sizes.items(), start=1):
        (root / name).mkdir(parents=True)
        for index in range(count):
            Image.new("RGB", (20 + 30 * index, 40), (60 * shade, 10 * index, 200)).save(root / name / f"{index}.png")
    return root


def test_mini_draws_the_families_that_the_backbone_has_never_seen(settings_from):
    settings_from()
    drawn = classification(3, 32)
    assert drawn.classes == tinytown.TARGET_FAMILIES
    assert not set(drawn.classes) & set(tinytown.SOURCE_FAMILIES)
    assert drawn.images.shape == (36, 3, 32, 32)
    assert drawn.labels.bincount().tolist() == [3] * 12


def test_source_and_target_families_share_neither_name_nor_picture():
    """No drawing function serves two families, and no family is a class of the street scenes."""
    from course_lib.data.tinytown.crops import FAMILIES

    assert not set(FAMILIES["source"]) & set(FAMILIES["target"])
    functions = [draw for group in FAMILIES.values() for draw in group.values()]
    assert len(set(functions)) == len(functions)
    source, target = (tinytown.objects(group, "test", 48, 32)[0].flatten(1).float() for group in FAMILIES)
    assert torch.cdist(source, target).min() > 100


def test_a_folder_is_read_class_by_class(zoo):
    found = image_folder(zoo, 4, 32)
    assert found.classes == ("cat", "dog", "fish")
    assert found.labels.bincount().tolist() == [4, 4, 3]
    assert (found.images.shape, found.images.dtype) == ((11, 3, 32, 32), torch.uint8)
    assert found.images[0, 0].float().mean() == 60
    assert found.name == HERE


def test_what_is_taken_is_spread_over_the_files(zoo):
    greens = image_folder(zoo, 2, 8).images[:, 1, 0, 0]
    assert greens.tolist() == [0, 20, 0, 20, 0, 10]


@pytest.mark.parametrize("kind", ["L png", "L jpg", "CMYK jpg", "P png", "RGBA png"])
def test_any_kind_of_colour_becomes_rgb(zoo, kind):
    mode, suffix = kind.split()
    Image.new("RGB", (50, 70), (30, 90, 150)).convert(mode).save(zoo / "fish" / f"9.{suffix}")
    last = image_folder(zoo, 9, 16).images[-1]
    assert last.shape == (3, 16, 16)
    spread = last.float().flatten(1).std(1)
    assert spread.max() < 3
    assert (last.float().mean((1, 2)).max() - last.float().mean((1, 2)).min() > 50) == (mode != "L")


def test_full_reads_the_named_folder_and_keeps_to_the_limit(zoo, settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=zoo.parent, COURSE_CLASSIFICATION=HERE, COURSE_LIMIT=6)
    assert classification(4, 16).labels.tolist() == [0, 0, 1, 1, 2, 2]
    settings_from(COURSE_PROFILE="full", COURSE_DATA=zoo.parent, COURSE_CLASSIFICATION=HERE, COURSE_LIMIT=1)
    assert classification(4, 16).labels.tolist() == [0, 0, 1, 1, 2, 2]


def test_caltech_256_is_looked_for_and_its_clutter_left_out(zoo, settings_from):
    settings_from(COURSE_PROFILE="full", COURSE_DATA=zoo.parent)
    with pytest.raises(DataMissing, match="caltech256/256_ObjectCategories") as error:
        classification(4, 16)
    assert "course data caltech256" in str(error.value)
    (zoo.parent / "caltech256").mkdir()
    zoo.rename(zoo.parent / "caltech256" / "256_ObjectCategories")
    (zoo.parent / "caltech256" / "256_ObjectCategories" / "fish").rename(
        zoo.parent / "caltech256" / "256_ObjectCategories" / "257.clutter"
    )
    found = classification(4, 16)
    assert (found.name, found.classes) == ("Caltech-256", ("cat", "dog"))


def test_a_broken_image_is_named(zoo):
    path = zoo / "dog" / "1.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(DataBroken, match=r"1\.png cannot be read") as error:
        image_folder(zoo, 9, 16)
    assert str(path) in str(error.value)


def test_one_class_is_nothing_to_tell_apart(zoo):
    for name in ("cat", "dog"):
        for path in (zoo / name).iterdir():
            path.unlink()
        (zoo / name).rmdir()
    with pytest.raises(DataBroken, match="one class, fish"):
        image_folder(zoo, 2, 16)


def test_a_class_without_images_is_named(zoo):
    (zoo / "snake").mkdir()
    with pytest.raises(DataBroken, match="snake"):
        image_folder(zoo, 2, 16)


REAL = {"hymenoptera_data": ("ants", "bees"), "cifar10_jpg": ("airplane", "automobile")}


@pytest.mark.parametrize("folder", REAL)
def test_real_folders(test_data, folder):
    found = image_folder(test_data / folder / "train", 6, 64)
    assert found.classes[:2] == REAL[folder]
    assert found.labels.bincount().tolist() == [6] * len(found.classes)
    assert found.images.float().std() > 30
