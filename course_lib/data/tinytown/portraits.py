"""One person a picture, near and with surroundings: for human poses.

In a street most persons are far away, and many scenes have none. Here the person is 62 to 95 % of the picture, in the
middle, of the same identities and poses as in the scenes. Half of them look towards us and a sixth away, while in the
scenes all directions are equally frequent: photographs of people favour their fronts, too. A third have something
beside them, which may be another person and may hide them; of a tenth the feet are cut off.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, UInt8

from course_lib.data.tinytown.canvas import Canvas, finish
from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.ground import backdrop
from course_lib.data.tinytown.plan import CLASSES, Item
from course_lib.data.tinytown.scene import joint_states, stand

STEP = 4  # canvas pixels to a pixel of the picture
DIRECTIONS = (0, 0, 0, 90, 180, 270)  # as `persons` has them
LENGTH = (0.62, 0.95)  # of the person, as a share of the picture
COMPANY, SAME = 0.35, 0.4  # share of persons with something beside them; of these, with another person
CUT = 0.1  # share of persons whose feet lie below the picture
OTHERS = tuple(kind for kind in CLASSES if kind not in ("person", "house"))  # a house would hide all


@dataclass(frozen=True)
class Portrait:
    """A picture and one person's joints in it, as in a `Scene`."""

    image: UInt8[np.ndarray, "3 s s"]
    joints: Float32[np.ndarray, "14 2"]
    joint_state: UInt8[np.ndarray, "14"]
    identity: int


def portrait(draw: Draw, split: str, size: int) -> Portrait:
    """A person of one of the identities of a split, size × size pixels."""
    canvas = Canvas(STEP * size)
    backdrop(canvas, draw, draw.uniform(0.1, 0.5))
    strength = draw.uniform(0.25, 0.6)
    who = _who(draw)
    items = sorted([who, *_company(draw, who)], key=lambda item: item.base)
    stood = [stand(canvas, item, row + 1, draw, split, strength, DIRECTIONS) for row, item in enumerate(items)]
    one = stood[items.index(who)]
    image = finish(canvas.reduced(size), draw)
    states = np.array(joint_states(one, canvas.owner, draw), np.uint8)
    return Portrait(np.ascontiguousarray(image.transpose(2, 0, 1)), one.joints / np.float32(STEP), states, one.identity)


def _who(draw: Draw) -> Item:
    """The person: about in the middle."""
    length = draw.uniform(*LENGTH)
    base = min(0.99, 0.5 + length / 2 + draw.uniform(-0.03, 0.03))
    if draw.chance(CUT):
        base += draw.uniform(0.05, 0.25)
    return Item("person", length, draw.uniform(0.42, 0.58), base, True)


def _company(draw: Draw, who: Item) -> list[Item]:
    """What stands beside the person, before or behind: nothing, a thing or another person."""
    if not draw.chance(COMPANY):
        return []
    kind = "person" if draw.chance(SAME) else draw.pick(OTHERS)
    x = who.x + draw.sign() * draw.uniform(0.2, 0.5)
    return [Item(kind, who.size * draw.uniform(0.5, 1.0), x, who.base + draw.uniform(-0.15, 0.1), True)]
