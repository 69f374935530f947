"""Explorers of unit 04: anchors, the budget of proposals, the weights of the four losses.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
sliders beside it. Anchors, their labels and all overlaps are torchvision's: the student writes them in the exercise.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.chart import chart
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.proposals import SIDE, draw_best_proposals
from course_lib.explorers.shares import gradient_shares, heat, inner_products, share_bars
from course_lib.plots import BLUE, ORANGE, PURPLE, VERMILLION, Picture

RATIOS = {"1": (1.0,), "1/2, 1, 2": (0.5, 1.0, 2.0), "1/3, 1/2, 1, 2, 3": (1 / 3, 0.5, 1.0, 2.0, 3.0)}


def make_anchors(
    image_size: tuple[int, int], stride: int, scales: Sequence[float], ratios: Sequence[float]
) -> Float[Tensor, "n 4"]:
    """All anchors of an image: row by row, cell by cell, then scales, then ratios.

    Args:
        image_size: height and width in pixels; the map has a cell for every `stride` pixels.
        stride: pixels per cell.
        scales: square root of an anchor's area, in pixels.
        ratios: height / width.

    Returns:
        Boxes around the cells' centres, with torchvision's shapes: half sides rounded to whole pixels. They may
        reach over the image's border.
    """
    from torchvision.models.detection.anchor_utils import AnchorGenerator

    shapes = AnchorGenerator()
    cell = torch.cat([shapes.generate_anchors([scale], list(ratios)) for scale in scales])
    y, x = (stride * (torch.arange(side // stride) + 0.5) for side in image_size)
    grid_y, grid_x = torch.meshgrid(y, x, indexing="ij")
    centers = torch.stack([grid_x, grid_y, grid_x, grid_y], dim=-1).reshape(-1, 1, 4)
    return (centers + cell).reshape(-1, 4)


def anchor_labels(
    anchors: Float[Tensor, "n 4"], objects: Float[Tensor, "m 4"], high: float = 0.7, low: float = 0.3
) -> Int[Tensor, " n"]:
    """1 positive, 0 negative, -1 ignored: torchvision's matcher, without the objects that no anchor touches."""
    from torchvision.models.detection._utils import Matcher
    from torchvision.ops import box_iou

    overlaps = box_iou(objects, anchors)
    overlaps = overlaps[overlaps.amax(dim=1) > 0]  # else all anchors tie at 0 and would be its best
    if not len(overlaps):
        return torch.zeros(len(anchors), dtype=torch.int64)
    match = Matcher(high, low, allow_low_quality_matches=True)(overlaps)
    labels = (match >= 0).long()
    labels[match == Matcher.BETWEEN_THRESHOLDS] = -1
    return labels


def draw_anchors(
    image: UInt8[Tensor, "3 h w"],
    objects: Float[Tensor, "m 4"],
    stride: int,
    scales: Sequence[float],
    ratios: Sequence[float],
    high: float = 0.7,
) -> tuple[Picture, str]:
    """Left the anchors that count, right the shapes of one cell and the centres of all.

    Positive anchors are blue, ignored ones thin and orange, negative ones not drawn. On each object (white, and wide
    enough to be seen below an anchor) stands the IoU of its best anchor: on blue where it reaches `high`, else on red.
    """
    from torchvision.ops import box_iou

    anchors = make_anchors(tuple(image.shape[1:]), stride, scales, ratios)
    labels = anchor_labels(anchors, objects, high)
    overlaps = box_iou(objects, anchors)
    best = overlaps.amax(dim=1).tolist()
    canvas = Canvas(image, scale=SIDE / image.shape[-1])
    for box in anchors[labels < 0]:
        canvas.box(box, ORANGE, width=1, halo=False)
    for box in objects:
        canvas.box(box, WHITE, width=5)
    for box in anchors[labels > 0]:
        canvas.box(box, BLUE, width=2, halo=False)
    for box, overlap in zip(objects, best, strict=True):
        canvas.tag(*box[:2].tolist(), f"{overlap:.2f}", BLUE if overlap >= high else VERMILLION, size=13)
    reached = int((overlaps.amax(dim=0) >= high).sum()) if len(objects) else 0
    counts = [int((labels == value).sum()) for value in (1, -1, 0)]
    canvas.text(0, image.shape[1], f"positive: IoU from {high:.2f} on, or best of an object", BLUE, size=13)
    words = (
        f"{len(anchors) // (len(scales) * len(ratios)):,} cells × {len(scales) * len(ratios)} shapes = "
        f"<b>{len(anchors):,} anchors</b><br>{counts[0]:,} positive ({reached:,} by IoU, {counts[0] - reached:,} only "
        f"as the best of an object)<br>{counts[1]:,} ignored<br>{counts[2]:,} negative<br>"
        f"best IoU of each object: {', '.join(f'{overlap:.2f}' for overlap in best) or 'no objects'}"
    )
    return np.hstack([canvas.picture, _one_cell(image, stride, anchors, len(scales) * len(ratios))]), words


