"""Unit 06: wrong versions of `decode_heatmaps`."""

import torch

from autograder.misconceptions import wrong


def _mean(values, there):
    """The mean of [n, j, h, w] values over the cells that are true."""
    return (values * there).sum(dim=(2, 3)) / there.sum(dim=(2, 3))


def _numbers(heatmaps):
    """The column and the row of each cell."""
    height, width = heatmaps.shape[2:]
    like = {"dtype": heatmaps.dtype, "device": heatmaps.device}
    return torch.arange(width, **like).expand_as(heatmaps), torch.arange(height, **like)[:, None].expand_as(heatmaps)


def _highest(heatmaps):
    return heatmaps == heatmaps.amax(dim=(2, 3), keepdim=True)


def _centres(heatmaps):
    """The mean (column, row) of the highest cells."""
    return torch.stack([_mean(part, _highest(heatmaps)) for part in _numbers(heatmaps)], dim=2)


def _signs(heatmaps):
    """To which side each cell has a higher neighbour, in x and in y; 0 at the border."""
    right, down = torch.zeros_like(heatmaps), torch.zeros_like(heatmaps)
    right[..., 1:-1] = (heatmaps[..., 2:] - heatmaps[..., :-2]).sign()
    down[..., 1:-1, :] = (heatmaps[..., 2:, :] - heatmaps[..., :-2, :]).sign()
    return right, down


def _shifts(heatmaps, signs):
    """A quarter towards the higher neighbour of a single highest cell."""
    highest = _highest(heatmaps)
    alone = (highest.sum(dim=(2, 3)) == 1)[..., None]
    return torch.where(alone, torch.stack([_mean(part, highest) for part in signs], dim=2) / 4, 0.0)


def _places(heatmaps):
    """The right places, in cells."""
    return _centres(heatmaps) + 0.5 + _shifts(heatmaps, _signs(heatmaps))


def _first(heatmaps):
    """The first of the highest cells alone, as truth values."""
    flat = heatmaps.flatten(2)
    return torch.zeros_like(flat).bool().scatter(2, flat.argmax(dim=2, keepdim=True), True).view_as(heatmaps)


@wrong("decode_heatmaps", "swapped", "You return (y, x). Places are (x, y): column first.")
def swapped(heatmaps, stride):
    return _places(heatmaps).flip(2) * stride


@wrong(
    "decode_heatmaps",
    "divided-by-height",
    "With a map that is not square your rows are wrong: a flat index is row · W + column. You divide by the height.",
)
def divided_by_height(heatmaps, stride):
    height, width = heatmaps.shape[2:]
    centres = _centres(heatmaps)
    index = centres[..., 1] * width + centres[..., 0]
    centres = torch.stack([index % height, torch.div(index, height, rounding_mode="floor")], dim=2)
    return (centres + 0.5 + _shifts(heatmaps, _signs(heatmaps))) * stride


@wrong("decode_heatmaps", "cells", "Your joints are in heatmap cells; scale them to the image.")
def cells(heatmaps, stride):
    return _places(heatmaps)


@wrong("decode_heatmaps", "no-shift", "You return the centre of the highest cell: its neighbours know more.")
def no_shift(heatmaps, stride):
    return (_centres(heatmaps) + 0.5) * stride


@wrong(
    "decode_heatmaps",
    "shift-after-stride",
    "You shift by a quarter of a pixel. The quarter is of a cell, before multiplying by the stride.",
)
def shift_after_stride(heatmaps, stride):
    return (_centres(heatmaps) + 0.5) * stride + _shifts(heatmaps, _signs(heatmaps))


@wrong("decode_heatmaps", "half-shift", "You go half a cell towards the higher neighbour; a quarter is asked for.")
def half_shift(heatmaps, stride):
    return (_centres(heatmaps) + 0.5 + 2 * _shifts(heatmaps, _signs(heatmaps))) * stride


@wrong("decode_heatmaps", "shift-away", "You step away from the higher neighbour.")
def shift_away(heatmaps, stride):
    return (_centres(heatmaps) + 0.5 - _shifts(heatmaps, _signs(heatmaps))) * stride


@wrong(
    "decode_heatmaps",
    "border-wrap",
    "At the border there is only one neighbour, and nothing is shifted: your other one stands at the opposite side.",
)
def border_wrap(heatmaps, stride):
    signs = [(heatmaps.roll(-1, dim) - heatmaps.roll(1, dim)).sign() for dim in (3, 2)]
    return (_centres(heatmaps) + 0.5 + _shifts(heatmaps, signs)) * stride


@wrong(
    "decode_heatmaps",
    "border-inward",
    "At the border you shift away from it, as if the missing neighbour were lower. Nothing is shifted there.",
)
def border_inward(heatmaps, stride):
    padded = torch.nn.functional.pad(heatmaps, (1, 1, 1, 1), value=float("-inf"))
    right = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]).nan_to_num(0).sign()
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]).nan_to_num(0).sign()
    return (_centres(heatmaps) + 0.5 + _shifts(heatmaps, (right, down))) * stride


@wrong(
    "decode_heatmaps",
    "centre-of-mass",
    "You take the mean of the whole map: far-away noise pulls it. The joint sits at the peak.",
)
def centre_of_mass(heatmaps, stride):
    weights = heatmaps / heatmaps.sum(dim=(2, 3), keepdim=True)
    mean = torch.stack([(part * weights).sum(dim=(2, 3)) for part in _numbers(heatmaps)], dim=2)
    return (mean + 0.5) * stride


@wrong(
    "decode_heatmaps",
    "no-half",
    "A cell's centre lies half a cell further: your joints are all too far up and left.",
)
def no_half(heatmaps, stride):
    return (_places(heatmaps) - 0.5) * stride


@wrong(
    "decode_heatmaps",
    "first-of-plateau",
    "On a flat disk you return its uppermost cell, an error of nearly the full radius. Take the middle.",
)
def first_of_plateau(heatmaps, stride):
    first = _first(heatmaps)
    parts = [torch.stack([_mean(part, first) for part in xy], dim=2) for xy in (_numbers(heatmaps), _signs(heatmaps))]
    return (parts[0] + 0.5 + parts[1] / 4) * stride


@wrong(
    "decode_heatmaps",
    "plateau-first-unshifted",
    "Of several equally high cells you return the first. Their middle is asked for.",
)
def plateau_first_unshifted(heatmaps, stride):
    first = _first(heatmaps)
    centres = torch.stack([_mean(part, first) for part in _numbers(heatmaps)], dim=2)
    return (centres + 0.5 + _shifts(heatmaps, _signs(heatmaps))) * stride


@wrong(
    "decode_heatmaps",
    "equal-left",
    "Where both neighbours are equally high you shift all the same. To neither side is it higher.",
    slip=True,
)
def equal_left(heatmaps, stride):
    right, down = torch.zeros_like(heatmaps), torch.zeros_like(heatmaps)
    right[..., 1:-1] = (heatmaps[..., 2:] > heatmaps[..., :-2]) * 2.0 - 1
    down[..., 1:-1, :] = (heatmaps[..., 2:, :] > heatmaps[..., :-2, :]) * 2.0 - 1
    return (_centres(heatmaps) + 0.5 + _shifts(heatmaps, (right, down))) * stride
