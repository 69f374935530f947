"""From bytes to an image: each kind is read as the eye sees it, or refused by a reason, before it is unpacked."""

import struct
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.service.limits import LIMITS, Limits, Refused
from course_lib.service.picture import PASS, decode
from tests.helpers.budget import bounded
from tests.helpers.pictures import bomb, moving, noise, plain, png, saved

COLOR = (200, 120, 40)


def colour_of(data: bytes) -> list[int]:
    image = decode(data, LIMITS)
    assert image.dtype == torch.uint8
    assert image.shape == (3, 32, 48)
    return image.float().mean((1, 2)).round().int().tolist()


def refusal(data: bytes, limits: Limits = LIMITS) -> Refused:
    with pytest.raises(Refused) as refused:
        decode(data, limits)
    return refused.value


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_what_browsers_show_is_read(kind):
    found = colour_of(saved(plain(COLOR), kind))
    assert max(abs(a - b) for a, b in zip(found, COLOR, strict=True)) <= 3


def test_cmyk_is_not_read_as_rgb_nor_upside_down():
    found = colour_of(saved(plain(COLOR).convert("CMYK"), "JPEG", quality=95))
    assert max(abs(a - b) for a, b in zip(found, COLOR, strict=True)) <= 4


def test_16_bits_keep_their_high_byte():
    grey = Image.fromarray(np.full((32, 48), 200 * 256 + 9, np.uint16))
    assert colour_of(saved(grey, "PNG")) == [200, 200, 200]


def test_a_palette_gives_its_colours_and_not_its_numbers():
    assert colour_of(saved(plain(COLOR).quantize(4), "PNG")) == list(COLOR)


def test_what_is_transparent_lies_on_white():
    clear = Image.new("RGBA", (48, 32), (0, 0, 0, 0))
    assert colour_of(saved(clear, "PNG")) == [255, 255, 255]


def test_a_telephone_held_upright_gives_an_upright_picture():
    exif = Image.Exif()
    exif[0x0112] = 6  # the right of what is stored is below: turned by a quarter
    image = plain((20, 20, 20), 32, 48)
    image.paste((230, 230, 230), (0, 0, 32, 24))  # light in the upper half
    stored = image.transpose(Image.Transpose.ROTATE_90)
    found = decode(saved(stored, "JPEG", exif=exif, quality=95), LIMITS)
    assert found.shape == (3, 48, 32)
    assert found[:, :20].min() > 200
    assert found[:, 28:].max() < 60


def test_a_photograph_with_a_second_picture_behind_it_is_no_animation():
    """Telephones write depth or brightness behind a JPEG; Pillow calls it MPO and counts two frames."""
    data = moving("MPO")
    assert Image.open(BytesIO(data)).n_frames == 2
    red, green, blue = colour_of(data)
    assert red > 240
    assert max(green, blue) < 10


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_moves_is_refused(kind):
    refused = refusal(moving(kind))
    assert refused.status == 422
    assert "moves" in refused.reason


@pytest.mark.parametrize(
    ("width", "height"),
    [(10_000, 10_000), (100_000_000, 1), (13_000, 13_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)],
)
def test_too_many_pixels_are_refused_from_the_header(width, height):
    """Nothing follows this header: who unpacked it would find the file cut short, not large."""
    refused = refusal(png(width, height))
    assert refused.status == 413
    assert "25 million pixels" in refused.reason


def test_a_decompression_bomb_is_refused_from_its_header():
    data = bomb(28_000)  # 784 million pixels
    assert len(data) < 100_000
    assert refusal(data).status == 413


def test_that_bomb_is_a_picture():
    assert decode(bomb(800), LIMITS).shape == (3, 800, 800)


def test_the_limit_itself_is_allowed():
    limits = Limits(pixels=48 * 32)
    assert decode(saved(plain(COLOR), "PNG"), limits).shape == (3, 32, 48)
    assert refusal(saved(plain(COLOR, 49), "PNG"), limits).status == 413


