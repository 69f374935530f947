"""Explorers of unit 00: a convolution, and the patch of the photograph that a unit sees. Depth has a file of its own.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
sliders beside it. Convolution is PyTorch's, and a patch is found by walking back from the unit, as gradients do: the
student writes the one and derives the other in the exercise.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose1d, pad

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.tiles import centred
from course_lib.plots import BLUE, VERMILLION, YELLOW, Picture, to_picture, white

Layer = tuple[int, int, int]  # kernel, stride, dilation
SQUARE = 288  # pixels of the picture of a share
ZOOM, SIDE, HEAD = 5, 72, 28  # a pixel of the small image is drawn ZOOM wide, in panes of SIDE such pixels
KERNELS = {
    "vertical edges": "-1 0 1\n-2 0 2\n-1 0 1",
    "horizontal edges": "-1 -2 -1\n0 0 0\n1 2 1",
    "spots": "-1 -1 -1\n-1 8 -1\n-1 -1 -1",
    "blur": "0.0625 0.125 0.0625\n0.125 0.25 0.125\n0.0625 0.125 0.0625",
    "sharpen": "0 -1 0\n-1 5 -1\n0 -1 0",
    "shift": "0 0 0\n0 0 1\n0 0 0",
}


def kernel_numbers(text: str) -> Float[Tensor, "3 3"]:
    """The kernel that is written as nine numbers, row by row. Raises ValueError for anything else."""
    try:
        numbers = [float(word) for word in text.replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) != 9 or not np.isfinite(numbers).all():
        raise ValueError(f"A kernel is nine numbers with spaces between them, not {text!r}.")
    return torch.tensor(numbers).view(3, 3)


def response(
    image: Float[Tensor, "h w"], kernel: Float[Tensor, "k k"], stride: int = 1, padding: int = 0, dilation: int = 1
) -> Float[Tensor, "i j"]:
    """What one filter answers at every place of a grey image: PyTorch's convolution."""
    return conv2d(image[None, None], kernel[None, None], stride=stride, padding=padding, dilation=dilation)[0, 0]


@cache
def _colors() -> np.ndarray:
    """255 colours from blue (negative) over white (zero) to red (positive): uint8 [255, 3]."""
    from matplotlib import colormaps

    return to_picture(colormaps["RdBu_r"](np.linspace(0, 1, 255))[None, :, :3])[0]


def signed(values: Float[Tensor, "i j"], largest: float | None = None, colors: bool = False) -> Picture:
    """A map as a picture: blue below zero, white at zero, red above; black to white where nothing is negative.

    Args:
        values: the map.
        largest: the size that gets the full colour; by default 99 % of the values are smaller.
        colors: white to red, too, where nothing is negative.
    """
    values = values.detach()
    sizes = values.abs().flatten()
    full = (float(sizes.quantile(0.99)) or float(sizes.max())) if largest is None else largest
    scaled = (values / max(full, 1e-12)).clamp(-1, 1)
    if (values >= 0).all() and not colors:
        return to_picture(scaled.numpy())
    return _colors()[(127 * (scaled + 1)).round().long().numpy()]


def _pane(picture: Picture, width: int, title: str) -> Picture:
    """The picture in the middle of a white pane of SIDE drawn pixels, with a title above it."""
    canvas = Canvas(np.vstack([white(HEAD, width), centred(picture, ZOOM * SIDE, width)]))
    canvas.text(width / 2, HEAD / 2 + 1, title, WHITE, anchor="mm")
    return canvas.picture


def _kernel_picture(kernel: Float[Tensor, "k k"]) -> Picture:
    """The kernel's cells in the colours of `signed`, its numbers on them."""
    largest = max(float(kernel.abs().max()), 1e-12)
    canvas = Canvas(_colors()[(127 * (kernel / largest + 1)).round().long().numpy()], scale=50)
    for y, row in enumerate(kernel.tolist()):
        for x, value in enumerate(row):
            canvas.text(x + 0.5, y + 0.5, f"{value:.3g}", WHITE, size=12, anchor="mm")
    return canvas.picture


