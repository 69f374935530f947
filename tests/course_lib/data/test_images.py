"""Every kind of image file becomes the same RGB, or is refused in a sentence that names it."""

import struct
import warnings

import cv2
import numpy as np
import PIL
import pytest
import torch
from PIL import Image

from course_lib.data.images import MOST_PIXELS, TURNS, read_image
from course_lib.errors import DataBroken, DataMissing
from tests.helpers import pictures

ROWS, COLUMNS = np.mgrid[0:160:8, 0:240:8]
RGB = np.dstack([COLUMNS, ROWS, np.full_like(ROWS, 77)]).astype(np.uint8)


def written(path, pixels):
    """A file as OpenCV writes it, which knows 16 bits a channel."""
    cv2.imwrite(str(path), pixels[..., [2, 1, 0, 3][: pixels.shape[2]]] if pixels.ndim == 3 else pixels)
    return path


def png(path, *promised):
    """A grey PNG file whose header promises so many pixels."""
    path.write_bytes(pictures.png(*promised))
    return path


def twelve_bits(path):
    """A TIFF file of one row: 0, 256, 512 … 3840 of 4095."""
    row = bytes([0x00, 0x01, 0x00, 0x20, 0x03, 0x00, 0x40, 0x05, 0x00, 0x60, 0x07, 0x00]) + bytes(
        [0x80, 0x09, 0x00, 0xA0, 0x0B, 0x00, 0xC0, 0x0D, 0x00, 0xE0, 0x0F, 0x00]
    )
    tags = {256: 16, 257: 1, 258: 12, 259: 1, 262: 1, 273: 8, 277: 1, 278: 1, 279: len(row)}
    entries = b"".join(
        struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in tags.items()
    )
    head = b"II*\0" + struct.pack("<I", 8 + len(row))
    path.write_bytes(head + row + struct.pack("<H", len(tags)) + entries + bytes(4))
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif", ".pgm"])
def test_16_bit_grey_is_scaled_and_not_white(tmp_path, suffix):
    values = (RGB[..., 0].astype(np.uint16) << 8) + 9
    image = read_image(written(tmp_path / f"depth{suffix}", values))
    assert np.array_equal(image.permute(1, 2, 0), RGB[..., [0, 0, 0]])


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_16_bit_colour_keeps_its_high_byte(tmp_path, suffix):
    values = (RGB.astype(np.uint16) << 8) + 200
    assert np.array_equal(read_image(written(tmp_path / f"a{suffix}", values)).permute(1, 2, 0), RGB)


def test_12_bits_are_scaled_by_12(tmp_path):
    assert read_image(twelve_bits(tmp_path / "scan.tif"))[0, 0].tolist() == list(range(0, 256, 16))


@pytest.mark.parametrize("depth", [8, 16])
def test_what_is_transparent_lies_on_white(tmp_path, depth):
    colours = np.dstack([RGB, np.full(RGB.shape[:2], 255, np.uint8)])
    colours[:10, :, 3] = 0
    values = colours if depth == 8 else colours.astype(np.uint16) * 257
    image = read_image(written(tmp_path / "logo.png", values)).permute(1, 2, 0)
    assert image[:10].min() == 255
    assert np.array_equal(image[10:], RGB[10:])


@pytest.mark.parametrize(("mode", "clear"), [("L", 77), ("P", 0), ("RGB", (0, 0, 77)), ("I;16", 77)])
def test_a_colour_that_the_file_calls_transparent_is_white(tmp_path, mode, clear):
    image = Image.fromarray(np.full((4, 6), 77, np.uint16)) if mode == "I;16" else Image.new("RGB", (6, 4), (0, 0, 77))
    if mode == "L":
        image = Image.new("L", (6, 4), 77)
    image = image.quantize(2) if mode == "P" else image
    image.save(tmp_path / "a.png", transparency=clear)
    assert read_image(tmp_path / "a.png").min() == 255


OLD_PILLOW = pytest.mark.skipif(int(PIL.__version__.split(".")[0]) < 13, reason="Pillow cannot read its own before 13")


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", pytest.param("YCbCr", marks=OLD_PILLOW), "LAB"]
)
def test_any_mode_becomes_three_channels(tmp_path, mode):
    source = Image.new("RGB", (6, 4), (200, 200, 200))
    image = Image.new("LAB", (6, 4), (204, 128, 128)) if mode == "LAB" else source.convert(mode)
    image.save(tmp_path / "a.tif")
    found = read_image(tmp_path / "a.tif").float()
    assert found.shape == (3, 4, 6)
    assert abs(found.mean() - 200) < 60
    assert found.mean((1, 2)).std() < 4


