"""Explorers of unit 03: RoI pooling, smooth L1 against L2, the sampling of a training batch.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
sliders beside it. Pooling, loss and sampling are torchvision's and torch's: the student writes them in the exercise.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.chart import new_figure
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.pooling import SIDE, bins, draw_bins, draw_pooled, region
from course_lib.explorers.tiles import centred
from course_lib.plots import BLUE, ORANGE, VERMILLION, Picture, pixels, to_picture, white

SHOWN = 12  # background RoIs that are drawn on a scene: more would hide it


def draw_roi_pool(
    ground: UInt8[Tensor, "3 h w"] | Float[Tensor, "h w"],
    feature: Float[Tensor, "i j"],
    box: Float[Tensor, "4"],
    output_size: int,
) -> tuple[Picture, str]:
    """A box (blue) and its cells (orange) on the image, its bins on the map, and the pooled values.

    Args:
        ground: what lies under the box on the left: the image, or any picture of its size.
        feature: one channel of the image's map, not negative.
        box: xyxy in pixels of `ground`.
        output_size: bins in a row and in a column.
    """
    from torchvision.ops import roi_pool

    scale = feature.shape[-1] / ground.shape[-1]
    first, last = bins(box, output_size, scale, feature.shape)
    cells = region(box, scale, feature.shape)
    pooled = roi_pool(feature[None, None], [box[None]], output_size, scale)[0, 0]
    left = Canvas(ground, scale=SIDE / max(ground.shape[-2:]))
    left.box(cells / scale, ORANGE)
    left.box(box, BLUE)
    parts = [left.picture, draw_bins(feature, cells, first, last), draw_pooled(pooled, feature.max())]
    return np.hstack([centred(part, SIDE + 8, SIDE + 8) for part in parts]), _pooling_words(
        box, scale, cells, first, last
    )


def _pooling_words(box: Tensor, scale: float, cells: Tensor, first: Tensor, last: Tensor) -> str:
    """Where a box lands on the map, and how its bins share cells."""
    x1, y1, x2, y2 = (int(value) for value in cells)
    uses = torch.zeros(y2, x2)
    for (r1, c1), (r2, c2) in zip(first.flatten(1).T.tolist(), last.flatten(1).T.tolist(), strict=True):
        uses[r1 : r2 + 1, c1 : c2 + 1] += 1
    scaled = ", ".join(f"{value * scale:.2f}" for value in box.tolist())
    size = first.shape[-1]
    return (
        f"The box ({', '.join(f'{value:.0f}' for value in box.tolist())}) divided by {1 / scale:.0f}: ({scaled})<br>"
        f"columns {x1} to {x2 - 1}, rows {y1} to {y2 - 1}: <b>{x2 - x1} × {y2 - y1} cells</b> into {size} × {size} bins"
        f"<br>{int((uses > 1).sum())} cells belong to more than one bin"
    )


def roi_pool_explorer(image: UInt8[Tensor, "3 h w"], feature: Float[Tensor, "i j"], box: Float[Tensor, "4"]):
    """A box that sliders move and resize → its cells, its bins, its pooled values. Starts from the given box."""
    import ipywidgets

    height, width = image.shape[1:]
    cell = -(-width // feature.shape[-1])
    brightness = (feature / feature.max()).repeat_interleave(cell, 0).repeat_interleave(cell, 1)[:height, :width]
    grounds = {"photograph": image, "feature map": brightness}

    def draw(x: int, y: int, wide: int, high: int, output_size: int, ground: str) -> tuple[Picture, str]:
        moved = torch.tensor([x, y, min(x + wide, width), min(y + high, height)], dtype=torch.float32)
        return draw_roi_pool(grounds[ground], feature, moved, output_size)

    x1, y1, x2, y2 = (int(value) for value in box)
    controls = {
        "x": slider("x of its corner", x1, 0, width - cell, 1),
        "y": slider("y of its corner", y1, 0, height - cell, 1),
        "wide": slider("width", x2 - x1, 1, width, 1),
        "high": slider("height", y2 - y1, 1, height, 1),
        "output_size": ipywidgets.Dropdown(options=[1, 2, 3, 4, 7], value=3, description="output size"),
        "ground": ipywidgets.Dropdown(options=list(grounds), description="ground"),
    }
    return panel(draw, controls)


def losses(errors: Float[Tensor, " n"], beta: float) -> dict[str, tuple[Tensor, Tensor]]:
    """Name → (loss, gradient) of smooth L1 and of L2, which is half the square, at each error."""
    from torch.nn.functional import smooth_l1_loss

    x = errors.clone().requires_grad_()
    values = {"smooth L1": smooth_l1_loss(x, torch.zeros_like(x), reduction="none", beta=beta), "L2": 0.5 * x**2}
    return {name: (y.detach(), torch.autograd.grad(y.sum(), x)[0]) for name, y in values.items()}


@cache
def _loss_charts() -> tuple[Picture, tuple[np.ndarray, np.ndarray]]:
    """Empty axes of loss and gradient with the L2 curves, and for each what maps (x, y, 1) to the picture's pixels."""
    figure = new_figure(840, 360)
    errors = torch.linspace(-3, 3, 121)
    for ax, curve, name in zip(figure.subplots(1, 2), losses(errors, 1)["L2"], ("loss", "gradient"), strict=True):
        ax.plot(errors, curve, color=VERMILLION, linestyle="--", label="L2")
        ax.plot([], [], color=BLUE, linewidth=2, label="smooth L1")
        ax.set(xlabel="error of a box coordinate", ylabel=name, xlim=(-3.1, 3.1), title=name)
        ax.set_ylim((-0.1, 4.6) if name == "loss" else (-3.1, 3.1))
        ax.grid(alpha=0.3)
        ax.legend(loc="upper center" if name == "loss" else "upper left")
    picture = pixels(figure)
    flip = np.array([[1, 0, 0], [0, -1, len(picture)], [0, 0, 1]])
    return picture, tuple(flip @ ax.transData.get_affine().get_matrix() for ax in figure.axes)


