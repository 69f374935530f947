"""VOC's annotations: boxes inside their picture, what is no box, and the many ways to write the same thing."""

import pytest
import torch

from course_lib.data.annotations import parse, read_objects, stated_size
from course_lib.errors import DataBroken

CLASSES = ("cat", "dog")
BOX = "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"


def annotation(path, *corners, size="<size><width>100</width><height>60</height></size>"):
    objects = "".join(f"<object><name>dog</name>{BOX.format(*four)}</object>" for four in corners)
    path.write_text(f"<annotation>{size}{objects}</annotation>")
    return path


@pytest.mark.parametrize(
    ("corners", "box"),
    [
        ((-20, -9, 30, 20), [0, 0, 30, 20]),
        ((0, 0, 100, 60), [0, 0, 100, 60]),
        ((91, 51, 140, 99), [90, 50, 100, 60]),
        ((-5, -5, 500, 500), [0, 0, 100, 60]),
        ((100, 60, 120, 130), [99, 59, 100, 60]),  # one pixel is left, the last one
        ((0, 0, 1, 1), [0, 0, 1, 1]),  # one pixel, the first
        ((11.5, 21.25, 12.5, 21.75), [10.5, 20.25, 12.5, 21.75]),
        (("1e1", " 20 ", "+30", "40.0"), [9, 19, 30, 40]),
    ],
)
def test_a_box_is_clipped_to_its_picture(tmp_path, corners, box):
    for size in (None, (60, 100)):
        assert read_objects(annotation(tmp_path / "a.xml", corners), CLASSES, size)[0].tolist() == [box]


@pytest.mark.parametrize(
    ("corners", "fault"),
    [
        ((-20, 5, -5, 9), "outside the picture"),
        ((-20, 5, 0, 9), "outside the picture"),
        ((101, 5, 120, 9), "outside the picture"),
        ((5, 61, 9, 90), "outside the picture"),
        (("1e300", 5, "1e301", 9), "outside the picture"),
        (("nan", 5, 20, 9), "not finite"),
        ((5, 5, "inf", 9), "not finite"),
        ((5, "-Infinity", 20, 9), "not finite"),
        ((5, 5, "1e400", 9), "not finite"),
        ((20, 5, 5, 9), "exchanged corners"),
        ((5, 9, 20, 5), "exchanged corners"),
        ((5, 5, 5, 9), "without area"),
    ],
)
def test_what_is_no_box_is_left_out_with_a_warning_that_names_it(tmp_path, corners, fault):
    path = annotation(tmp_path / "a.xml", (1, 1, 2, 2), corners)
    for size in (None, (60, 100)):
        with pytest.warns(UserWarning, match=rf"a\.xml: object 2 \(dog\) has the box .*{fault}.*; it is left out"):
            boxes, labels, difficult = read_objects(path, CLASSES, size)
        assert (boxes.tolist(), labels.tolist(), difficult.tolist()) == ([[0, 0, 2, 2]], [1], [False])


def test_the_picture_decides_where_the_boxes_end_and_not_the_file(tmp_path):
    path = annotation(tmp_path / "a.xml", (1, 1, 100, 60))
    assert read_objects(path, CLASSES, (30, 50))[0].tolist() == [[0, 0, 50, 30]]


def test_boxes_have_an_area_as_the_32_bit_numbers_that_they_become(tmp_path):
    path = annotation(tmp_path / "a.xml", (100.99999999, 5, 120, 9))
    with pytest.warns(UserWarning, match="left out"):
        assert len(read_objects(path, CLASSES)[0]) == 0


@pytest.mark.parametrize("size", ["", "<size/>", "<size><width>0</width><height>0</height></size>", "<size>?</size>"])
def test_a_size_that_is_not_stated_bounds_nothing(tmp_path, size):
    path = annotation(tmp_path / "a.xml", (-3, 5, 700, 800), size=size)
    assert stated_size(parse(path)) is None
    assert read_objects(path, CLASSES)[0].tolist() == [[0, 4, 700, 800]]


