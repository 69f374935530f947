"""One channel of a network's map on two photographs at once: what it finds on one is a guess, the other can refute it.

`draw_channel` is a pure function that returns a picture and the same in words, `channels_explorer` puts controls
beside it. The maps are computed once, outside.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.shares import heat
from course_lib.plots import Picture, white

HEIGHT, GAP = 300, 12  # pixels of each photograph's height, and between the two


def draw_channel(
    images: Mapping[str, UInt8[Tensor, "3 _ _"]], maps: Mapping[str, Float[Tensor, "c _ _"]], channel: int
) -> tuple[Picture, str]:
    """Photographs side by side, tinted by the same channel: dark blue at 0, yellow at the largest response of all.

    Args:
        images: photographs by name.
        maps: of each photograph, by the same names; no response is negative.
        channel: which one.

    Returns:
        The picture, and for each photograph its largest response and the share of cells that answer at all.
    """
    largest = max(float(maps[name][channel].max()) for name in images)
    panes, words = [], []
    for name, image in images.items():
        values = maps[name][channel]
        canvas = Canvas(heat(image, values, largest), scale=HEIGHT / image.shape[1])
        canvas.text(0, image.shape[1], name, WHITE)
        panes += [canvas.picture, white(HEIGHT, GAP)]
        words.append(
            f"<b>{name}</b>: at most {float(values.max()):.1f}; "
            f"{float((values > 0).float().mean()):.0%} of {values.numel()} cells answer"
        )
    return np.hstack(panes[:-1]), "<br>".join(words)


def channels_explorer(
    images: Mapping[str, UInt8[Tensor, "3 _ _"]], maps: Mapping[str, Float[Tensor, "c _ _"]], channel: int
):
    """Channel, and the photograph beside the first one → where the channel answers on both."""
    import ipywidgets

    first, *others = images

    def draw(channel: int, other: str) -> tuple[Picture, str]:
        return draw_channel({name: images[name] for name in (first, other)}, maps, channel)

    controls = {
        "channel": slider("channel", channel, 0, len(maps[first]) - 1, 1),
        "other": ipywidgets.Dropdown(options=others, description="beside it"),
    }
    return panel(draw, controls)
