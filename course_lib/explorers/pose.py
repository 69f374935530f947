"""Explorers of unit 06: the radius of a disk, what a heatmap says of one joint, and sides in the mirror.

Each has a pure function `draw_…` that returns a picture and the same in words, and a function `…_explorer` that puts
controls beside it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from course_lib.data.bodies import Body
from course_lib.data.pose import Person
from course_lib.explorers.canvas import WHITE, Canvas
from course_lib.explorers.panel import panel, slider
from course_lib.explorers.shares import heat
from course_lib.explorers.skeletons import color_of, disk_maps, skeleton_on
from course_lib.plots import VERMILLION, Picture, to_picture, white

SIDE, GAP = 264, 6  # pixels: of a pane, between two


def uppermost(cells: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "2"]:
    """(x, y) of the centre of the first of the highest cells, as arg-max finds it, in cells."""
    row, column = np.unravel_index(cells.argmax(), cells.shape)
    return np.array([column + 0.5, row + 0.5])


def middle(cells: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "2"]:
    """(x, y) of the middle of all highest cells, in cells."""
    from scipy.ndimage import center_of_mass

    row, column = center_of_mass(cells == cells.max())
    return np.array([column + 0.5, row + 0.5])


def draw_radius(person: Person, body: Body, joint: str, radius: float, stride: int) -> tuple[Picture, str]:
    """A person, the target of one joint with what is read from it, and the targets of all joints in one map.

    Args:
        radius: of the disks, in cells.
        stride: pixels per cell; divides the image's sides.
    """
    size = tuple(side // stride for side in person.image.shape[1:])
    targets = disk_maps(person.joints / stride, person.annotated, size, radius)
    row, true = body.joints.index(joint), person.joints / stride
    counts = targets.sum(axis=(1, 2))
    filled = [j for j in range(len(counts)) if counts[j]]
    errors = [
        np.mean([stride * np.linalg.norm(read(targets[j]) - true[j].numpy()) for j in filled] or [np.nan])
        for read in (uppermost, middle)
    ]
    empty = int(person.annotated.sum()) - len(filled)
    words = f"radius {radius:.1f} cells of {stride} pixels: joints without a cell: {empty}"
    if filled:
        words += (
            f"; {counts.sum() / len(filled):.1f} cells per disk; uppermost cell <b>{errors[0]:.1f} px</b> off, "
            f"middle <b>{errors[1]:.1f} px</b>"
        )
    shown = _pane(person.image, "person"), _pane(targets[row], joint), _pane(targets.max(axis=0), "all joints")
    skeleton_on(shown[0], person.joints, person.annotated, body)
    if counts[row]:
        shown[1].cross(*uppermost(targets[row]), VERMILLION)
    if person.annotated[row]:
        shown[1].dot(*true[row].tolist(), color_of(joint))
    return _beside(shown), words


def radius_explorer(persons: Sequence[Person], body: Body):
    """Radius and stride → targets, and how far off the place is that is read from them."""
    import ipywidgets

    def draw(person: int, joint: str, radius: float, stride: int) -> tuple[Picture, str]:
        return draw_radius(persons[person - 1], body, joint, radius, stride)

    controls = {
        "person": slider("person", 1, 1, len(persons), 1),
        "joint": ipywidgets.Dropdown(options=body.joints, description="joint"),
        "radius": slider("radius, cells", 2.0, 0.2, 8.0, 0.2),
        "stride": ipywidgets.SelectionSlider(options=(2, 4, 8), value=4, description="stride, pixels"),
    }
    return panel(draw, controls)


def draw_heatmap(
    person: Person,
    heatmaps: Float[Tensor | np.ndarray, "j h w"],
    found: Float[Tensor, "j 2"],
    body: Body,
    joint: str,
) -> tuple[Picture, str]:
    """A person with the true skeleton, and what a network says of one joint: yellow is 1; a cross where it is found.

    Args:
        heatmaps: from 0 to 1, one per joint.
        found: the places (x, y) that are read from the maps, in pixels.
    """
    row = body.joints.index(joint)
    cells = np.asarray(heatmaps[row])
    shown = _pane(person.image, "truth"), _pane(heat(person.image, torch.tensor(cells), 1.0), joint)
    skeleton_on(shown[0], person.joints, person.annotated, body)
    shown[1].cross(*found[row].tolist(), VERMILLION)
    words = f"{joint}: the peak is <b>{cells.max():.2f}</b>"
    if person.annotated[row]:
        shown[1].dot(*person.joints[row].tolist(), color_of(joint))
        words += f", <b>{(found[row] - person.joints[row]).norm():.1f} px</b> from the joint"
    return _beside(shown), words + f"; {(cells > 0.5).sum()} of {cells.size} cells above 0.5"


def heatmap_explorer(
    persons: Sequence[Person],
    heatmaps: Float[Tensor | np.ndarray, "n j h w"],
    found: Float[Tensor, "n j 2"],
    body: Body,
):
    """Person and joint → the joint's heatmap."""
    import ipywidgets

    def draw(person: int, joint: str) -> tuple[Picture, str]:
        return draw_heatmap(persons[person - 1], heatmaps[person - 1], found[person - 1], body, joint)

    controls = {
        "person": slider("person", 1, 1, len(persons), 1),
        "joint": ipywidgets.SelectionSlider(options=body.joints, description="joint"),
    }
    return panel(draw, controls)