def draw_losses(beta: float, error: float) -> tuple[Picture, str]:
    """Smooth L1 (blue) and L2 (dashed) with their gradients over the error; squares mark the given error."""
    picture, matrices = _loss_charts()
    canvas = Canvas(picture)
    errors = torch.linspace(-3, 3, 601)
    lines, marks = losses(errors, beta)["smooth L1"], losses(torch.tensor([error]), beta)
    for i, matrix in enumerate(matrices):
        points = matrix[:2] @ np.stack([errors, lines[i], np.ones(len(errors))])
        inside = [tuple(point) for point in points.T.tolist()]
        for start, end in zip(inside, inside[1:], strict=False):
            canvas.line(start, end, BLUE, width=3)
        for name, color in {"L2": VERMILLION, "smooth L1": BLUE}.items():
            x, y = matrix[:2] @ np.array([error, marks[name][i].item(), 1])
            canvas.line((float(x) - 5, float(y)), (float(x) + 5, float(y)), color, width=11)
    told = [
        f"<br>{name}: loss <b>{loss.item():.2f}</b>, gradient {by.item():+.2f}" for name, (loss, by) in marks.items()
    ]
    return canvas.picture, f"error {error:+.1f}, beta {beta:.1f}" + "".join(told)


def smooth_l1_explorer():
    """Beta and one error → loss and gradient of smooth L1 beside those of L2."""
    return panel(draw_losses, {"beta": slider("beta", 1, 0, 3, 0.1), "error": slider("error", 2, -3, 3, 0.1)})


def sample(
    overlaps: Float[Tensor, " r"], number: int, fraction: float, seed: int, lowest: float = 0.1
) -> tuple[Int[Tensor, " f"], Int[Tensor, " b"]]:
    """Positions of the foreground and background RoIs that torchvision's sampler draws.

    Args:
        overlaps: of each proposal its largest IoU with an object: foreground from 0.5, background from `lowest`.
        number: RoIs in the batch. fraction: share of it that foreground may take at most.
        seed: of the draw; torch's own generator is left as it was.
    """
    from torchvision.models.detection._utils import BalancedPositiveNegativeSampler

    kinds = (overlaps >= 0.5).long() - (overlaps < lowest).long()  # 1 foreground, 0 background, -1 neither
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        masks = BalancedPositiveNegativeSampler(number, fraction)([kinds])
    foreground, background = (mask[0].nonzero()[:, 0] for mask in masks)
    return foreground, background


