"""RoI pooling cell by cell: which cells torchvision takes for a box and for each bin, and both drawn."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, VERMILLION, Picture

SIDE = 320  # pixels of a drawn map at most
ROOM = 26  # pixels of a cell that holds a number
BIN_COLORS = ((BLUE, ORANGE), (VERMILLION, GREEN))  # by parity of row and column: neighbours differ


def bins(
    box: Float[Tensor, "4"], output_size: int, spatial_scale: float, shape: Sequence[int]
) -> tuple[Int[Tensor, "2 s s"], Int[Tensor, "2 s s"]]:
    """First and last cell (row, column) of each bin when torchvision pools a box: it pools the cells' own numbers.

    Args:
        box: xyxy in pixels of the image.
        shape: rows and columns of the map.

    Returns:
        Both ends inclusive. A bin outside the map has its last cell before its first.
    """
    from torchvision.ops import roi_pool

    index = torch.stack(torch.meshgrid(*(torch.arange(1.0, n + 1) for n in shape), indexing="ij"))

    def pool(x: Tensor) -> Tensor:
        return roi_pool(x[None], [box[None]], output_size, spatial_scale)[0].round().long()

    last = pool(index) - 1
    return torch.where(last < 0, 0, -pool(-index) - 1), last


def region(box: Float[Tensor, "4"], spatial_scale: float, shape: Sequence[int]) -> Float[Tensor, "4"]:
    """The cells that RoI pooling takes for a box of the image: xyxy in cells, end-exclusive as all our boxes."""
    first, last = (ends[:, 0, 0] for ends in bins(box, 1, spatial_scale, shape))
    return torch.cat([first.flip(0), last.flip(0) + 1]).float()


def draw_bins(feature: Tensor, cells: Tensor, first: Tensor, last: Tensor) -> Picture:
    """The cells of a region with one cell around them, each bin outlined, its largest cell marked by a square.

    Where they are large enough, the cells show their numbers.
    """
    x1, y1, x2, y2 = (int(value) for value in cells)
    left, top = max(x1 - 1, 0), max(y1 - 1, 0)
    shown = feature[top : y2 + 1, left : x2 + 1]
    canvas = Canvas(shown / feature.max().clamp(min=1e-6), scale=(SIDE - 8) / max(shown.shape))
    if canvas.scale >= ROOM:
        _print_cells(canvas, shown, feature.max())
    size = first.shape[-1]
    for i, j in ((i, j) for i in range(size) for j in range(size)):
        (r1, c1), (r2, c2) = first[:, i, j].tolist(), last[:, i, j].tolist()
        if r2 < r1 or c2 < c1:
            continue
        color = BIN_COLORS[i % 2][j % 2]
        inset = (3 + 3 * (i % 2) + 3 * (j % 2)) / canvas.scale  # so that bins that share cells stay apart
        corners = torch.tensor([c1 - left + inset, r1 - top + inset, c2 + 1 - left - inset, r2 + 1 - top - inset])
        canvas.box(corners, color, width=2, halo=False)
        row, column = divmod(int(feature[r1 : r2 + 1, c1 : c2 + 1].argmax()), c2 + 1 - c1)
        x, y = c1 + column - left + 0.2 + 0.6 * (j % 2), r1 + row - top + 0.2 + 0.6 * (i % 2)
        for ink, side in ((BLACK, 11), (color, 7)):
            canvas.line((x - side / 2 / canvas.scale, y), (x + side / 2 / canvas.scale, y), ink, width=side)
    return canvas.picture


def _print_cells(canvas: Canvas, shown: Tensor, brightest: Tensor) -> None:
    """The number of each cell, black on bright cells and white on dark ones."""
    for i, j in torch.cartesian_prod(*(torch.arange(n) for n in shown.shape)).tolist():
        ink = BLACK if shown[i, j] > brightest / 2 else WHITE
        canvas.number(j + 0.5, i + 0.5, f"{shown[i, j]:.1f}", ink, size=11)


def draw_pooled(pooled: Tensor, brightest: Tensor) -> Picture:
    """The pooled values as cells, each with its number in the colour of its bin."""
    size = len(pooled)
    canvas = Canvas(pooled / brightest.clamp(min=1e-6), scale=(SIDE - 8) / size)
    inset = 4 / canvas.scale
    for i, j in ((i, j) for i in range(size) for j in range(size)):
        color = BIN_COLORS[i % 2][j % 2]
        canvas.box(torch.tensor([j + inset, i + inset, j + 1 - inset, i + 1 - inset]), color, width=3, halo=False)
        canvas.text(j + 0.5, i + 0.5, f"{pooled[i, j]:.1f}", color, size=14, anchor="mm")
    return canvas.picture
