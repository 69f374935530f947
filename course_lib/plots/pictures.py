"""Pictures: every image and every figure as pixels of one kind, and as a PNG file."""

import io

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

Picture = UInt8[np.ndarray, "_ _ 3"]


def to_picture(image: Tensor | np.ndarray) -> Picture:
    """Any image of the course as uint8 [H, W, 3].

    Args:
        image: uint8 0 … 255, bool, or float 0 … 1 (clipped); [3, H, W] or [1, H, W] tensor, [H, W] or [H, W, 3] array.

    Raises:
        ValueError: another number of axes or channels.
    """
    array = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    if array.ndim == 3 and array.shape[0] in (1, 3) and (array.shape[-1] != 3 or isinstance(image, Tensor)):
        array = array.transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3):
        raise ValueError(f"An image has 2 axes, or 3 with 1 or 3 channels; this array has the shape {array.shape}.")
    if array.dtype != np.uint8:
        array = np.round(np.clip(array.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))


def white(height: int, width: int) -> Picture:
    """A white picture of so many pixels."""
    return np.full((height, width, 3), 255, dtype=np.uint8)


def pixels(figure) -> Picture:
    """A matplotlib Figure drawn without pyplot and without a file: `dpi` pixels for each of its inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[:, :, :3])


def png(picture) -> bytes:
    """A picture as the bytes of a PNG file: an Axes or Figure as drawn, an image (see `to_picture`) pixel for pixel."""
    buffer = io.BytesIO()
    figure = getattr(picture, "figure", picture)
    if hasattr(figure, "savefig"):
        _draw_once(figure, buffer, dpi=90)
    else:
        import cv2

        buffer.write(cv2.imencode(".png", to_picture(picture)[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])
    return buffer.getvalue()


def _draw_once(figure, file: io.BytesIO, dpi: float) -> None:
    """What `figure.savefig` writes. That draws twice where the figure is laid out: the first time for the layout only,
    which drawing finds by itself.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas, before = figure.canvas, figure.dpi
    try:
        figure.dpi = dpi
        FigureCanvasAgg(figure).print_png(file)
    finally:
        figure.set_canvas(canvas)
        figure.dpi = before
