"""Pictures of unit 09: photographs beside their tags, and the doors that an image passes before it gets any."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.tiles import tiled
from course_lib.plots import BLACK, BLUE, GREEN, PURPLE, SKY, VERMILLION, YELLOW, Arrow, Block, Picture, diagram, white

SIDE, WIDTH, NAMES, LINE = 120, 300, 178, 24  # pixels: of a photograph, of its tags, of their names, of a tag's height


def draw_tags(
    images: Sequence[UInt8[Tensor, "3 s s"]],
    tags: Sequence[Sequence[tuple[str, float]]],
    threshold: float,
    columns: int = 2,
) -> tuple[Picture, str]:
    """Square images, each beside at most five tags as bars of confidence; blue where these reach the threshold.

    Returns the picture, and the tags that reach it in words.
    """
    panes = [_pane(image, told, threshold) for image, told in zip(images, tags, strict=True)]
    kept = [[f"{name} {confidence:.2f}" for name, confidence in told if confidence >= threshold] for told in tags]
    words = "; ".join(", ".join(one) or "nothing" for one in kept)
    return tiled(panes, rows=-(-len(panes) // columns)), words


def _pane(image: UInt8[Tensor, "3 s s"], told: Sequence[tuple[str, float]], threshold: float) -> Picture:
    """An image, on its right its tags with their bars, and the threshold as an upright line through these."""
    canvas, full = Canvas(white(SIDE, WIDTH)), WIDTH - NAMES - 8
    for place, (name, confidence) in enumerate(told):
        middle = LINE * (place + 0.5)
        canvas.text(NAMES - 6, middle, f"{name} {confidence:.2f}", WHITE, size=12, anchor="rm")
        color = BLUE if confidence >= threshold else SKY
        canvas.line((NAMES, middle), (NAMES + max(1, confidence * full), middle), color, LINE - 6)
    canvas.line((NAMES + threshold * full, 0), (NAMES + threshold * full, LINE * len(told)), PURPLE, width=2)
    pane = np.hstack([Canvas(image, SIDE / image.shape[-1]).picture, canvas.picture, white(SIDE, 14)])
    return np.vstack([pane, white(12, pane.shape[1])])


def draw_doors():
    """Draws an image's way through a service: what is asked of it, and what each refusal answers. Returns the Axes."""
    from course_lib.service.limits import LIMITS

    asked = (
        ("bytes", SKY),
        (f"at most\n{LIMITS.bytes / 2**20:g} MB?", YELLOW),
        ("JPEG, PNG,\n… inside?", YELLOW),
        (f"pixels: at\nmost {LIMITS.pixels / 1e6:g} M?", YELLOW),
        ("can it be\ndecoded?", YELLOW),
        ("network,\nsoftmax", BLUE),
        ("confidence\nreached?", YELLOW),
        ("tags", GREEN),
    )
    refused = {1: "413\ntoo large", 2: "415\nno image", 3: "413\ntoo many", 4: "422\nbroken", 6: "200\nno tags"}
    blocks = {f"{i}": Block(1.75 * i, 1.3, words, color, 1.35, 0.8) for i, (words, color) in enumerate(asked)}
    for place, words in refused.items():
        color = VERMILLION if place < 6 else GREEN
        blocks[f"no {place}"] = Block(1.75 * place, 0, words, color, 1.35, 0.7)
    arrows = [Arrow(f"{i}", f"{i + 1}") for i in range(len(asked) - 1)]
    arrows += [Arrow(f"{place}", f"no {place}", BLACK, "no") for place in refused]
    return diagram(blocks, arrows, size=(12.5, 2.6))
