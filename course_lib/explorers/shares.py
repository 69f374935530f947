"""What each of several losses contributes to a gradient: the shares as numbers and as bars, the places as a map."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, PURPLE, Picture, rgb, to_picture, white

SIDE = 384  # pixels of the picture with the bars
LOSS_COLORS = (BLUE, ORANGE, GREEN, PURPLE)


def inner_products(gradients: Float[Tensor, "l n c i j"]) -> Float[Tensor, "n i j l l"]:
    """The inner product of every two losses' gradients in every cell of every map: all that weights need to know."""
    return torch.einsum("lncij,mncij->nijlm", gradients.double(), gradients.double())


def gradient_shares(products: Float[Tensor, "l l"], weights: Float[Tensor, " l"]) -> Float[Tensor, " l"]:
    """What each loss contributes to the weighted sum of the gradients, as a share of its length.

    With products[i, k] = <g_i, g_k> and g the sum of weights[i] * g_i, the share is weights[i] * <g_i, g> / <g, g>: the
    shares add up to 1, and a loss that pulls against the others has a negative one. All are 0 where g is 0.
    """
    weights = weights.to(products.dtype)
    pulls = weights * (products @ weights)
    return pulls / pulls.sum().clamp(min=1e-30) + 0.0  # a weight of 0 has no share, and not -0 %


def heat(image: UInt8[Tensor, "3 h w"], values: Float[Tensor, "i j"], largest: float | None = None) -> Picture:
    """The grey image tinted by a map of cells: dark blue at 0, yellow at `largest` (default: the map's maximum)."""
    from matplotlib import colormaps

    largest = float(values.max()) if largest is None else largest
    share = (values / max(largest, 1e-12)).clamp(0, 1)
    share = torch.nn.functional.interpolate(share[None, None], size=image.shape[1:], mode="nearest")[0, 0]
    colors = colormaps["viridis"](share.numpy())[:, :, :3]
    grey = to_picture(image).mean(axis=2, keepdims=True) / 255
    return to_picture(0.4 * grey + 0.6 * colors)


def share_bars(names: Sequence[str], shares: Sequence[float]) -> Picture:
    """A bar for each share, from 0 to the right (to the left where it is negative), with its name and percentage."""
    zero, full, step = 90, 230, SIDE // len(names)  # pixels: where 0 lies, the length of 100 %, from bar to bar
    picture = white(SIDE, SIDE)
    for i, share in enumerate(shares):
        start, end = sorted((zero, int(np.clip(zero + full * share, 2, SIDE - 2))))
        picture[i * step + 36 : i * step + 66, start : end + 1] = rgb(LOSS_COLORS[i % len(LOSS_COLORS)])
    canvas = Canvas(picture)
    canvas.line((zero, 0), (zero, SIDE), BLACK, width=1)
    for i, (name, share) in enumerate(zip(names, shares, strict=True)):
        canvas.text(zero + 8, i * step + 32, f"{name} {share:.0%}", WHITE)
    return canvas.picture
