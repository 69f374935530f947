"""Unit 04: wrong versions of `generate_anchors`."""

import torch

from autograder.misconceptions import wrong


def _square_root(scale, ratio):
    """Width and height of an anchor."""
    return scale / ratio**0.5, scale * ratio**0.5


def _grid(feature_size, stride, scales, ratios, sides=_square_root, middle=0.5):
    """Anchors around the cells, `sides` giving width and height."""
    sizes = torch.tensor([sides(scale, ratio) for scale in scales for ratio in ratios], dtype=torch.float32)
    y, x = torch.meshgrid(torch.arange(feature_size[0]), torch.arange(feature_size[1]), indexing="ij")
    centers = (torch.stack([x, y], dim=2).reshape(-1, 1, 2) + middle) * stride
    return torch.cat([centers - sizes / 2, centers + sizes / 2], dim=2).reshape(-1, 4)


@wrong("generate_anchors", "area-changes", "Your tall anchors are also larger. The ratio must not change the area.")
def area_changes(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, lambda scale, ratio: (scale, scale * ratio))


@wrong("generate_anchors", "no-root", "Your ratio comes out squared: take the square root for each side.")
def no_root(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, lambda scale, ratio: (scale / ratio, scale * ratio))


@wrong("generate_anchors", "ratio-inverted", "Your ratio is width over height; here it is height over width.")
def ratio_inverted(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, lambda scale, ratio: _square_root(scale, ratio)[::-1])


@wrong(
    "generate_anchors",
    "map-cells",
    "You forget the stride: your anchors lie in cells of the map, all crowded in the image's upper left corner.",
)
def map_cells(feature_size, stride, scales, ratios):
    return _grid(feature_size, 1, scales, ratios)


@wrong(
    "generate_anchors",
    "h-w-swapped",
    "You laid the grid out with height and width exchanged: `feature_size` is (H, W).",
)
def h_w_swapped(feature_size, stride, scales, ratios):
    return _grid(feature_size[::-1], stride, scales, ratios)


@wrong(
    "generate_anchors",
    "corner-anchored",
    "Your anchors hang down and right of their cell's middle; they must be centred on it.",
)
def corner_anchored(feature_size, stride, scales, ratios):
    found = _grid(feature_size, stride, scales, ratios)
    return found + (found[:, 2:] - found[:, :2]).repeat(1, 2) / 2


@wrong(
    "generate_anchors",
    "no-half",
    "Your anchors are centred at j · stride, as torchvision's are; ours sit in the middle of the cell.",
)
def no_half(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios, middle=0.0)


@wrong("generate_anchors", "rounded", "Your anchors have whole corners: nothing is to be rounded.")
def rounded(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios).round()


@wrong(
    "generate_anchors",
    "one-pixel-less",
    "Your anchors are one pixel too narrow and too low. Older code counts pixels; here the width is x2 - x1.",
)
def one_pixel_less(feature_size, stride, scales, ratios):
    return _grid(feature_size, stride, scales, ratios) + torch.tensor([0.5, 0.5, -0.5, -0.5])


def _reordered(found, feature_size, scales, ratios, order):
    """The same anchors, the axes (row, column, scale, ratio, side) in another order."""
    return found.reshape(*feature_size, len(scales), len(ratios), 4).permute(*order, 4).reshape(-1, 4)


@wrong(
    "generate_anchors", "columns-first", "The right anchors, column by column. The answer of a network runs row by row."
)
def columns_first(feature_size, stride, scales, ratios):
    return _reordered(_grid(feature_size, stride, scales, ratios), feature_size, scales, ratios, (1, 0, 2, 3))


@wrong(
    "generate_anchors",
    "shapes-first",
    "The right anchors, but first all cells of one shape, then of the next. Here a cell's anchors stand together.",
)
def shapes_first(feature_size, stride, scales, ratios):
    return _reordered(_grid(feature_size, stride, scales, ratios), feature_size, scales, ratios, (2, 3, 0, 1))


@wrong(
    "generate_anchors",
    "ratios-first",
    "The right anchors, but within a cell the ratio changes last. Scales come first, then ratios.",
)
def ratios_first(feature_size, stride, scales, ratios):
    return _reordered(_grid(feature_size, stride, scales, ratios), feature_size, scales, ratios, (0, 1, 3, 2))