def _one_cell(image: Tensor, stride: int, anchors: Tensor, shapes: int) -> Picture:
    """The pale image with the centres of all cells, and the anchors of the cell in the middle."""
    pale = (image.float() * 0.4 + 255 * 0.6).to(torch.uint8)
    canvas = Canvas(pale, scale=SIDE / image.shape[-1])
    cells = anchors.view(-1, shapes, 4)
    for x1, y1, x2, y2 in cells[:, 0].tolist():
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        canvas.line((x - 0.5, y), (x + 0.5, y), VERMILLION, width=3)
    height, width = (side // stride for side in image.shape[1:])
    for box in cells[height // 2 * width + width // 2]:
        canvas.box(box, BLUE, width=2, halo=False)
    canvas.text(0, image.shape[1], f"one cell: {shapes} anchors; a cell every {stride} pixels", WHITE, size=13)
    return canvas.picture


def anchors_explorer(scenes: Sequence, stride: int, scales: Sequence[float]):
    """Scales, ratios, stride and threshold → which anchors are positive, ignored, negative.

    Args:
        scenes: each with `image` (uint8 [3, h, w], square) and `boxes` (float [m, 4]).
        stride, scales: where the sliders start; each scale is twice the one before.
    """
    import ipywidgets

    def draw(scene: int, smallest: int, count: int, ratios: str, stride: int, high: float) -> tuple[Picture, str]:
        chosen = scenes[scene - 1]
        sizes = [smallest * 2**i for i in range(count)]
        return draw_anchors(chosen.image, chosen.boxes, stride, sizes, RATIOS[ratios], high)

    controls = {
        "scene": slider("scene", 1, 1, len(scenes), 1),
        "smallest": slider("smallest scale (px)", int(scales[0]), 6, 48, 1),
        "count": slider("scales, each twice", len(scales), 1, 4, 1),
        "ratios": ipywidgets.Dropdown(options=list(RATIOS), value="1/2, 1, 2", description="ratios"),
        "stride": ipywidgets.SelectionSlider(options=[4, 8, 16, 32], value=stride, description="stride (px)"),
        "high": slider("positive from IoU", 0.7, 0.5, 0.9, 0.05),
    }
    return panel(draw, controls)


def draw_budget(
    image: UInt8[Tensor, "3 h w"],
    objects: Float[Tensor, "m 4"],
    methods: Mapping[str, Float[Tensor, "_ 4"]],
    number: int,
    iou: float = 0.5,
) -> tuple[Picture, str]:
    """The first `number` proposals of each method, side by side: thin, the more, the paler.

    For each object (white) the best of them is blue where it reaches `iou`, else dashed and red; its IoU stands there.
    """
    pictures, words = [], []
    for name, boxes in methods.items():
        used = min(number, len(boxes))
        canvas, overlaps = draw_best_proposals(image, objects, boxes, used, iou, objects_above=True)
        found = int((overlaps >= iou).sum())
        canvas.text(0, image.shape[1], f"{name}: {found} of {len(objects)} found", WHITE, size=15)
        pictures.append(canvas.picture)
        words.append(f"{name}: {used} of {len(boxes)} proposals find <b>{found} of {len(objects)}</b> objects")
    return np.hstack(pictures), "<br>".join([f"found means IoU ≥ {iou}", *words])


def budget_explorer(
    scenes: Sequence,
    methods: Mapping[str, Sequence[Tensor]],
    numbers: Sequence[int],
    curves: Mapping[float, Mapping[str, Sequence[float]]],
):
    """Number of proposals → what each method finds in one scene, and its recall over all scenes.

    Args:
        scenes: each with `image` (uint8 [3, h, w], square) and `boxes` (float [m, 4]).
        methods: two names, each with the proposals of every scene, the best first.
        numbers: the numbers to choose from.
        curves: IoU → method → recall over all scenes for each of `numbers`.
    """
    import ipywidgets

    charts = {iou: chart(numbers, lines, f"recall at IoU {iou}", (2 * SIDE, 260)) for iou, lines in curves.items()}

    def draw(scene: int, number: int, iou: float) -> tuple[Picture, str]:
        chosen = {name: boxes[scene - 1] for name, boxes in methods.items()}
        top, words = draw_budget(scenes[scene - 1].image, scenes[scene - 1].boxes, chosen, number, iou)
        recalls = [f"{name} {values[numbers.index(number)]:.2f}" for name, values in curves[iou].items()]
        words += f"<br>recall over all {len(scenes)} scenes: {', '.join(recalls)}"
        return np.vstack([top, charts[iou].marked(number, PURPLE)]), words

    controls = {
        "scene": slider("scene", 1, 1, len(scenes), 1),
        "number": ipywidgets.SelectionSlider(options=numbers, value=numbers[len(numbers) // 2], description="number"),
        "iou": ipywidgets.Dropdown(options=list(curves), description="IoU"),
    }
    return panel(draw, controls)


def draw_loss_weights(
    image: UInt8[Tensor, "3 h w"],
    products: Float[Tensor, "n i j l l"],
    weights: Float[Tensor, " l"],
    names: Sequence[str],
    number: int = 0,
) -> tuple[Picture, str]:
    """Left where the shared map is asked to change, in the image of this number; right each loss's share.

    Args:
        image: the image with that number in the batch.
        products: `inner_products` of the losses' gradients with respect to the shared maps of the batch.
        weights: one per loss, not negative.
        names: of the losses.
        number: which image of the batch.
    """
    whole, weights = products.sum(dim=(0, 1, 2)), weights.to(products.dtype)
    shares = gradient_shares(whole, weights).tolist()
    length = 1000 * float((weights @ whole @ weights).clamp(min=0).sqrt())
    strength = (products[number] @ weights @ weights).clamp(min=0).sqrt()
    left = Canvas(heat(image, strength), scale=SIDE / image.shape[-1])
    left.text(0, image.shape[1], f"where the map is asked to change (length {length:.1f})", WHITE, size=13)
    lengths = (1000 * whole.diagonal().sqrt()).tolist()
    lines = [
        f"<br>{name}: weight {weight:.1f} × length {own:.2f} / 1000 → share {share:.0%}"
        + (" (works against the sum)" if share < -0.005 else "")
        for name, weight, own, share in zip(names, weights.tolist(), lengths, shares, strict=True)
    ]
    head = f"gradient at the shared map: length {length:.1f} / 1000" if weights.any() else "<b>nothing is learned</b>"
    return np.hstack([left.picture, share_bars(names, shares)]), head + "".join(lines)


def loss_weights_explorer(
    images: UInt8[Tensor, "n 3 h w"], gradients: Float[Tensor, "l n c i j"], names: Sequence[str]
):
    """Weight of each loss → its share of the gradient at the shared map. `gradients`: of each loss, for each image."""
    products = inner_products(gradients)

    def draw(scene: int, **weights: float) -> tuple[Picture, str]:
        chosen = torch.tensor([float(weights[name]) for name in names])
        return draw_loss_weights(images[scene - 1], products, chosen, names, scene - 1)

    controls = {name: slider(name.removeprefix("loss_"), 1.0, 0.0, 10.0, 0.5) for name in names}
    return panel(draw, {"scene": slider("scene", 1, 1, len(images), 1), **controls})
