"""Pictures of unit 06: one hourglass, two of them with their losses, a photograph with joints placed by hand, the field
of a limb.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_lib.data.bodies import LEEDS
from course_lib.data.photos import photo
from course_lib.data.pose import Person
from course_lib.plots import BLUE, GREEN, ORANGE, PURPLE, SKY, VERMILLION, YELLOW, Arrow, Block, diagram

ASTRONAUT = {  # pixels; placed for this course by eye, not by an official annotation
    "head top": (236, 18),
    "neck": (226, 215),
    "right shoulder": (95, 262),
    "left shoulder": (338, 272),
    "right elbow": (52, 425),
    "right wrist": (148, 492),
    "left elbow": (378, 430),
}
BEHIND = ("neck", "left elbow")  # behind the collar, and behind the helmet: guessed


def astronaut() -> tuple[Person, torch.Tensor]:
    """scikit-image's photograph of an astronaut with joints that we placed by hand, and which of them are hidden."""
    joints, image = torch.full((len(LEEDS.joints), 2), torch.nan), photo("astronaut")
    for name, place in ASTRONAUT.items():
        joints[LEEDS.joints.index(name)] = torch.tensor(place, dtype=torch.float32)
    hidden = torch.tensor([name in BEHIND for name in LEEDS.joints])
    whole = torch.tensor([0.0, 0.0, image.shape[2], image.shape[1]])
    return Person(image, joints, ~joints.isnan().any(dim=1), whole, "astronaut"), hidden


def draw_hourglass(ax=None):
    """Draws one hourglass: down on the left, up on the right, a skip at each size. Returns the Axes."""
    sizes = (64, 32, 16, 8, 4)
    blocks, arrows = {}, []
    for level, size in enumerate(sizes[:-1]):
        y, width, height = -1.0 * level, 1.3, 0.7 - 0.08 * level
        blocks[f"down{level}"] = Block(1.35 * level, y, f"{size} × {size}", BLUE, width, height)
        blocks[f"up{level}"] = Block(12.6 - 1.35 * level, y, "+", YELLOW, 0.6, height)
        blocks[f"skip{level}"] = Block(6.3, y, "block", ORANGE, 1.1, 0.5)
        arrows += [(f"down{level}", f"skip{level}"), (f"skip{level}", f"up{level}")]
    blocks["bottom"] = Block(6.3, -4.1, "4 × 4", GREEN, 1.6)
    for level in range(3):
        arrows += [(f"down{level}", f"down{level + 1}"), (f"up{level + 1}", f"up{level}")]
    arrows += [Arrow("down3", "bottom", text="halve"), Arrow("bottom", "up3", PURPLE, "repeat")]
    return diagram(blocks, arrows, ax, size=(10.5, 4.4))


def draw_stack(ax=None):
    """Draws two stacked hourglasses, each with heatmaps and a loss of its own. Returns the Axes."""
    blocks = {
        "image": Block(0, 1, "image", SKY, 1.1),
        "stem": Block(1.9, 1, "stem\nstride 4", BLUE, 1.2, 0.8),
        "first": Block(4, 1, "hourglass 1", GREEN, 1.6),
        "maps1": Block(4, -0.5, "heatmaps", ORANGE, 1.4),
        "loss1": Block(4, -1.7, "loss 1", VERMILLION, 1.1),
        "plus": Block(6.3, 1, "+", YELLOW, 0.6),
        "second": Block(8.4, 1, "hourglass 2", GREEN, 1.6),
        "maps2": Block(8.4, -0.5, "heatmaps", ORANGE, 1.4),
        "loss2": Block(8.4, -1.7, "loss 2", VERMILLION, 1.1),
    }
    arrows = [
        *(("image", "stem"), ("stem", "first"), ("first", "plus"), ("plus", "second")),
        *(("first", "maps1"), ("maps1", "loss1"), ("second", "maps2"), ("maps2", "loss2")),
        Arrow("maps1", "plus", PURPLE, "1×1"),
        Arrow("stem", "plus", bend=-0.35),
    ]
    return diagram(blocks, arrows, ax, size=(10, 3.8))


def limb_field(
    start: Float[Tensor, "2"], end: Float[Tensor, "2"], size: tuple[int, int], width: float
) -> Float[np.ndarray, "2 h w"]:
    """A part affinity field (Cao et al., CVPR 2017): in each cell within `width` of the limb the unit vector (x, y)
    from its start to its end, 0 in all others. All in cells.
    """
    first, last = np.asarray(start), np.asarray(end)
    length = np.linalg.norm(last - first)
    along = (last - first) / length
    rows, columns = np.indices(size) + 0.5
    x, y = columns - first[0], rows - first[1]
    onto, beside = x * along[0] + y * along[1], x * along[1] - y * along[0]
    near = (onto >= 0) & (onto <= length) & (np.abs(beside) <= width)
    return along[:, None, None] * near


def draw_field(ax, person: Person, limb: tuple[str, str], color: str, stride: int = 4):
    """Draws the field of one limb (the names of its joints) over a person's picture on an Axes. Returns the Axes."""
    start, end = (person.joints[LEEDS.joints.index(name)] / stride for name in limb)
    size = tuple(side // stride for side in person.image.shape[1:])
    field = limb_field(start, end, size, width=1.0)
    rows, columns = field.any(axis=0).nonzero()
    places = stride * (columns + 0.5), stride * (rows + 0.5)
    ax.quiver(*places, *field[:, rows, columns], color=color, angles="xy", scale=0.2, scale_units="xy", width=0.008)
    return ax
