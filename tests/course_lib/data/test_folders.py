"""Images by class: drawn objects, real folders of any size and colour, and what is said of those that are no use."""

import pytest
import torch
from PIL import Image

from course_lib.data import classification, tinytown
from course_lib.data.folders import image_folder, square
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


LEFT = [".ipynb_checkpoints/a.png", "__MACOSX/cat/._0.png", "__pycache__/a.png", ".git/a.png", "@eaDir/0.png"]


@pytest.mark.parametrize(
    "left", [*LEFT, *(f"cat/{path}" for path in LEFT), "cat/._0.png", "cat/.DS_Store", "cat/Thumbs.db"]
)
@pytest.mark.parametrize("readable", [True, False])
def test_what_other_programs_left_is_no_data(zoo, left, readable):
    before = image_folder(zoo, 9, 16)
    path = zoo / left
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((zoo / "cat" / "0.png").read_bytes() if readable else b"\0\5\x16\7")
    found = image_folder(zoo, 9, 16)
    assert found.classes == before.classes
    assert torch.equal(found.images, before.images)


def test_a_class_of_nothing_but_what_other_programs_left_has_no_images(zoo):
    (zoo / "snake" / ".ipynb_checkpoints").mkdir(parents=True)
    for name in ("._0.jpg", "Thumbs.db", ".ipynb_checkpoints/0.jpg"):
        (zoo / "snake" / name).write_bytes(b"")
    with pytest.raises(DataBroken, match="no image in snake"):
        image_folder(zoo, 2, 16)


@pytest.mark.parametrize("suffix", ["PNG", "JPG", "Jpeg", "jfif", "WEBP", "gif", "TIF"])
def test_suffixes_of_any_case_are_images(zoo, suffix):
    Image.new("RGB", (20, 20)).convert("L").save(zoo / "fish" / f"my fish.{suffix}")
    assert image_folder(zoo, 9, 16).labels.bincount().tolist() == [5, 4, 4]


def test_photographs_that_the_course_cannot_read_are_not_left_out_silently(zoo):
    (zoo / "dog" / "IMG_1.HEIC").write_bytes(b"\0\0\0\x1cftypheic")
    (zoo / "dog" / "notes.txt").write_text("a good boy")
    with pytest.warns(UserWarning, match=r"1 images are left out, for example .*IMG_1\.HEIC"):
        assert image_folder(zoo, 9, 16).labels.bincount().tolist() == [5, 4, 3]
    (zoo / "snake").mkdir()
    (zoo / "dog" / "IMG_1.HEIC").rename(zoo / "snake" / "IMG_1.HEIC")
    with pytest.raises(DataBroken, match=r"no image in snake but IMG_1\.HEIC, which the course cannot read"):
        image_folder(zoo, 9, 16)


@pytest.mark.parametrize("name", ["Cat", "cat ", "CAT"])
def test_two_folders_for_one_class_are_said(zoo, name):
    (zoo / "fish").rename(zoo / name)
    with pytest.warns(UserWarning, match="are read as two classes; rename one"):
        assert len(image_folder(zoo, 2, 16).classes) == 3


def test_images_may_lie_in_a_folder_of_their_class_s_folder(zoo):
    before = image_folder(zoo, 9, 16).images
    for name in ("cat", "dog", "fish"):
        (zoo / name).rename(zoo / "away")
        (zoo / name).mkdir()
        (zoo / "away").rename(zoo / name / "images")
    assert torch.equal(image_folder(zoo, 9, 16).images, before)


@pytest.mark.parametrize("parts", [["train", "val"], ["Train", "Valid", "test"], ["zoo"]])
def test_the_folder_above_the_set_is_no_set(zoo, parts):
    for part in parts:
        for name in ("cat", "dog"):
            (zoo.parent / "set" / part / name).mkdir(parents=True)
            Image.new("RGB", (9, 9)).save(zoo.parent / "set" / part / name / "0.png")
    with pytest.raises(DataBroken, match=f"COURSE_CLASSIFICATION=set/{parts[0]}"):
        image_folder(zoo.parent / "set", 2, 16)


def test_images_without_folders_are_said(zoo):
    with pytest.raises(DataBroken, match=r"no folder of a class; there lies 0\.png"):
        image_folder(zoo / "cat", 2, 16)
    (zoo / "cat" / "empty").mkdir()
    with pytest.raises(DataMissing, match="empty is not on this machine"):
        image_folder(zoo / "cat" / "empty", 2, 16)


def test_a_photograph_is_turned_as_its_camera_noted(zoo):
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (40, 40), (20, 20, 20))
    sideways.paste((230, 230, 230), (0, 0, 20, 40))  # light on the left: upright, at the top
    sideways.save(zoo / "fish" / "9.jpg", exif=exif)
    last = image_folder(zoo, 9, 16).images[-1]
    assert last[:, :7].min() > 150
    assert last[:, 9:].max() < 100


def test_16_bit_images_are_not_white(zoo):
    Image.new("I;16", (40, 40), 0x4000).save(zoo / "fish" / "9.png")
    assert (image_folder(zoo, 9, 16).images[-1] == 0x40).all()


def test_a_strip_does_not_become_gigantic(zoo):
    Image.new("L", (1, 60_000), 90).save(zoo / "fish" / "9.png")
    assert (image_folder(zoo, 9, 224).images[-1] == 90).all()
    wide = torch.arange(200, dtype=torch.uint8).expand(3, 50, 200)
    assert torch.equal(square(wide, 50), wide[:, :, 75:125])
