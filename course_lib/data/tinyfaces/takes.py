"""What changes from one picture of a person to the next: where the head is and looks, light, mood, what is worn."""

import math
from typing import NamedTuple

from course_lib.data.tinytown.draws import Colour, Draw, colour

ATTRIBUTES = ("glasses", "smiling", "open mouth", "cap")
SHARES = (0.4, 0.5, 0.35, 0.25)  # how often each of them is so, whoever it is and whatever the others are
SMILES = ((-0.4, 0.15), (0.55, 1.0))  # how strong a smile is without the attribute, and with it
YAW, NOD, ROLL = 30, 8, 25  # degrees to each side
SCALE = (17.0, 24.0)  # half the height of the head in pixels of 64
SHIFT = 5.0  # pixels that the head's middle is away from the picture's, at most, in x and in y
BRIGHT, CAST = (0.7, 1.2), (0.92, 1.08)  # how strong the light is, and how much of each colour it has


class Take(NamedTuple):
    """Everything in a picture that does not stay with the identity."""

    attributes: tuple[bool, ...]  # in the order of ATTRIBUTES
    smile: float  # from -0.4, sad, to 1
    opened: float  # the mouth, from 0 to 1
    brows: float  # lifted, from -1 to 1
    lids: float  # how far the eyes are open, from 0.35 to 1
    gaze: float  # from -1 to 1
    yaw: float  # radians; positive: to the image's right
    nod: float  # radians; positive: down
    roll: float  # radians; positive: clockwise
    scale: float  # half the height of the head in pixels of 64
    x: float  # of the head's middle, in pixels of 64
    y: float
    light: tuple[float, float]  # x and y of the direction that it comes from, a vector of length 1
    shadow: float  # how much of the light comes from there, from 0 to 1
    exposure: tuple[float, float, float]  # of red, green, blue: how strong the light is, and which colour it has
    round: bool  # the glasses' form
    colours: tuple[Colour, Colour, Colour]  # shirt, cap, rims


def take(draw: Draw) -> Take:
    """A random take."""
    glasses, smiling, opened, cap = (draw.chance(share) for share in SHARES)
    angle = draw.uniform(0, 2 * math.pi)
    aside, bright = draw.uniform(0.35, 0.85), draw.log_uniform(*BRIGHT)
    return Take(
        (glasses, smiling, opened, cap),
        draw.uniform(*SMILES[smiling]),
        draw.uniform(0.5, 1.0) if opened else 0.0,
        draw.uniform(-1, 1),
        0.35 if draw.chance(0.06) else draw.uniform(0.7, 1.0),
        draw.uniform(-1, 1),
        math.radians(draw.uniform(-YAW, YAW)),
        math.radians(draw.uniform(-NOD, NOD)),
        math.radians(draw.uniform(-ROLL, ROLL)),
        draw.log_uniform(*SCALE),
        32 + draw.uniform(-SHIFT, SHIFT),
        32 + draw.uniform(-SHIFT, SHIFT),
        (aside * math.cos(angle), aside * math.sin(angle)),
        draw.uniform(0.1, 0.75),
        (bright * draw.uniform(*CAST), bright * draw.uniform(*CAST), bright * draw.uniform(*CAST)),
        draw.chance(0.5),
        (colour(draw), colour(draw), colour(draw, 0.7)),
    )
