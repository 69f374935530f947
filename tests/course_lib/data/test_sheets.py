"""Sheets with digits: repeatable, coarse, and so that the digit can stand anywhere on them."""

import torch

from course_lib.data import digits
from course_lib.data.sheets import DIGIT, SIDE, chance, sheets


def test_sheets_repeat_and_differ_by_their_numbers():
    images = digits("test")[0][:9]
    one = sheets(images, chance(1))
    assert torch.equal(one, sheets(images, chance(1)))
    assert one.shape == (9, 1, SIDE, SIDE)
    assert (one != sheets(images, chance(2))).flatten(1).any(dim=1).all()


def test_sheets_are_coarse_and_within_bounds():
    one = sheets(digits("test")[0][:50], chance(3))
    assert torch.equal((one * 256).round() / 256, one)
    assert (one.min() >= 0, one.max() <= 1, one.dtype) == (True, True, torch.float32)


def test_a_digit_stands_anywhere_on_its_sheet_and_wholly():
    """The same numbers with and without ink: what differs is the digit."""
    ink = torch.ones(400, 1, DIGIT, DIGIT)
    apart = sheets(0.2 * ink, chance(4)) - sheets(0 * ink, chance(4)) > 0.05
    rows, columns = (apart.any(dim=axis).squeeze(1) for axis in (3, 2))
    for places in (rows, columns):
        first, last = places.int().argmax(dim=1), SIDE - 1 - places.flip(1).int().argmax(dim=1)
        assert (first.min(), last.max()) == (0, SIDE - 1)
        assert (last - first).float().mean() > DIGIT - 2
        assert len(first.unique()) >= SIDE - DIGIT