def draw_flip(person: Person, body: Body, pair: str, exchanged: bool) -> tuple[Picture, str]:
    """A person, the mirrored person with the joints' names, and what the left joint's map is taught on the person.

    Args:
        pair: "wrist": of the left and the right one.
        exchanged: whether names are exchanged with the places. If not, half of the lessons name the other side.
    """
    left, right = (body.joints.index(f"{side} {pair}") for side in ("left", "right"))
    cell = 4
    size = tuple(side // cell for side in person.image.shape[1:])
    maps = disk_maps(person.joints / cell, person.annotated, size, 2)
    taught = (maps[left] + maps[left if exchanged else right]) / 2  # by plain images, and by mirrored ones
    plain, mirrored = _pane(person.image), _pane(person.image)
    skeleton_on(plain, person.joints, person.annotated, body)
    skeleton_on(mirrored, person.joints, person.annotated, body, exchanged)
    panes = _titled(plain.picture, "person"), _titled(mirrored.picture[:, ::-1], "mirrored")
    apart = float((person.joints[left] - person.joints[right]).norm())
    told = "one place" if exchanged else f"two places, <b>{apart:.0f} px</b> apart"
    words = f"left {pair}: plain and mirrored images teach {told}; the map's peak is {taught.max():.1f}"
    return _beside([*panes, _pane(taught, f"left {pair}")]), words


def flip_explorer(persons: Sequence[Person], body: Body):
    """Names exchanged or forgotten → sides in the mirror, and what a map is taught."""
    import ipywidgets

    def draw(person: int, pair: str, exchanged: bool) -> tuple[Picture, str]:
        return draw_flip(persons[person - 1], body, pair, exchanged)

    pairs = [body.joints[left].removeprefix("left ") for left, _ in body.pairs]
    names = {"exchanged with the places": True, "forgotten": False}
    controls = {
        "person": slider("person", 1, 1, len(persons), 1),
        "pair": ipywidgets.Dropdown(options=pairs, description="joint of both sides"),
        "exchanged": ipywidgets.Dropdown(options=names.items(), description="names"),
    }
    return panel(draw, controls)


def _pane(pixels: UInt8[Tensor, "3 h w"] | np.ndarray, title: str = "") -> Canvas:
    """One pane, SIDE pixels high, with its title on top."""
    picture = to_picture(pixels)
    return _titled(Canvas(picture, scale=SIDE / len(picture)), title)


def _titled(pane: Canvas | Picture, title: str) -> Canvas:
    """A pane with its title on top."""
    canvas = pane if isinstance(pane, Canvas) else Canvas(pane)
    if title:
        canvas.text(0, 0, title, WHITE, size=13, anchor="lt")
    return canvas


def _beside(panes: Sequence[Canvas]) -> Picture:
    """Panes side by side."""
    drawn = [part for pane in panes for part in (pane.picture, white(len(pane.picture), GAP))]
    return np.hstack(drawn[:-1])
