"""Figures of the course: pictures with boxes, rows of pictures, curves, bars, and words for those who cannot see them.

Every function draws on a matplotlib Axes and returns it, so that a notebook can add to it. Colours are Okabe and Ito's
(https://jfly.uni-koeln.de/color/), which stay apart for colour-blind readers; lines differ in dash and marker as well.
`show(picture, "name")` puts the picture into the notebook as an HTML image with alternative text, kept in alt_texts/ by
its name: JupyterLab ignores alternative text in the metadata of plain PNG outputs.
"""

import base64
import html
import io
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from course_lib import alt as words

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, YELLOW, BLACK = PALETTE
DASHES = ("-", "--", "-.", ":")
CARD = "background: #fff; border-radius: 8px; box-sizing: border-box; max-width: 100%; padding: 8px"
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")


def rgb(color: str) -> tuple[int, int, int]:
    """Red, green, blue in 0 … 255 of a colour written as "#RRGGBB"."""
    return tuple(int(color[i : i + 2], 16) for i in (1, 3, 5))


def to_picture(image: Tensor | np.ndarray) -> np.ndarray:
    """Any image of the course as uint8 [H, W, 3].

    Args:
        image: uint8 0 … 255, bool, or float 0 … 1 (clipped); [3, H, W] or [1, H, W] tensor, [H, W] or [H, W, 3] array.

    Raises:
        ValueError: another number of axes or channels.
    """
    array = image.detach().cpu().numpy() if isinstance(image, Tensor) else np.asarray(image)
    if array.ndim == 3 and array.shape[0] in (1, 3) and array.shape[-1] != 3:
        array = array.transpose(1, 2, 0)
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3):
        raise ValueError(f"An image has 2 axes, or 3 with 1 or 3 channels; this array has the shape {array.shape}.")
    if array.dtype != np.uint8:
        array = np.round(np.clip(array.astype(np.float32), 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))


