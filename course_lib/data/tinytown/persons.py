"""A dressed person: limbs, trunk and head around a skeleton, drawn from far to near, so that the body hides itself."""

import math
from typing import NamedTuple

import numpy as np

from course_lib.data.tinytown.draws import Draw, Number
from course_lib.data.tinytown.shapes import CIRCLE, Figure, Part, disk, poly
from course_lib.data.tinytown.skeleton import JOINTS, UP, cross, skeleton, unit

DIRECTIONS = (0, 90, 180, 270)  # in which persons look: to us, to the right, away, to the left
LIMBS = {"shin": 9.0, "thigh": 11.0, "forearm": 7.0, "arm": 8.0}  # widths; each limb belongs to two joints
SKIN, SHIRT, TROUSERS, SHOES, HAIR, EXTRA, SLEEVES = range(7)


class Piece(NamedTuple):
    """Polygons drawn together at one depth, and the joints that they show (all others behind them are hidden)."""

    depth: float
    parts: list[Part]
    joints: tuple[str, ...]


class Body(NamedTuple):
    """A drawn person: the figure (its points are the joints) and, for each part, the joints that it may show."""

    figure: Figure
    owners: list[tuple[str, ...]]


def _hull(points: list[tuple[Number, Number, Number]], slot: int) -> Part:
    """The convex outline around disks (x, y, radius)."""
    import cv2

    cloud = np.concatenate([CIRCLE * np.float32(radius) + np.float32([x, y]) for x, y, radius in points])
    return Part((cv2.convexHull(cloud)[:, 0],), slot)


def _limb(first: np.ndarray, last: np.ndarray, width: Number, slot: int, end: Number) -> Part:
    return _hull([(first[0], first[1], width / 2), (last[0], last[1], end / 2)], slot)


def _limbs(joint: dict[str, np.ndarray], ahead: np.ndarray, stout: float, sleeves: bool) -> list[Piece]:
    """Both legs and arms; trousers and shoes, sleeves and hands."""
    pieces = []
    for side in ("right", "left"):
        hip, knee, ankle = (joint[f"{side} {name}"] for name in ("hip", "knee", "ankle"))
        shoulder, elbow, wrist = (joint[f"{side} {name}"] for name in ("shoulder", "elbow", "wrist"))
        toe = ankle + 6.5 * ahead - [0, 2.5, 0]
        widths = {name: stout * width for name, width in LIMBS.items()}
        thigh = _limb(hip, knee, widths["thigh"] + 1, TROUSERS, widths["shin"])
        shin = [_limb(knee, ankle, widths["shin"], TROUSERS, 6), _limb(ankle - [0, 2, 0], toe, 7, SHOES, 5)]
        pieces.append(Piece((hip + knee)[2] / 2 - 1, [thigh], (f"{side} hip", f"{side} knee")))
        pieces.append(Piece((knee + ankle)[2] / 2, shin, (f"{side} knee", f"{side} ankle")))
        arm = _limb(shoulder, elbow, widths["arm"], SLEEVES, widths["forearm"])
        fore = [_limb(elbow, wrist, widths["forearm"], SLEEVES if sleeves else SKIN, 5), disk(*wrist[:2], 3.6, SKIN)]
        pieces.append(Piece((shoulder + elbow)[2] / 2, [arm], (f"{side} shoulder", f"{side} elbow")))
        pieces.append(Piece((elbow + wrist)[2] / 2 + 1, fore, (f"{side} elbow", f"{side} wrist")))
    return pieces


def _head(joint: dict[str, np.ndarray], ahead: np.ndarray, hat: bool) -> Piece:
    """Face towards where the body looks, hair on the other side, and perhaps a hat with a brim."""
    neck, top = joint["neck"], joint["head top"]
    centre = 0.45 * neck + 0.55 * top
    x, y = centre[:2]
    parts = [_limb(neck, centre, 7, SKIN, 7), disk(x, y, 9.4, EXTRA if hat else HAIR)]
    parts.append(disk(x + 4.5 * ahead[0], y - 1.5, 8.6, SKIN if ahead[2] > -0.5 else HAIR))
    parts += _face(x, y, ahead)
    if hat:
        brim = x + 9 * ahead[0]
        outline = [(x - 9, y + 3), (brim - 6, y + 1.5), (brim + 6, y + 1.5), (x + 9, y + 3), (x + 6, y + 11)]
        parts.append(poly([*outline, (x - 6, y + 11)], EXTRA))
    return Piece(centre[2] + 2, parts, ("neck", "head top"))


