"""Explorer of unit 08's faces: sliders along the directions of concepts, and the picture that a network draws there."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.panel import panel, slider
from course_lib.plots import ORANGE, Picture, white

SIDE, GAP = 224, 12  # pixels: of a picture, between two

Decode = Callable[[Float[Tensor, "n d"]], Float[Tensor, "n 3 h w"]]
Judge = Callable[[Float[Tensor, "n 3 h w"]], Sequence[str]]


def draw_sliders(
    decode: Decode,
    latent: Float[Tensor, " d"],
    concepts: Mapping[str, Float[Tensor, " d"]],
    amounts: Mapping[str, float],
    judge: Judge,
) -> tuple[Picture, str]:
    """The picture of a latent, and beside it that of the latent after so much of each concept was added.

    Args:
        decode: draws pictures, from 0 to 1, of latents.
        concepts: their directions; an amount of 1 adds one of these vectors.
        amounts: for each concept; below 0 takes it away.
        judge: says a sentence about each of some pictures.

    Returns:
        Both pictures, and what the judge says of them, with the lengths of both latents.
    """
    added = [amount * concepts[name] for name, amount in amounts.items()]
    both = torch.stack([latent, latent + torch.stack(added).sum(dim=0)])
    with torch.no_grad():
        images = decode(both).clamp(0, 1)
        told = judge(images)
    panes = []
    for image, name, color in zip(images, ("before", "after"), (WHITE, ORANGE), strict=True):
        canvas = Canvas(image, scale=SIDE / image.shape[-1])
        canvas.text(1, image.shape[-2] - 1, name, color, size=14)
        panes += [canvas.picture, white(canvas.picture.shape[0], GAP)]
    before, after = (f"{length:.1f}" for length in both.norm(dim=1).tolist())
    words = f"before: {told[0]}<br>after: <b>{told[1]}</b><br>length of the latent: {before}, then {after}"
    return np.hstack(panes[:-1]), words


def sliders_explorer(
    decode: Decode,
    latents: Float[Tensor, "n d"],
    concepts: Mapping[str, Float[Tensor, " d"]],
    judge: Judge,
    most: float = 2.0,
):
    """A face and how much of each concept is added to its latent → the picture before and after."""

    def draw(face: int, **amounts: float) -> tuple[Picture, str]:
        return draw_sliders(decode, latents[face - 1], concepts, amounts, judge)

    sliders = {name: slider(name, 0.0, -most, most, 0.25) for name in concepts}
    return panel(draw, {"face": slider("face", 1, 1, len(latents), 1)} | sliders)
