"""Copies of a picture: each change on literal numbers, bounds, and that draws repeat."""

from collections import Counter

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.data.copies import Change, altered, crop, jpeg, mirror, relight
from course_lib.data.photos import photo
from course_lib.data.tinytown.draws import Draw


@pytest.fixture(scope="module")
def cat() -> torch.Tensor:
    return photo("chelsea")[:, 50:178, 80:240].contiguous()


def test_jpeg_is_what_pillow_writes_and_reads(cat, tmp_path):
    path = tmp_path / "cat.jpg"
    Image.fromarray(cat.permute(1, 2, 0).numpy()).save(path, quality=30)
    assert np.array_equal(jpeg(cat, 30).permute(1, 2, 0).numpy(), np.array(Image.open(path)))


def test_less_quality_is_farther_from_the_picture(cat):
    apart = [(jpeg(cat, quality).int() - cat.int()).abs().float().mean().item() for quality in (95, 60, 30, 5)]
    assert apart == sorted(apart)
    assert 0 < apart[0] < 3
    assert apart[2] < 12 < 2 * apart[3]


@pytest.mark.parametrize(
    ("corner", "rows", "columns"),
    [((0, 0), (0, 102), (0, 128)), ((1, 1), (26, 128), (32, 160)), ((0.5, 0), (0, 102), (16, 144))],
)
def test_a_crop_is_the_part_in_its_corner(cat, corner, rows, columns):
    whole = crop(cat, 0.8, corner)
    part = Image.fromarray(cat[:, slice(*rows), slice(*columns)].permute(1, 2, 0).contiguous().numpy())
    expected = np.array(part.resize((160, 128), Image.Resampling.BILINEAR))
    assert np.array_equal(whole.permute(1, 2, 0).numpy(), expected)


def test_the_whole_is_a_crop_and_so_is_one_pixel(cat):
    assert torch.equal(crop(cat, 1, (0.3, 0.7)), cat)
    one = crop(cat, 0.001, (1, 0))
    assert torch.equal(one, cat[:, :1, -1:].expand_as(cat))


def test_a_mirror_exchanges_left_and_right_of_one_or_many():
    image = torch.arange(12, dtype=torch.uint8).reshape(3, 2, 2)
    assert mirror(image)[0].tolist() == [[1, 0], [3, 2]]
    assert torch.equal(mirror(torch.stack([image, image + 1]))[1], mirror(image + 1))


def test_light_is_a_factor_rounded_and_bounded():
    image = torch.tensor([0, 3, 100, 250], dtype=torch.uint8).reshape(1, 2, 2).expand(3, 2, 2)
    assert relight(image, 1.2)[0].flatten().tolist() == [0, 4, 120, 255]
    assert relight(image, 0.8)[2].flatten().tolist() == [0, 2, 80, 200]


@pytest.mark.parametrize(
    ("act", "named"),
    [
        (lambda image: jpeg(image, 0), "quality is 0"),
        (lambda image: jpeg(image, 96), "quality is 96"),
        (lambda image: crop(image, 1.01, (0, 0)), "side is 1.01"),
        (lambda image: crop(image, 0.0, (0, 0)), "side is 0"),
        (lambda image: crop(image, 0.9, (0, 1.5)), "corner is 1.5"),
        (lambda image: relight(image, -0.1), "factor is -0.1"),
        (lambda image: relight(image, float("nan")), "factor is nan"),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(cat, act, named):
    with pytest.raises(ValueError, match=named):
        act(cat)


def test_a_change_is_its_parts_in_order_and_tells_them(cat):
    change = Change(side=0.8, corner=(1.0, 0.0), mirrored=True, factor=1.2, quality=40)
    assert torch.equal(change(cat), jpeg(relight(mirror(crop(cat, 0.8, (1, 0))), 1.2), 40))
    assert str(change) == "crop 80%, mirrored, light × 1.20, JPEG 40"


def test_no_change_is_a_copy(cat):
    copy = Change()(cat)
    assert torch.equal(copy, cat)
    assert copy.data_ptr() != cat.data_ptr()
    assert str(Change()) == "unchanged"


def test_draws_repeat_differ_by_name_and_leave_the_picture_alone(cat):
    before = cat.clone()
    (one, what), (again, same), (other, _) = (altered(cat, Draw(f"copies/{name}")) for name in (1, 1, 2))
    assert torch.equal(one, again)
    assert what == same
    assert not torch.equal(one, other)
    assert torch.equal(cat, before)
    assert (one.shape, one.dtype) == (cat.shape, torch.uint8)


def test_draws_take_one_to_four_changes_within_the_bounds():
    image = torch.zeros(3, 8, 8, dtype=torch.uint8)
    changes = [altered(image, Draw(f"copies/{number}"))[1] for number in range(2000)]
    numbers = Counter(str(change).count(",") + 1 for change in changes)
    assert all(400 < numbers[number] < 600 for number in (1, 2, 3, 4))
    sides, factors, qualities = (
        [getattr(change, name) for change in changes if getattr(change, name) is not None]
        for name in ("side", "factor", "quality")
    )
    assert 0.8 <= min(sides) < 0.81 < 0.94 < max(sides) <= 0.95
    assert 0.8 <= min(factors) < 0.81 < 1.19 < max(factors) <= 1.2
    assert (min(qualities), max(qualities)) == (30, 95)
    assert all(1100 < len(part) < 1400 for part in (sides, factors, qualities))
    assert 1100 < sum(change.mirrored for change in changes) < 1400
