"""Photographs of any size in one batch: scaled so that the shorter side has a given length, filled up to one size."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Target = dict[str, Tensor]
"""Boxes f32 [m, 4] xyxy and labels i64 [m] of one image; m may be 0."""


def fitting_scale(height: int, width: int, shorter: int, longer: int) -> float:
    """The factor that makes the shorter side `shorter` pixels long, or less: the longer one has `longer` at most."""
    return min(shorter / min(height, width), longer / max(height, width))


def scaled(image: Tensor, scale: float) -> Float[Tensor, "3 h w"]:
    """A uint8 image [3, h, w] as floats in [0, 1], its sides `scale` times as long (rounded, at least 16 pixels)."""
    size = [max(16, round(side * scale)) for side in image.shape[1:]]
    pixels = image[None].float() / 255
    return torch.nn.functional.interpolate(pixels, size, mode="bilinear", antialias=scale < 1)[0]


def mirrored(image: Tensor, target: Target) -> tuple[Tensor, Target]:
    """The image [3, h, w] with left and right exchanged, and its boxes with it."""
    x1, y1, x2, y2 = target["boxes"].unbind(dim=1)
    width = image.shape[2]
    return image.flip(2), target | {"boxes": torch.stack([width - x2, y1, width - x1, y2], dim=1)}


def padded(images: Sequence[Tensor]) -> Float[Tensor, "n 3 h w"]:
    """Images of different sizes as one batch: black below and to the right, so that boxes stay where they are."""
    height, width = (max(image.shape[side] for image in images) for side in (1, 2))
    batch = images[0].new_zeros(len(images), images[0].shape[0], height, width)
    for place, image in zip(batch, images, strict=True):
        place[:, : image.shape[1], : image.shape[2]] = image
    return batch
