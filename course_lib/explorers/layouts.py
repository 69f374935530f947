"""The layouts of LeNet-5, AlexNet and VGG-16, drawn to one scale: each map as high as it has rows, as wide as channels.

A layer is (kind, kernel, stride, padding, channels); a linear layer ("fc") has only its number of units.
"""

from math import log2
from typing import NamedTuple

from course_lib.plots import BLACK, BLUE, GREEN, ORANGE, SKY

POOL = ("pool", 2, 2, 0)


def _vgg(*repeats: tuple[int, int]) -> list[tuple]:
    """Stages of 3 × 3 layers, each with a pooling at its end: (layers, channels) of each stage."""
    return [layer for count, channels in repeats for layer in [("conv", 3, 1, 1, channels)] * count + [POOL]]


LAYOUTS = {  # side and channels of the image, then the layers
    "LeNet-5, 1998": (32, 1, [("conv", 5, 1, 0, 6), POOL, ("conv", 5, 1, 0, 16), POOL]
                      + [("fc", 120), ("fc", 84), ("fc", 10)]),
    "AlexNet, 2012": (227, 3, [("conv", 11, 4, 0, 96), ("pool", 3, 2, 0), ("conv", 5, 1, 2, 256), ("pool", 3, 2, 0)]
                      + [("conv", 3, 1, 1, 384)] * 2 + [("conv", 3, 1, 1, 256), ("pool", 3, 2, 0)]
                      + [("fc", 4096), ("fc", 4096), ("fc", 1000)]),
    "VGG-16, 2014": (224, 3, _vgg((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
                     + [("fc", 4096), ("fc", 4096), ("fc", 1000)]),
}  # fmt: skip
COLORS = {"image": SKY, "conv": BLUE, "pool": GREEN, "fc": ORANGE}


class Map(NamedTuple):
    """What one layer puts out."""

    kind: str
    side: int
    channels: int
    kernel: int = 0


def maps(name: str) -> list[Map]:
    """The image, and the output of each layer of one of LAYOUTS."""
    side, channels, layers = LAYOUTS[name]
    found = [Map("image", side, channels)]
    for kind, *sizes in layers:
        if kind == "fc":
            found.append(Map(kind, 1, sizes[0]))
            continue
        kernel, stride, padding = sizes[:3]
        side = (side + 2 * padding - kernel) // stride + 1
        channels = sizes[3] if kind == "conv" else channels
        found.append(Map(kind, side, channels, kernel))
    return found


def draw_layouts():
    """Draws all layouts below one another; heights go with the root of the side, widths with the channels' logarithm.

    Above a map stands its side in pixels, below it the kernel and the channels. Returns the Axes.
    """
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    axes = pyplot.subplots(len(LAYOUTS), 1, figsize=(13, 6.6), layout="constrained")[1]
    for ax, name in zip(axes, LAYOUTS, strict=True):
        _draw(ax, maps(name))
        ax.set_title(name, loc="left")
        ax.set(xlim=(0, 31), ylim=(-13, 9.5))
        ax.axis("off")
    kinds = [Rectangle((0, 0), 1, 1, facecolor=color, edgecolor=BLACK) for color in COLORS.values()]
    axes[0].legend(kinds, ["image", "convolution", "pooling", "linear layer"], loc="center right", fontsize=10)
    return axes


def _draw(ax, found: list[Map]) -> None:
    """One network, from left to right."""
    from matplotlib.patches import Rectangle

    left = 0.3
    for kind, side, channels, kernel in found:
        width, height = 0.25 + log2(channels) / 12, max(side**0.5, 0.8)
        ax.add_patch(Rectangle((left, -height / 2), width, height, facecolor=COLORS[kind], edgecolor=BLACK))
        middle, words = left + width / 2, f"{channels}"
        if kernel:
            words = f"{kernel}×{kernel}" if kind == "pool" else f"{kernel}×{kernel}\n{channels}"
        ax.text(middle, height / 2 + 0.5, "" if kind == "fc" else side, ha="center", va="bottom", fontsize=9)
        ax.text(middle, -height / 2 - 0.8, words, ha="center", va="top", fontsize=8)
        left += width + 0.45