def draw_convolution(
    image: Float[Tensor, "h w"], kernel: Float[Tensor, "k k"], stride: int = 1, padding: int = 0, dilation: int = 1
) -> tuple[Picture, str]:
    """The padded image, the kernel, the map of responses; the strongest response is marked, and the pixels it reads.

    Args:
        image: grey, 0 … 1, at most 64 pixels per side.
        kernel: the filter's weights.
        stride: pixels from window to window.
        padding: zeros (black) around the image, at most 4.
        dilation: pixels from one weight to the next.

    Returns:
        The picture, and size and strongest response as sums in words.
    """
    padded, values = pad(image, [padding] * 4), response(image, kernel, stride, padding, dilation)
    place = int(values.abs().argmax())
    i, j = place // values.shape[1], place % values.shape[1]
    steps = dilation * torch.arange(len(kernel))
    rows, columns = i * stride + steps, j * stride + steps
    left = Canvas(padded, scale=ZOOM)
    if padding:
        h, w = image.shape
        left.box(torch.tensor([padding, padding, padding + w, padding + h]), WHITE, width=1, halo=False)
    for y in rows.tolist():
        for x in columns.tolist():
            left.box(torch.tensor([x, y, x + 1, y + 1]), YELLOW, width=1)
    right = Canvas(signed(values), scale=ZOOM)
    right.box(torch.tensor([j, i, j + 1, i + 1]), YELLOW, width=2)
    before, after = (" x ".join(map(str, shown.shape)) for shown in (padded, values))  # the font has no ×
    panes = [
        _pane(left.picture, ZOOM * SIDE, f"image {before}" + (f" (padding {padding})" if padding else "")),
        _pane(_kernel_picture(kernel), 200, "kernel"),
        _pane(right.picture, ZOOM * SIDE, f"response {after}"),
    ]
    products = list(zip(kernel.flatten().tolist(), padded[rows][:, columns].flatten().tolist(), strict=True))
    terms = [f"({weight:.3g})·{pixel:.2f}" for weight, pixel in products if weight]
    reach, side = dilation * (len(kernel) - 1) + 1, image.shape[0]
    words = (
        f"windows of {reach} × {reach} pixels, {stride} apart: "
        f"⌊({side} + 2·{padding} − {reach}) / {stride}⌋ + 1 = <b>{values.shape[0]} rows</b>"
        f"<br>strongest response: <b>{values[i, j]:.2f}</b> = {' + '.join(terms) or 0}"
    )
    return np.hstack(panes), words


def convolution_explorer(image: Float[Tensor, "h w"]):
    """Kernel, stride, padding, dilation → the map of responses. The kernel's nine numbers can be changed."""
    import ipywidgets

    names = ipywidgets.Dropdown(options=list(KERNELS), description="kernel")
    text = ipywidgets.Textarea(value=KERNELS[names.value], description="its numbers", rows=3)
    names.observe(lambda change: setattr(text, "value", KERNELS[change["new"]]), names="value")
    shown = [kernel_numbers(text.value)]

    def draw(kernel: str, numbers: str, stride: int, padding: int, dilation: int) -> tuple[Picture, str]:
        try:
            shown[0], note = kernel_numbers(numbers), ""
        except ValueError:
            note = "<b>A kernel is nine numbers with spaces between them.</b> Shown is the last one.<br>"
        picture, words = draw_convolution(image, shown[0], stride, padding, dilation)
        return picture, note + words

    controls = {
        "kernel": names,
        "numbers": text,
        "stride": slider("stride", 1, 1, 4, 1),
        "padding": slider("padding", 0, 0, 4, 1),
        "dilation": slider("dilation", 1, 1, 6, 1),
    }
    return panel(draw, controls)


def paths(layers: Sequence[Layer], units: int = 1) -> Float[Tensor, " size"]:
    """In how many ways each pixel of a line reaches the top of a stack, from the first pixel that does to the last.

    We put a one on each of `units` neighbouring units of the last layer and send it backwards through kernels of ones:
    what arrives is the gradient at the pixels. Zeros in between are pixels that a dilated kernel leaves out.

    Args:
        layers: (kernel, stride, dilation), from the image to the top.
    """
    reached = torch.ones(1, 1, units, dtype=torch.float64)
    for kernel, stride, dilation in reversed(layers):
        ones = torch.ones(1, 1, kernel, dtype=torch.float64)
        reached = conv_transpose1d(reached, ones, stride=stride, dilation=dilation)
    return reached[0, 0]