@pytest.mark.parametrize("name", ["dog ", "\n  dog\n ", "Dog", "DOG", "\ufeffdog", "dog\u00a0"])
def test_a_class_is_known_however_it_is_spaced_and_capitalised(tmp_path, name):
    path = annotation(tmp_path / "a.xml", (1, 1, 9, 9))
    path.write_text(path.read_text().replace("dog", name), encoding="utf-8")
    assert read_objects(path, CLASSES)[1].tolist() == [1]


def test_capitals_tell_classes_apart_that_differ_in_nothing_else(tmp_path):
    path = annotation(tmp_path / "a.xml", (1, 1, 9, 9))
    assert read_objects(path, ("DOG", "dog"))[1].tolist() == [1]
    with pytest.raises(DataBroken, match="object 1: 'dog', which is no class of this set"):
        read_objects(path, ("DOG", "Dog"))


@pytest.mark.parametrize(
    ("text", "difficult"),
    [
        ("", False),
        ("<difficult/>", False),
        *((f"<difficult>{text}</difficult>", True) for text in ("1", " 1\n", "True")),
    ],
)
def test_difficult_may_be_missing(tmp_path, text, difficult):
    path = annotation(tmp_path / "a.xml", (1, 1, 9, 9))
    path.write_text(path.read_text().replace("</name>", f"</name>{text}"))
    assert read_objects(path, CLASSES)[2].tolist() == [difficult]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("<annotation>", '<annotation xmlns="http://example.org/voc">'),
        lambda text: (
            text.replace("<", "<v:").replace("<v:/", "</v:").replace("<v:annotation>", '<v:annotation xmlns:v="u">')
        ),
        lambda text: text.replace("object>", "Object>").replace("annotation>", "ANNOTATION>"),
        lambda text: text.replace("<object>", "<objects><object>").replace("</object>", "</object></objects>"),
        lambda text: '\n  <?xml version="1.0"?>\n<!-- made by hand -->\n' + text,
        lambda text: text.replace(">", ">\r\n"),
        lambda text: "\ufeff" + text,
    ],
)
def test_other_ways_to_write_the_same_xml(tmp_path, change):
    path = annotation(tmp_path / "a.xml", (1, 1, 9, 9))
    path.write_text(change(path.read_text()), encoding="utf-8")
    boxes, labels, _ = read_objects(path, CLASSES)
    assert (boxes.tolist(), labels.tolist()) == ([[0, 0, 9, 9]], [1])


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "no element found"),
        ("<annotations><object/></annotations>", "<annotations> where VOC has <annotation>"),
        ("<html><body>404</body></html>", "<html> where VOC has"),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "encoding"),
        ('<?xml version="1.0" encoding="gb2312"?><annotation/>', "encoding"),
        ("<annotation><object><bndbox/></object></annotation>", "object 1: no <name>"),
        ("<annotation><object><name>dog</name></object></annotation>", "object 1: no <bndbox>"),
        (f"<annotation><object><name>dog</name>{2 * BOX.format(1, 1, 9, 9)}</object></annotation>", "object 1: 2 <bnd"),
        (f"<annotation><object><name>dog</name>{BOX.format('1,5', 1, 9, 9)}</object></annotation>", "xmin '1,5'"),
        ("<annotation><object><name>dog</name><bndbox><xmin>3</xmin></bndbox></object></annotation>", "ymax ''"),
    ],
)
def test_what_cannot_be_read_is_said_with_file_object_and_advice(tmp_path, text, got):
    (tmp_path / "a.xml").write_text(text)
    with pytest.raises(DataBroken, match=r"a\.xml cannot be read") as error:
        read_objects(tmp_path / "a.xml", CLASSES)
    assert got in str(error.value)
    assert "try: " in str(error.value)


def test_no_objects_give_empty_arrays(tmp_path):
    boxes, labels, difficult = read_objects(annotation(tmp_path / "a.xml"), CLASSES)
    assert (boxes.shape, labels.shape, difficult.shape) == ((0, 4), (0,), (0,))
    assert boxes.dtype == torch.float32