@pytest.mark.parametrize("mode", ["F", "I"])
def test_numbers_without_a_known_white_are_refused(tmp_path, mode):
    Image.new(mode, (6, 4), 1).save(tmp_path / "height.tif")
    with pytest.raises(DataBroken, match=r"height\.tif cannot be read(.|\n)*which of them is white is not said"):
        read_image(tmp_path / "height.tif")


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_photograph_stands_upright_unless_its_stored_pixels_are_asked_for(tmp_path, turn, suffix):
    upright = Image.new("RGB", (32, 16), (20, 20, 20))
    upright.paste((230, 230, 230), (0, 0, 16, 8))  # light at the upper left
    back = {6: 8, 8: 6}.get(turn, turn)
    exif = Image.Exif()
    exif[0x0112] = turn
    upright.transpose(TURNS[back]).save(tmp_path / f"a{suffix}", exif=exif)
    image = read_image(tmp_path / f"a{suffix}")
    assert image.shape == (3, 16, 32)
    assert image[:, 1:7, 1:15].min() > 200
    assert image[:, 9:].max() < 60
    stored = read_image(tmp_path / f"a{suffix}", upright=False)
    assert stored.shape == ((3, 32, 16) if turn >= 5 else (3, 16, 32))
    assert not torch.equal(stored, image)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0broken", b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x2a\0\0\0\0\0\0\0"]
)
def test_damaged_or_odd_exif_leaves_the_picture_as_it_is(tmp_path, exif):
    Image.fromarray(RGB).save(tmp_path / "a.jpg", exif=exif, quality=100)
    assert read_image(tmp_path / "a.jpg").shape == (3, 20, 30)


@pytest.mark.parametrize(("width", "height", "millions"), [(16_000, 12_000, "192.0"), (10_000, 10_001, "100.0")])
def test_a_gigantic_image_is_refused_by_name_before_it_is_unpacked(tmp_path, width, height, millions):
    with pytest.raises(DataBroken, match=rf"map\.png is too large\.(.|\n)*got: {millions} million pixels"):
        read_image(png(tmp_path / "map.png", width, height))


def test_a_large_image_within_the_limit_is_read_without_a_warning(tmp_path):
    width, height = 9_000, 10_000  # Pillow warns from 89.5 million on
    assert 89_478_485 < width * height <= MOST_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(png(tmp_path / "map.png", width, height, bytes((width + 1) * height))).shape[1:] == (
            10_000,
            9_000,
        )


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b"", "an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "begins with b'version https://"),
        (b"\0\0\0\x1cftypheic\0\0\0\0mif1heic", "ftypheic"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PS-Adobe"),
    ],
)
def test_what_lies_there_instead_is_said(tmp_path, content, got):
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(DataBroken) as error:
        read_image(tmp_path / "a.jpg")
    assert got in str(error.value)
    assert str(tmp_path / "a.jpg") in str(error.value)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "gif", "tif", "ppm"])
def test_damage_anywhere_is_read_or_named(tmp_path, suffix):
    """Files cut short and with wrong bytes in their first hundred: never another error, never a warning."""
    Image.fromarray(RGB).save(tmp_path / f"a.{suffix}")
    whole = (tmp_path / f"a.{suffix}").read_bytes()
    draw = np.random.RandomState(0)
    refused = 0
    for turn in range(60):
        raw = bytearray(whole[: draw.randint(len(whole))] if turn % 2 else whole)
        for place in draw.randint(0, min(100, len(whole)), 4 * (1 - turn % 2)):
            raw[place] = draw.randint(256)
        (tmp_path / f"b.{suffix}").write_bytes(raw)
        try:
            assert read_image(tmp_path / f"b.{suffix}").dtype == torch.uint8
        except DataBroken as error:
            assert f"b.{suffix} " in str(error)  # noqa: PT017 (either outcome is right)
            refused += 1
    assert refused > 20


def test_a_folder_in_place_of_an_image_and_nothing_at_all(tmp_path):
    with pytest.raises(DataBroken, match="cannot be read"):
        read_image(tmp_path)
    with pytest.raises(DataMissing, match=r"none\.png is not there"):
        read_image(tmp_path / "none.png")
