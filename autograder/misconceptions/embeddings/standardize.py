"""Unit 08: wrong versions of `standardize`."""

import torch

from autograder.misconceptions import wrong


def _scaled(images, divisor, apart):
    return torch.where(divisor > 0, apart / divisor, torch.zeros_like(images))


@wrong(
    "standardize",
    "whole-batch",
    "You take one mean and one deviation of all images together. Each image stands for itself.",
)
def whole_batch(images):
    apart = images - images.mean()
    return _scaled(images, apart.square().mean().sqrt(), apart)


@wrong("standardize", "variance", "You divide by the variance. The standard deviation is its square root.")
def variance(images):
    apart = images - images.mean(dim=(1, 2), keepdim=True)
    return _scaled(images, apart.square().mean(dim=(1, 2), keepdim=True), apart)


@wrong("standardize", "one-less", "You divide the squares by one less than there are pixels; here it is their mean.")
def one_less(images):
    apart = images - images.mean(dim=(1, 2), keepdim=True)
    pixels = images.shape[1] * images.shape[2]
    return _scaled(images, (apart.square().sum(dim=(1, 2), keepdim=True) / (pixels - 1)).sqrt(), apart)


@wrong("standardize", "no-number", "An image whose pixels are all equal becomes NaN: 0 / 0. It should be 0.", slip=True)
def no_number(images):
    apart = images - images.mean(dim=(1, 2), keepdim=True)
    return apart / apart.square().mean(dim=(1, 2), keepdim=True).sqrt()