def _around(center: int, size: int, length: int) -> tuple[int, int, int]:
    """A stretch of `size` pixels around `center`: where it begins and ends inside 0 … length, and what is cut off."""
    start = center - size // 2
    return max(start, 0), min(start + size, length), max(-start, 0)


def draw_receptive_field(
    image: UInt8[Tensor, "3 h w"], layers: Sequence[Layer], center: tuple[int, int]
) -> tuple[Picture, str]:
    """Left the photograph with the patch that one unit sees; right this patch, brighter where more paths lead up.

    Args:
        image: the photograph.
        layers: (kernel, stride, dilation), from the image to the top.
        center: x and y of the unit in pixels. Its neighbours are dots where more than 4 pixels lie between them.
    """
    ways = paths(layers)
    size, step = len(ways), len(paths(layers, units=2)) - len(ways)
    height, width = image.shape[1:]
    x1, x2, cut_x = _around(center[0], size, width)
    y1, y2, cut_y = _around(center[1], size, height)
    seen = (image * 0.35 + 160).to(torch.uint8)
    seen[:, y1:y2, x1:x2] = image[:, y1:y2, x1:x2]
    left = Canvas(seen)
    if step > 4:
        for y in range(center[1] % step, height, step):
            for x in range(center[0] % step, width, step):
                left.line((x - 1, y), (x + 1, y), VERMILLION, width=3)
    left.box(torch.tensor([x1, y1, x2 - 1, y2 - 1]), BLUE, width=2)
    left.text(0, height, f"sees {size} x {size} pixels; total stride {step}", WHITE)
    share = (ways / ways.max()).sqrt()
    light = 0.1 + 0.9 * share[cut_y : cut_y + y2 - y1, None] * share[None, cut_x : cut_x + x2 - x1]
    patch = Canvas(image[:, y1:y2, x1:x2] / 255 * light, scale=height / max(x2 - x1, y2 - y1)).picture
    right = white(height, height)
    right[: patch.shape[0], : patch.shape[1]] = patch[:height, :height]
    weights = sum(kernel**2 for kernel, _, _ in layers)
    words = (
        f"<b>{size} × {size} pixels</b>"
        + (" (more than the photograph has)" if size > max(height, width) else "")
        + f"; the next unit sees a patch that lies {step} pixel{'s' * (step > 1)} further on"
        f"<br>weights for each pair of channels: {' + '.join(str(kernel**2) for kernel, _, _ in layers)} = {weights}; "
        f"one layer with a kernel of that size: {size**2:,}"
        f"<br>share of the patch that is read at all: {float((ways > 0).double().mean()) ** 2:.0%}"
    )
    return np.hstack([left.picture, white(height, 12), right]), words


def draw_share(image: UInt8[Tensor, "3 h h"], layers: Sequence[Layer], side: int) -> Picture:
    """A square image in the `side` pixels that a network reads, pale where the unit in the middle does not see it.

    Args:
        image: the photograph.
        layers: (kernel, stride, dilation), from the image to the unit.
        side: of the network's images.
    """
    from torchvision.transforms.v2.functional import resize

    small = resize(image, [side, side])
    start, end, _ = _around(side // 2, len(paths(layers)), side)
    shown = (small * 0.35 + 160).to(torch.uint8)
    shown[:, start:end, start:end] = small[:, start:end, start:end]
    canvas = Canvas(shown, scale=SQUARE / side)
    canvas.box(torch.tensor([start, start, end, end]), BLUE, width=2)
    return canvas.picture


def receptive_field_explorer(image: UInt8[Tensor, "3 h w"], center: tuple[int, int]):
    """Number of layers, kernel, stride and dilation of each → the patch that a unit sees, around `center` (x, y)."""

    def draw(depth: int, kernel: int, stride: int, dilation: int) -> tuple[Picture, str]:
        return draw_receptive_field(image, [(kernel, stride, dilation)] * depth, center)

    controls = {
        "depth": slider("layers", 3, 1, 6, 1),
        "kernel": slider("kernel of each", 3, 2, 7, 1),
        "stride": slider("stride of each", 1, 1, 2, 1),
        "dilation": slider("dilation of each", 1, 1, 3, 1),
    }
    return panel(draw, controls)
