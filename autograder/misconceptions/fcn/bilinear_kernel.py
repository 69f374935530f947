"""Unit 05: wrong versions of `bilinear_kernel`."""

import torch

from autograder.misconceptions import wrong


def _tent(size, middle, factor):
    """1 at the middle, 0 `factor` places away."""
    return 1 - (torch.arange(size) - middle).abs() / factor


def _each(channels, one):
    """The filter of one channel, for each channel by itself."""
    kernel = torch.zeros(channels, channels, *one.shape)
    kernel[range(channels), range(channels)] = one
    return kernel


def _right(factor):
    size = 2 * factor - factor % 2
    return _tent(size, (size - 1) / 2, factor)


@wrong(
    "bilinear_kernel",
    "mixes-channels",
    "Each class map must be enlarged alone; you add all classes to each.",
)
def mixes_channels(channels, factor):
    tent = _right(factor)
    return torch.outer(tent, tent).expand(channels, channels, -1, -1).clone()


@wrong(
    "bilinear_kernel",
    "off-centre",
    "Your filter is not symmetric when it has an even number of places: the picture moves by half a pixel. Its middle "
    "lies between two of them.",
)
def off_centre(channels, factor):
    tent = _tent(2 * factor - factor % 2, factor - 1, factor)
    return _each(channels, torch.outer(tent, tent))


@wrong(
    "bilinear_kernel",
    "sum-one",
    "Only one weight in factor² meets each output pixel: with weights that sum to 1 the image comes out factor² times "
    "too dark.",
)
def sum_one(channels, factor):
    tent = _right(factor)
    tent = tent / tent.sum()
    return _each(channels, torch.outer(tent, tent))


@wrong(
    "bilinear_kernel",
    "nearest",
    "Your filter is one everywhere. Bilinear weights fall off linearly from the middle.",
)
def nearest(channels, factor):
    size = 2 * factor - factor % 2
    return _each(channels, torch.ones(size, size))


@wrong(
    "bilinear_kernel",
    "short-kernel",
    "Your kernel does not reach the next pixel, so nothing is interpolated: it is only `factor` wide.",
)
def short_kernel(channels, factor):
    tent = _tent(factor, (factor - 1) / 2, factor)
    return _each(channels, torch.outer(tent, tent))


@wrong(
    "bilinear_kernel",
    "always-even",
    "Your kernel is 2 * factor wide for an odd factor, too. Then a pixel lies under the top: it is one narrower.",
)
def always_even(channels, factor):
    tent = _tent(2 * factor, factor - 0.5, factor)
    return _each(channels, torch.outer(tent, tent))


@wrong(
    "bilinear_kernel",
    "one-direction",
    "The weights fall off in one direction only; take the product of both.",
)
def one_direction(channels, factor):
    tent = _right(factor)
    return _each(channels, tent.expand(len(tent), -1))


@wrong(
    "bilinear_kernel",
    "grouped",
    "That is the weight of a layer with `groups=channels`, which has one input each. Here the layer has no groups: the "
    "other pairs of channels have zeros.",
)
def grouped(channels, factor):
    tent = _right(factor)
    return torch.outer(tent, tent).expand(channels, 1, -1, -1).clone()


@wrong(
    "bilinear_kernel",
    "cone",
    "Your weights fall off with the distance from the middle, like a cone. Bilinear is a product of two tents.",
)
def cone(channels, factor):
    size = 2 * factor - factor % 2
    away = torch.arange(size) - (size - 1) / 2
    return _each(channels, (1 - torch.hypot(away[:, None], away[None]) / factor).clamp(min=0))


@wrong(
    "bilinear_kernel",
    "added",
    "You average the two directions. A pixel that is far away in one of them must weigh little: multiply.",
)
def added(channels, factor):
    tent = _right(factor)
    return _each(channels, (tent[:, None] + tent[None]) / 2)
