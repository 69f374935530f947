"""Images on Axes: one, one with boxes, many in rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int
from torch import Tensor

from course_lib.plots.pictures import to_picture
from course_lib.plots.style import ORANGE, PALETTE, SKY, VERMILLION, YELLOW, new_axes


def show_image(image: Tensor | np.ndarray, title: str = "", ax=None):
    """Draws one image without ticks, pixel i covering [i, i + 1): the coordinates of our boxes. Returns the Axes."""
    picture = to_picture(image)
    height, width = picture.shape[:2]
    if ax is None:
        ax = new_axes(5, 5 * height / width)
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


def draw_proposals(image: Tensor | np.ndarray, boxes: Float[Tensor, "p 4"], number: int):
    """Draws the first `number` proposals in thin yellow and says of how many they are. Returns the Axes."""
    title = f"{number} of {len(boxes):,} proposals"
    return draw_boxes(image, boxes[:number], colors=YELLOW, linewidth=0.5, title=title)


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


def draw_detections(
    scenes: Sequence, detections: Sequence[Mapping[str, Tensor]], names: Sequence[str], width: float = 9
) -> np.ndarray:
    """Draws two pictures for each scene, two scenes in a row: on the left its objects, on the right the detections.

    Args:
        scenes: each with `image`, `boxes` and `labels`.
        detections: of each scene its `boxes`, and `labels` and `scores`.
        names: of the classes.
        width: of the figure, in inches.

    Returns:
        Two Axes per scene, as a flat array.

    Raises:
        ValueError: no scenes, or detections that are not as many as the scenes.
    """
    axes = image_grid([scene.image for scene in scenes for _ in range(2)], columns=4, width=width)
    for left, right, scene, found in zip(axes[::2], axes[1::2], scenes, detections, strict=True):
        draw_boxes(scene.image, scene.boxes, scene.labels, names=names, ax=left, title="true")
        draw_boxes(scene.image, **found, names=names, ax=right, title="found")
    return axes