def _new_axes(width: float = 6, height: float = 4):
    """One Axes in a new pyplot figure of the given size in inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def show_image(image: Tensor | np.ndarray, title: str = "", ax=None):
    """Draws one image without ticks, pixel i covering [i, i + 1): the coordinates of our boxes. Returns the Axes."""
    picture = to_picture(image)
    height, width = picture.shape[:2]
    if ax is None:
        ax = _new_axes(5, 5 * height / width)
    ax.imshow(picture, extent=(0, width, height, 0), interpolation="nearest" if width <= 160 else "antialiased")
    ax.set(xticks=[], yticks=[], title=title)
    return ax


def _box_colors(colors: str | Sequence[str] | None, labels: Tensor | None, count: int) -> list[str]:
    """One colour a box: as given, else by label, else blue."""
    if isinstance(colors, str):
        return [colors] * count
    if colors is not None:
        return list(colors)
    if labels is not None:
        return [PALETTE[int(label) % len(PALETTE)] for label in labels]
    return [VERMILLION] * count


def _captions(labels: Tensor | None, scores: Tensor | None, names: Sequence[str] | None, count: int) -> list[str]:
    """What stands on each box: its name or label, then its score."""
    captions = [[] for _ in range(count)]
    for i, label in enumerate([] if labels is None else labels.tolist()):
        captions[i].append(names[label] if names else str(label))
    for i, score in enumerate([] if scores is None else scores.tolist()):
        captions[i].append(f"{score:.2f}")
    return [" ".join(parts) for parts in captions]


def draw_boxes(
    image: Tensor | np.ndarray,
    boxes: Float[Tensor, "n 4"],
    labels: Int[Tensor, " _"] | None = None,
    scores: Float[Tensor, " _"] | None = None,
    names: Sequence[str] | None = None,
    ax=None,
    colors: str | Sequence[str] | None = None,
    title: str = "",
    linewidth: float = 2,
):
    """Draws an image with boxes on it.

    Args:
        image: as in `to_picture`.
        boxes: xyxy in pixels of the image.
        labels: class of each box [n]; colours it, and is written on it (as `names[label]` if names are given).
        scores: [n], written on the boxes with two decimals.
        names: names of the classes.
        ax: where to draw; a new figure by default.
        colors: one colour for all boxes, or one a box; overrides the colours of the labels.
        title: above the picture.
        linewidth: in points.

    Returns:
        The Axes.

    Raises:
        ValueError: labels, scores or colours are not as many as the boxes.
    """
    from matplotlib.collections import PolyCollection

    given = {"labels": labels, "scores": scores, "colors": None if isinstance(colors, str) else colors}
    for name, values in given.items():
        if values is not None and len(values) != len(boxes):
            raise ValueError(f"{name}: expected one for each of the {len(boxes)} boxes, got {len(values)}.")
    ax = show_image(image, title, ax)
    edges = _box_colors(colors, labels, len(boxes))
    corners = boxes.detach().cpu()[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2).numpy()
    ax.add_collection(PolyCollection(corners, facecolors="none", edgecolors="white", linewidths=linewidth * 2))
    ax.add_collection(PolyCollection(corners, facecolors="none", edgecolors=edges, linewidths=linewidth))
    for outline, caption, color in zip(corners, _captions(labels, scores, names, len(boxes)), edges, strict=True):
        if caption:
            late = outline[0, 0] > 0.7 * ax.get_xlim()[1]  # a caption to the right of it would be cut off
            corner, side = (outline[1], "right") if late else (outline[0], "left")
            ink = "black" if color in (ORANGE, SKY, YELLOW) else "white"
            style = {"facecolor": color, "edgecolor": "none", "pad": 1.5}
            place = "bottom" if corner[1] > ax.get_ylim()[0] / 20 else "top"
            ax.text(*corner, caption, color=ink, fontsize=8, va=place, ha=side, bbox=style, clip_on=True)
    return ax


def image_grid(images: Sequence, titles: Sequence[str] | None = None, columns: int = 4, width: float = 9) -> np.ndarray:
    """Draws images in rows of `columns`, in a figure `width` inches wide.

    Returns:
        One Axes an image, as a flat array.

    Raises:
        ValueError: no images, or titles that are not as many as the images.
    """
    import matplotlib.pyplot as plt

    if len(images) == 0:
        raise ValueError("image_grid: expected at least one image, got none.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"titles: expected one for each of the {len(images)} images, got {len(titles)}.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    side = width / columns
    size = (width, rows * (side + (0.3 if titles else 0)))
    axes = plt.subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)[1].ravel()
    for i, ax in enumerate(axes):
        ax.axis("off")
        if i < len(images):
            show_image(images[i], titles[i] if titles else "", ax)
    return axes[: len(images)]


def curve(
    x, lines: Mapping[str, Sequence[float]], xlabel: str, ylabel: str, ax=None, title: str = "", step: bool = False
):
    """Draws one or several lines over the same x, each with its name, its colour, its dash and its marker.

    Args:
        x: the common x values.
        lines: name → y values, one for each x.
        step: draw steps (a value holds until the next x) instead of straight lines.

    Returns:
        The Axes.
    """
    ax = _new_axes() if ax is None else ax
    for i, (name, y) in enumerate(lines.items()):
        marker = MARKERS[i % len(MARKERS)] if len(x) <= 40 else None
        style = {"color": PALETTE[i % len(PALETTE)], "linestyle": DASHES[i % len(DASHES)], "marker": marker}
        ax.plot(x, y, label=name, drawstyle="steps-post" if step else "default", **style)
    ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
    ax.grid(alpha=0.3)
    if len(lines) > 1:
        ax.legend()
    return ax


def pr_curve(
    recall: Sequence[float], precision: Sequence[float], ax=None, name: str = "precision", envelope: bool = True
):
    """Draws precision over recall; with `envelope`, also the best precision at this recall or above, as in VOC.

    Returns:
        The Axes, both axes from 0 to 1.
    """
    ax = _new_axes(5, 4) if ax is None else ax
    precision = np.asarray(precision, dtype=float)
    ax.plot(recall, precision, color=BLUE, marker="o", label=name)
    if envelope and len(precision):
        best = np.maximum.accumulate(precision[::-1])[::-1]
        steps = np.concatenate([[0], np.asarray(recall, dtype=float)])
        ax.stairs(best, steps, baseline=0, fill=True, color=ORANGE, alpha=0.35, label="area of average precision")
    ax.set(xlabel="recall", ylabel="precision", xlim=(0, 1.02), ylim=(0, 1.05))
    ax.grid(alpha=0.3)
    ax.legend(loc="lower left")
    return ax


def bars(
    names: Sequence[str],
    values: Sequence[float],
    xlabel: str,
    ax=None,
    colors: str | Sequence[str] = BLUE,
    form="{:.1f}",
):
    """Draws horizontal bars from the top down, each with its value written behind it. Returns the Axes."""
    ax = _new_axes(7, 0.45 * len(names) + 0.8) if ax is None else ax
    drawn = ax.barh(range(len(names)), values, color=colors)
    ax.bar_label(drawn, labels=[form.format(value) for value in values], padding=3)
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.set_xlabel(xlabel)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def png(picture) -> bytes:
    """A picture as the bytes of a PNG file: an Axes or Figure as drawn, an image (see `to_picture`) pixel for pixel."""
    buffer = io.BytesIO()
    figure = getattr(picture, "figure", picture)
    if hasattr(figure, "savefig"):
        figure.savefig(buffer, format="png", dpi=90)
    else:
        import cv2

        buffer.write(cv2.imencode(".png", to_picture(picture)[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])[1])
    return buffer.getvalue()


def show(picture, name: str = "", alt: str = "", **values: object) -> None:
    """Displays an Axes, a Figure, an array of Axes or an image in the notebook, with words for those who can't see it.

    The words are those of `alt.sentence(name, **values)`, or `alt`; what can be read off a figure is added to them. The
    figure is closed, so that the notebook does not draw it a second time.

    Raises:
        ValueError: neither a name nor an `alt`, or both.
        UnknownPicture: no words have this name.
    """
    if bool(name.strip()) == bool(alt.strip()):
        raise ValueError("show: expected the picture's name, or alt='a sentence that describes it'.")
    if isinstance(picture, np.ndarray) and picture.dtype == object:
        picture = picture.flat[0]
    figure = getattr(picture, "figure", picture)
    told = alt or words.sentence(name, **values)
    if hasattr(figure, "savefig"):
        told = f"{told} {words.numbers(figure)}".rstrip()
    show_html(image_html(png(picture), told), told)
    close(picture)


def image_html(content: bytes, alt: str) -> str:
    """A PNG file as HTML: on a white card with room around it, so that it also reads on a dark page."""
    source = base64.b64encode(content).decode()
    return f'<img src="data:image/png;base64,{source}" alt="{html.escape(alt)}" style="{CARD}">'


def close(picture) -> None:
    """Closes the figure behind an Axes or Figure, so that the notebook does not draw it a second time."""
    from matplotlib import pyplot

    figure = getattr(picture, "figure", picture)
    if hasattr(figure, "savefig"):
        pyplot.close(figure)


def in_notebook() -> bool:
    """Whether a Jupyter front end listens, so that HTML can be shown."""
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def show_html(page: str, text: str) -> None:
    """Displays HTML in the notebook, with `text` for front ends that cannot show it."""
    from IPython.display import display

    display({"text/html": page, "text/plain": text}, raw=True)
