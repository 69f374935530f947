"""Sets in VOC's layout with the dirt of real ones: read as they are meant, or named in one sentence."""

import unicodedata
import warnings

import pytest
import torch
from PIL import Image

from course_lib import doctor
from course_lib.data.images import TURNS
from course_lib.data.voc import voc_layout
from course_lib.errors import DataBroken, DataMissing

OBJECT = "<object><name>{}</name><bndbox><xmin>11</xmin><ymin>6</ymin><xmax>{}</xmax><ymax>20</ymax></bndbox></object>"


def stands(folder, name="a", picture="a.jpg", kind="dog", size=(60, 40), stated=None, right=30):
    """One picture of 60 × 40 with one object; `stated` is what <size> says, width first."""
    for part in ("JPEGImages", "Annotations", "ImageSets/Main"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    Image.effect_noise(size, 90).save(folder / "JPEGImages" / picture)
    width, height = stated or size
    text = f"<size><width>{width}</width><height>{height}</height></size>" + OBJECT.format(kind, right)
    (folder / "Annotations" / f"{name}.xml").write_text(
        f"<annotation><filename>{name}.jpg</filename>{text}</annotation>"
    )


def listed(folder, content):
    (folder / "ImageSets" / "Main" / "train.txt").write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    return voc_layout(folder, "train")


@pytest.mark.parametrize("suffix", ["JPG", "png", "PNG", "jpeg", "JPEG", "webp", "bmp", "tif"])
def test_a_picture_may_be_of_any_kind_and_in_any_case(tmp_path, suffix):
    stands(tmp_path, picture=f"a.{suffix}")
    (item,) = listed(tmp_path, "a\n")
    assert (item.name, item.image.shape, item.boxes.tolist()) == ("a", (3, 40, 60), [[10, 5, 30, 20]])


@pytest.mark.parametrize("name", ["my dog", "dog  2", "my dog 1", "2007.05.01", "Zoë", "犬", "dog(1)", "-1"])
def test_a_name_may_hold_spaces_points_and_any_letters(tmp_path, name):
    stands(tmp_path, name=unicodedata.normalize("NFD", name), picture=unicodedata.normalize("NFD", f"{name}.jpg"))
    (item,) = listed(tmp_path, f"{name}\n")
    assert len(item.boxes) == 1


@pytest.mark.parametrize(
    "content",
    [
        "a\r\nb c\r\n",
        "\ufeffa\nb c\n",
        "a\nb c".encode("utf-16"),
        "\n\na\n   \nb c\n\n",
        "a  1\nb c -1\n",
        "a 0 17\nb c 1\n",
        "a\nb c\na\nb c\n",
        "a.jpg\nb c.JPG\n",
        "JPEGImages/a.jpg\nJPEGImages/b c.jpg\n",
        "VOC\\JPEGImages\\a.jpg\nVOC\\Annotations\\b c.xml\n",
        "A\nB C\n",
    ],
)
def test_a_list_may_be_written_in_many_ways(tmp_path, content):
    stands(tmp_path)
    stands(tmp_path, "b c", "b c.jpg")
    assert [item.name for item in listed(tmp_path, content)] == ["a", "b c"]


@pytest.mark.parametrize("content", ["", "\r\n \n", "\ufeff"])
def test_a_list_without_names_is_said(tmp_path, content):
    stands(tmp_path)
    with pytest.raises(DataBroken, match=r"train\.txt is empty"):
        listed(tmp_path, content)


def test_a_list_in_no_known_encoding_is_named(tmp_path):
    stands(tmp_path)
    with pytest.raises(DataBroken, match=r"train\.txt cannot be read"):
        listed(tmp_path, "Zoë\n".encode("latin-1"))


def test_what_other_programs_left_is_no_data(tmp_path):
    stands(tmp_path)
    for place in ("JPEGImages/._a.jpg", "Annotations/._a.xml", "Annotations/.DS_Store", "Annotations/__notes.xml"):
        (tmp_path / place).write_bytes(b"\0\5\x16\7")
    for place in ("JPEGImages/.ipynb_checkpoints/a.jpg", "Annotations/.ipynb_checkpoints/b.xml"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).write_bytes(b"")
    found = listed(tmp_path, "a\n")
    assert (found.classes, len(found[0].boxes)) == (("dog",), 1)


def test_a_space_in_a_name_makes_no_second_class_and_capitals_not_silently(tmp_path):
    stands(tmp_path)
    stands(tmp_path, "b", "b.jpg", kind=" dog\n")
    assert listed(tmp_path, "a\nb").classes == ("dog",)
    stands(tmp_path, "b", "b.jpg", kind="Dog")
    with pytest.warns(UserWarning, match=r"'Dog' \(in .*b\.xml\) and 'dog' \(in .*a\.xml\) are read as two classes"):
        assert listed(tmp_path, "a\nb").classes == ("Dog", "dog")


def test_annotations_without_any_object_are_said(tmp_path):
    stands(tmp_path)
    (tmp_path / "Annotations" / "a.xml").write_text("<annotation/>")
    with pytest.raises(DataBroken, match="name no object"):
        listed(tmp_path, "a")


def test_a_name_without_its_picture_or_its_annotation_is_said_with_advice(tmp_path):
    stands(tmp_path)
    stands(tmp_path, "b", "b.jpg")
    (tmp_path / "Annotations" / "a.xml").unlink()
    (tmp_path / "JPEGImages" / "b.jpg").unlink()
    found = listed(tmp_path, "a\nb\nc")
    for index, name in enumerate((r"annotation a\.xml", r"image b\.jpg", r"annotation c\.xml")):
        with pytest.raises(DataMissing, match=rf"{name} is not there(.|\n)*take its name out of the lists"):
            found[index]


def test_several_pictures_of_one_name(tmp_path):
    stands(tmp_path)
    stands(tmp_path, picture="a.png", size=(8, 8), stated=(60, 40))
    assert listed(tmp_path, "a")[0].image.shape == (3, 40, 60)  # .jpg is VOC's own
    (tmp_path / "JPEGImages" / "a.jpg").rename(tmp_path / "JPEGImages" / "a.bmp")
    with pytest.raises(DataBroken, match=r"The name a has several files(.|\n)*a\.bmp, a\.png"):
        listed(tmp_path, "a")


@pytest.mark.parametrize("stated", [(0, 0), (60, 40), (61, 40), (59, 41)])
def test_a_size_of_nothing_or_a_pixel_off_is_no_disagreement(tmp_path, stated):
    stands(tmp_path, stated=stated, right=90)
    assert listed(tmp_path, "a")[0].boxes.tolist() == [[10, 5, 60, 20]]


@pytest.mark.parametrize("stated", [(40, 60), (500, 375), (55, 40)])
def test_a_size_that_disagrees_is_said_and_boxes_stay_inside(tmp_path, stated):
    stands(tmp_path, stated=stated, right=90)
    with pytest.warns(
        UserWarning, match=rf"a\.xml: <size> says {stated[0]} × {stated[1]} pixels, its picture has 60 × 40"
    ):
        assert listed(tmp_path, "a")[0].boxes.tolist() == [[10, 5, 60, 20]]


@pytest.mark.parametrize("stated", [(600, 400), (120, 80), (30, 20)])
def test_a_picture_scaled_after_its_boxes_were_drawn_is_refused(tmp_path, stated):
    stands(tmp_path, stated=stated)
    with pytest.raises(DataBroken, match=r"a\.xml cannot be read(.|\n)*scale the boxes"):
        listed(tmp_path, "a")[0]


@pytest.mark.parametrize(("stated", "shape"), [((60, 40), (3, 40, 60)), ((40, 60), (3, 60, 40)), ((0, 0), (3, 40, 60))])
def test_boxes_are_in_stored_pixels_unless_size_is_that_of_the_upright_picture(tmp_path, stated, shape):
    stands(tmp_path, stated=stated)
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = Image.new("RGB", (60, 40), (20, 20, 20))
    picture.paste((230, 230, 230), (0, 0, 30, 20))
    picture.save(tmp_path / "JPEGImages" / "a.jpg", exif=exif)
    (item,) = listed(tmp_path, "a")
    assert item.image.shape == shape
    corner = item.image[:, :15, -15:] if shape[1] == 60 else item.image[:, :15, :15]
    assert TURNS[6] == Image.Transpose.ROTATE_270  # a quarter clockwise: upper left becomes upper right
    assert corner.min() > 200


def test_shrunk_boxes_stay_inside_the_shrunk_picture(tmp_path):
    stands(tmp_path, size=(97, 61), right=400)
    listed(tmp_path, "a")
    for longest in range(20, 97):
        (item,) = voc_layout(tmp_path, "train", longest=longest)
        assert item.boxes[0, 2] <= item.image.shape[2]
        assert (item.boxes[:, 2:] > item.boxes[:, :2]).all()


def test_real_sets_are_read_without_a_word_about_their_sizes(test_data):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for item in voc_layout(test_data / "VOCdevkit" / "VOC2012", "val"):
            assert (item.boxes[:, 2:] <= torch.tensor(item.image.shape[:0:-1])).all()


@pytest.mark.parametrize("content", ["\ufeffa 1\r\nb -1\r\n", "a\n\nb"])
def test_the_doctor_counts_names_and_not_words(settings_from, tmp_path, content):
    folder = tmp_path / "VOCdevkit" / "VOC2012"
    stands(folder)
    listed(folder, content)
    assert ("PASCAL VOC 2012", "train (2 images)") in list(doctor.data(settings_from(COURSE_DATA=tmp_path)))