def _face(x: float, y: float, ahead: np.ndarray) -> list[Part]:
    """The eyes that can be seen, and the mouth of those who look our way."""
    eyes = [8.0 * ahead + 3.2 * side * unit(cross(ahead, UP)) for side in (-1, 1)]
    parts = [disk(x + eye[0], y + 0.5, 1.5, HAIR) for eye in eyes if eye[2] > 1.5]
    if ahead[2] > 0.3:
        middle = x + 7 * ahead[0]
        parts.append(poly([(middle - 2.5, y - 4.5), (middle + 2.5, y - 4.5), (middle, y - 6.2)], SHIRT))
    return parts


def _trunk(joint: dict[str, np.ndarray], ahead: np.ndarray, stout: float, bag: bool) -> list[Piece]:
    """Shirt from shoulders to hips, hips in trousers; a rucksack on the back of those who carry one."""
    corners = {name: joint[name] for name in ("right shoulder", "left shoulder", "right hip", "left hip")}
    radius = {"shoulder": 5.5 * stout, "hip": 6.0 * stout}
    rounds = [(*corner[:2], radius[name.split()[1]]) for name, corner in corners.items()]
    depth = float(np.mean([corner[2] for corner in corners.values()]))
    names = ("neck", *(name for name, corner in corners.items() if corner[2] > depth - 6))
    shirt = _hull([*rounds, (*joint["neck"][:2], 4)], SHIRT)
    belt = _hull([(x, y, 0.95 * r) for x, y, r in rounds[2:]], TROUSERS)
    pieces = [Piece(depth, [shirt, belt], names)]
    middle = 0.65 * joint["neck"] + 0.35 * (joint["right hip"] + joint["left hip"]) / 2
    if bag:
        back = middle - 8 * ahead
        width = 9 - 3.5 * abs(ahead[0])
        pack = _hull([(back[0] - width / 2, back[1] - 6, 5), (back[0] + width / 2, back[1] + 5, 5)], EXTRA)
        pieces.append(Piece(depth - 9 * ahead[2], [pack], ()))
    if ahead[2] > 0.4:
        low = (joint["right hip"] + joint["left hip"]) / 2 + 3 * ahead
        pieces.append(Piece(depth + 0.1, [_limb(joint["neck"] + 2 * ahead, low, 3.5, EXTRA, 2.5)], names))
    return pieces


def person(draw: Draw, identity: int, directions: tuple[int, ...] = DIRECTIONS) -> Body:
    """One person in a random pose and one of the directions, dressed as this identity always is."""
    traits = Draw(f"traits/{identity}")
    stout, hat, bag, sleeves = traits.uniform(0.85, 1.25), traits.chance(0.35), traits.chance(0.4), traits.chance(0.5)
    yaw = math.radians(draw.pick(directions) + draw.uniform(-28, 28))
    joints = skeleton(draw, yaw)
    pitch = math.radians(draw.uniform(0, 18))
    cos, sin = math.cos(pitch), math.sin(pitch)
    x, y, z = joints.T
    joints = np.stack([x, y * cos - z * sin, y * sin + z * cos], axis=1)  # no matrix product: see shapes.place
    joint = dict(zip(JOINTS, joints, strict=True))
    ahead = np.array([math.sin(yaw), 0.0, math.cos(yaw)])
    pieces = _limbs(joint, ahead, stout, sleeves) + _trunk(joint, ahead, stout, bag) + [_head(joint, ahead, hat)]
    pieces.sort(key=lambda piece: piece.depth)
    parts = [part for piece in pieces for part in piece.parts]
    owners = [piece.joints for piece in pieces for _ in piece.parts]
    return Body(Figure(parts, joints[:, :2].astype(np.float32)), owners)
