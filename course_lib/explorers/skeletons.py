"""Skeletons of persons as pictures: the left side blue, the right side orange, the middle black; and single disks."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from course_lib.data.bodies import Body
from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.plots import BLACK, BLUE, ORANGE

CHAINS = (("shoulder", "elbow", "wrist"), ("shoulder", "hip", "knee", "ankle"))  # on each side
MIDDLE = (("head top", "neck"), ("nose", "neck"))  # as far as a body has them


def color_of(joint: str) -> str:
    """The colour of a joint by its name: its person's left side blue, the right side orange, all else black."""
    return {"left": BLUE, "right": ORANGE}.get(joint.partition(" ")[0], BLACK)


def limbs(body: Body) -> list[tuple[int, int, str]]:
    """Which joints a line connects, and its colour."""
    names = [(a, b) for a, b in MIDDLE if {a, b} <= set(body.joints)]
    for side in ("left", "right"):
        if "neck" in body.joints:
            names.append(("neck", f"{side} shoulder"))
        names += [(f"{side} {a}", f"{side} {b}") for chain in CHAINS for a, b in zip(chain, chain[1:], strict=False)]
    where = body.joints.index
    return [(where(a), where(b), color_of(b)) for a, b in names]


def _drawn(joints: Tensor, annotated: Tensor, body: Body) -> Iterator[tuple[list, list, str]]:
    """Both ends of each limb whose joints are annotated, and its colour."""
    for start, end, color in limbs(body):
        if annotated[start] and annotated[end]:
            yield joints[start].tolist(), joints[end].tolist(), color


def draw_pose(
    ax,
    joints: Float[Tensor, "j 2"],
    annotated: Bool[Tensor, " j"],
    body: Body,
    hidden: Bool[Tensor, " j"] | None = None,
    size: float = 6,
):
    """Draws a skeleton on an Axes; a hidden joint is a ring. Returns the Axes.

    Args:
        joints: in the coordinates of the Axes.
        size: of a joint, in points.
    """
    for start, end, color in _drawn(joints, annotated, body):
        x, y = zip(start, end, strict=True)
        ax.plot(x, y, color="white", linewidth=size / 2 + 1.5)
        ax.plot(x, y, color=color, linewidth=size / 2)
    for row, name in enumerate(body.joints):
        if annotated[row]:
            fill = "white" if hidden is not None and hidden[row] else color_of(name)
            edge = color_of(name) if fill == "white" else "white"
            ax.plot(*joints[row].tolist(), "o", markersize=size, color=fill, markeredgecolor=edge, zorder=3)
    return ax


def skeleton_on(
    canvas: Canvas, joints: Float[Tensor, "j 2"], annotated: Bool[Tensor, " j"], body: Body, swapped: bool = False
) -> None:
    """Draws a skeleton on a Canvas, in the image's coordinates; `swapped`: with the sides' colours exchanged."""
    shown = {BLUE: ORANGE, ORANGE: BLUE, BLACK: BLACK} if swapped else {color: color for color in (BLUE, ORANGE, BLACK)}
    for start, end, color in _drawn(joints, annotated, body):
        canvas.line(tuple(start), tuple(end), WHITE, width=5)
        canvas.line(tuple(start), tuple(end), shown[color], width=3)
    for row, name in enumerate(body.joints):
        if annotated[row]:
            canvas.dot(*joints[row].tolist(), shown[color_of(name)], radius=4)


def disk_map(place: Float[Tensor, "2"], size: tuple[int, int], radius: float) -> Float[np.ndarray, "h w"]:
    """1 in the cells whose centre is less than `radius` away from a place (x, y), 0 in all others; all in cells."""
    from skimage.draw import disk

    x, y = place.tolist()
    cells = np.zeros(size, dtype=np.float32)
    cells[disk((y - 0.5, x - 0.5), radius, shape=size)] = 1
    return cells


def disk_maps(
    joints: Float[Tensor, "j 2"], annotated: Bool[Tensor, " j"], size: tuple[int, int], radius: float
) -> Float[np.ndarray, "j h w"]:
    """A `disk_map` for each joint; zeros for one that is not annotated."""
    nothing = np.zeros(size, dtype=np.float32)
    pairs = zip(joints, annotated, strict=True)
    return np.stack([disk_map(place, size, radius) if known else nothing for place, known in pairs])
