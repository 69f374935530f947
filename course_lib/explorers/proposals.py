"""Proposals on a scene: all of them thin, and for each object the best one. Units 02 and 04 draw theirs here."""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.plots import BLUE, VERMILLION, YELLOW

SIDE = 384  # pixels: a scene enlarged


def draw_best_proposals(
    image: UInt8[Tensor, "3 h w"],
    objects: Float[Tensor, "m 4"],
    proposals: Float[Tensor, "p 4"],
    number: int,
    iou: float = 0.5,
    objects_above: bool = False,
) -> tuple[Canvas, Float[Tensor, " m"]]:
    """The first `number` proposals (yellow; the more, the paler), and for each object (white) the best of them.

    The best is blue where its IoU, written beside the object, is at least `iou`, else dashed and red.

    Args:
        image: of the scene.
        objects: its ground-truth boxes, xyxy.
        proposals: the best first.
        number: how many of them count.
        iou: from where on an object is found.
        objects_above: objects lie above the best proposals, and none is the best of an object that it does not touch.

    Returns:
        The canvas, SIDE pixels wide, to draw on; of each object its IoU with the best proposal, 0 without proposals.
    """
    from torchvision.ops import box_iou

    chosen = proposals[:number]
    canvas = Canvas(image, scale=SIDE / image.shape[-1])
    for box in chosen:
        canvas.box(box, YELLOW, width=1, halo=False)
    canvas.fade(min(1, 8 / max(number, 1) ** 0.5))
    overlaps, best = box_iou(objects, chosen).max(dim=1) if len(chosen) else (torch.zeros(len(objects)), [])
    colors = [BLUE if overlap >= iou else VERMILLION for overlap in overlaps.tolist()]
    for target, overlap, i, color in zip(objects, overlaps, best, colors, strict=False):
        if not objects_above:
            canvas.box(target, WHITE, width=2)
        if overlap > 0 or not objects_above:
            canvas.box(chosen[i], color, dashed=color == VERMILLION)
    for target in objects if objects_above else []:
        canvas.box(target, WHITE, width=2)
    for target, overlap, color in zip(objects, overlaps, colors, strict=True):
        canvas.tag(*target[:2].tolist(), f"{overlap:.2f}", color, size=13)
    return canvas, overlaps