def test_a_jpeg_of_endless_passes_is_refused():
    """Each further copy of the last pass takes a few bytes, and as long to decode as the whole picture is large."""
    usual = saved(noise(), "JPEG", progressive=True)
    assert usual.count(PASS) == 6
    last = usual[usual.rindex(PASS) : -2]
    assert decode(usual[:-2] + 400 * last + usual[-2:], LIMITS).shape == (3, 200, 200)
    refused = refusal(usual[:-2] + 500 * last + usual[-2:])
    assert refused.status == 422
    assert "500 passes" in refused.reason


DECODING = """
import sys
from io import BytesIO

import numpy as np
import psutil
from PIL import Image

from course_lib.service.limits import LIMITS
from course_lib.service.picture import PASS, decode
from tests.helpers.pictures import saved
from tools.figures.run_notebooks import peak_memory

data = saved(Image.fromarray(np.zeros((5000, 5000), np.uint16)), "PNG", compress_level=1)
before = psutil.Process().memory_info().rss
assert decode(data, LIMITS).shape == (3, 5000, 5000)
print(peak_memory(psutil.Process().pid) - before)
"""


def test_what_the_largest_picture_takes(root):
    """16 bits take most. A free Binder has 2 GB, of which a notebook with PyTorch takes 0.8."""
    done = subprocess.run([sys.executable, "-c", DECODING], cwd=root, capture_output=True, text=True, check=True)
    assert 25_000_000 * 3 < int(done.stdout) < 900e6


def test_no_bytes_are_an_empty_file():
    assert refusal(b"").status == 400
    assert "empty" in refusal(b"").reason


@pytest.mark.parametrize("kind", ["TIFF", "PPM", "JPEG2000"])
def test_decoders_that_nobody_needs_here_are_not_fed(kind):
    assert refusal(saved(plain(COLOR), kind)).status == 415


@pytest.mark.parametrize("data", [b"This is a shopping list.\n", b"<svg/>", b"%PDF-1.7\n", b"\0" * 999])
def test_what_is_no_picture_is_refused_whatever_it_is_called(data):
    refused = refusal(data)
    assert refused.status == 415
    assert "JPEG, PNG" in refused.reason


@pytest.mark.timed
@pytest.mark.parametrize(("bits", "compression"), [(8, 1), (4, 2)], ids=["RLE8", "RLE4"])
def test_a_compressed_bmp_is_refused_before_it_is_unpacked(bits, compression):
    """Its one row of 25 million pixels is said to end at once."""
    palette = bytes(4 * 2**bits)
    info = struct.pack("<IiiHHIIiiII", 40, 25_000_000, 1, 1, bits, compression, 4, 2835, 2835, 2**bits, 0)
    start = 14 + len(info) + len(palette)
    data = b"BM" + struct.pack("<IHHI", start + 4, 0, 0, start) + info + palette + b"\1\1\0\0"
    with bounded(0.5):
        refused = refusal(data)
    assert refused.status == 422
    assert "compressed BMP" in refused.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_what_is_cut_short_is_refused(kind):
    data = saved(noise(), kind)
    refused = refusal(data[: len(data) // 2])
    assert refused.status in (415, 422)
    assert refused.reason


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_damage_anywhere_is_read_or_refused(kind):
    """Wrong bytes in the first hundred, and cuts: never another error."""
    whole, draw, refused = saved(noise(40), kind), np.random.RandomState(0), 0
    for turn in range(100):
        raw = bytearray(whole[: draw.randint(len(whole))] if turn % 2 else whole)
        for place in draw.randint(0, min(100, len(whole)), 4 * (1 - turn % 2)):
            raw[place] = draw.randint(256)
        try:
            assert decode(bytes(raw), LIMITS).dtype == torch.uint8
        except Refused as error:
            refused += 1
            assert 400 <= error.status < 500  # noqa: PT017 (either outcome is right)
    assert refused > 30