def draw_sample(
    image: UInt8[Tensor, "3 h w"],
    objects: Float[Tensor, "m 4"],
    proposals: Float[Tensor, "r 4"],
    number: int,
    fraction: float,
    seed: int,
) -> tuple[Picture, str]:
    """The RoIs of one batch: foreground (blue) and some of the background (orange) on the scene, and all cut out.

    Objects are white.
    """
    from torchvision.ops import box_iou

    overlaps = torch.cat([box_iou(proposals, objects), torch.zeros(len(proposals), 1)], dim=1).amax(dim=1)
    foreground, background = sample(overlaps, number, fraction, seed)
    shown = ((foreground, BLUE), (background[:SHOWN], ORANGE))
    scenes = [_draw_chosen(image, objects, proposals[chosen], color) for chosen, color in shown]
    crops = _draw_crops(image, proposals[torch.cat([foreground, background])], len(foreground), number)
    there = int((overlaps >= 0.5).sum()), int(((overlaps >= 0.1) & (overlaps < 0.5)).sum())
    words = (
        f"A batch of {number}, at most {int(number * fraction)} of them foreground:<br>"
        f"<b>{len(foreground)} foreground</b> RoIs of {there[0]} (IoU ≥ 0.5), blue<br>"
        f"<b>{len(background)} background</b> RoIs of {there[1]} (IoU from 0.1 to 0.5), orange; "
        f"{min(SHOWN, len(background))} of them on the scene<br>"
        f"{len(proposals) - sum(there)} of {len(proposals)} proposals lie below 0.1 and are never drawn"
    )
    return np.hstack([scenes[0], white(SIDE, 12), scenes[1], white(SIDE, 12), crops]), words


def _draw_chosen(image: Tensor, objects: Tensor, boxes: Tensor, color: str) -> Picture:
    """The scene with its objects in white and some of the RoIs."""
    canvas = Canvas(image, scale=SIDE / image.shape[-1])
    for target in objects:
        canvas.box(target, WHITE, width=3)
    for box in boxes:
        canvas.box(box, color, width=2, halo=False)
    return canvas.picture


def _draw_crops(image: Tensor, boxes: Tensor, foreground: int, number: int) -> Picture:
    """A sheet of 320 pixels with room for `number` squares: the boxes' contents, the first `foreground` ones blue."""
    from torchvision.ops import roi_align

    columns = max(1, int(np.ceil(number**0.5)))
    side = SIDE // columns
    sheet = white(SIDE, SIDE)
    crops = roi_align(image[None].float() / 255, [boxes], side - 2, aligned=True)
    for i, crop in enumerate(crops):
        canvas = Canvas(crop)
        edge = side - 3
        canvas.box(torch.tensor([0.0, 0, edge, edge]), BLUE if i < foreground else ORANGE, width=4, halo=False)
        top, left = (side * n for n in divmod(i, columns))
        sheet[top : top + side - 2, left : left + side - 2] = to_picture(canvas.picture)
    return sheet


def sampling_explorer(scenes: Sequence, proposals: Sequence[Tensor]):
    """Number of RoIs and share of foreground → what a training batch of a scene contains.

    Args:
        scenes: each with `image` (uint8 [3, h, w], square) and `boxes` (float [m, 4]).
        proposals: boxes [r, 4] of each scene.
    """

    def draw(scene: int, number: int, fraction: float, seed: int) -> tuple[Picture, str]:
        chosen = scenes[scene - 1]
        return draw_sample(chosen.image, chosen.boxes, proposals[scene - 1], number, fraction, seed)

    controls = {
        "scene": slider("scene", 1, 1, len(scenes), 1),
        "number": slider("number of RoIs", 64, 4, 128, 4),
        "fraction": slider("foreground at most", 0.25, 0, 1, 0.05),
        "seed": slider("draw", 0, 0, 20, 1),
    }
    return panel(draw, controls)
