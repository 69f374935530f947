"""Unit 07: wrong versions of `align_face`: where the pixels of image and output lie, and what is read between them."""

import torch
from torch.nn.functional import grid_sample

from autograder.misconceptions import wrong
from autograder.misconceptions.faces.align_face import places_of, sample, sides_of, similarity, warp


def _sources(image, landmarks, template, size, shift=0.5):
    """From where each pixel of the output comes, where centres lie `shift` from the corners."""
    places = places_of(image, size, shift) - template.mean(dim=0)
    return places @ torch.linalg.inv(similarity(landmarks, template)).T + landmarks.mean(dim=0)


@wrong(
    "align_face",
    "pixel-corners",
    "You take pixel 0 of the output to be at 0, its corner. Its centre is at 0.5.",
)
def pixel_corners(image, landmarks, template, size):
    return sample(image, _sources(image, landmarks, template, size, shift=0.0))


@wrong(
    "align_face",
    "whole-centres",
    "Centres of pixels at whole numbers are OpenCV's convention. Here they are at halves, in the image and the output.",
)
def whole_centres(image, landmarks, template, size):
    return sample(image, _sources(image, landmarks, template, size, shift=0.0) + 0.5)


@wrong(
    "align_face",
    "align-corners",
    "With `align_corners=True`, −1 and 1 are the centres of the first and the last pixel. You scale to the borders.",
)
def align_corners(image, landmarks, template, size):
    sources = _sources(image, landmarks, template, size)
    return grid_sample(image[None], 2 * sources[None] / sides_of(image) - 1, align_corners=True)[0]


@wrong(
    "align_face",
    "half-a-pixel-less",
    "You read half a pixel too far right and down. A pixel's centre lies at 0.5; with `align_corners=True` that is −1.",
)
def half_a_pixel_less(image, landmarks, template, size):
    sources = _sources(image, landmarks, template, size)
    return grid_sample(image[None], 2 * sources[None] / (sides_of(image) - 1) - 1, align_corners=True)[0]


@wrong(
    "align_face",
    "in-pixels",
    "`grid_sample` counts from −1 to 1, and you give it pixels: nearly everything lies outside of the image.",
)
def in_pixels(image, landmarks, template, size):
    sources = _sources(image, landmarks, template, size)
    return grid_sample(image[None], sources[None], align_corners=False)[0]


@wrong(
    "align_face",
    "sides-of-the-output",
    "You scale places of the image by the side of the output. From −1 to 1 is the image's width, and its height.",
)
def sides_of_the_output(image, landmarks, template, size):
    sources = _sources(image, landmarks, template, size)
    return grid_sample(image[None], 2 * sources[None] / size - 1, align_corners=False)[0]


@wrong(
    "align_face",
    "sides-exchanged",
    "You scale x by the height of the image and y by its width. x runs along the width.",
)
def sides_exchanged(image, landmarks, template, size):
    sources = _sources(image, landmarks, template, size)
    return grid_sample(image[None], 2 * sources[None] / sides_of(image).flip(0) - 1, align_corners=False)[0]


@wrong(
    "align_face",
    "sides-less-one",
    "You divide by the sides less 1. With `align_corners=False`, −1 and 1 are the borders: divide by the sides.",
)
def sides_less_one(image, landmarks, template, size):
    sources = _sources(image, landmarks, template, size)
    return grid_sample(image[None], 2 * sources[None] / (sides_of(image) - 1) - 1, align_corners=False)[0]


@wrong("align_face", "nearest", "You take the nearest pixel: edges become jagged. Mix the four nearest ones.")
def nearest(image, landmarks, template, size):
    return warp(image, similarity(landmarks, template), landmarks, template, size, mode="nearest")


@wrong("align_face", "border", "Outside of the image you repeat its border. There it counts as 0.")
def border(image, landmarks, template, size):
    return warp(image, similarity(landmarks, template), landmarks, template, size, padding_mode="border")
