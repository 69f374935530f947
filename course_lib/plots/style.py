"""What all figures share: the palette, the dashes and markers of lines, a new pair of axes."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK = PALETTE
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green, blue in 0 … 255 of a colour written as "#RRGGBB"."""
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def new_axes(width: float = 6, height: float = 4):
    """One Axes in a new pyplot figure of the given size in inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]
