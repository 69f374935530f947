"""A person is a skeleton in space, turned, bent and seen from the front; that is where left and right come from.

Space: x to the right of the image, y up, z towards the camera; the body is 100 units high. A person who looks
at the camera (yaw 0) has the right hand on the image's left; with yaw 90 degrees the person looks to the image's
right and the right side is the near one; with 180 degrees we see the back.
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from course_lib.data.tinytown.draws import Draw, Number
from course_lib.data.tinytown.shapes import CIRCLE, Figure, Part, disk, poly

JOINTS = (
    "right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle",
    "right wrist", "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist",
    "neck", "head top",
)  # fmt: skip
LIMBS = {"shin": 9.0, "thigh": 11.0, "forearm": 7.0, "arm": 8.0}  # widths; each limb belongs to two joints
SKIN, SHIRT, TROUSERS, SHOES, HAIR, EXTRA, SLEEVES = range(7)
UP = np.array([0.0, 1.0, 0.0])
POSES = ("stand", "walk", "run", "wave", "reach", "crossed", "sit", "bend")


class Piece(NamedTuple):
    """Polygons drawn together at one depth, and the joints that they show (all others behind them are hidden)."""

    depth: float
    parts: list[Part]
    joints: tuple[str, ...]


class Body(NamedTuple):
    """A drawn person: the figure (its points are the joints) and, for each part, the joints that it may show."""

    figure: Figure
    owners: list[tuple[str, ...]]


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / math.sqrt(float(vector @ vector))


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The cross product; numpy's own takes ten times as long for two vectors."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def _angles(draw: Draw, pose: str) -> dict[str, float]:
    """Degrees of both sides' limbs for a pose, with jitter: swing forward, spread outward, bend of knee and elbow."""
    swing = {"walk": 28, "run": 48}.get(pose, 6)
    phase = draw.sign() * draw.uniform(0.5, 1.1) * swing
    angles = {"lean": draw.uniform(-6, 10), "side": draw.uniform(-8, 8)}
    for side, step in (("right", phase), ("left", -phase)):
        angles |= {f"{side} hip": step, f"{side} spread": draw.uniform(0, 9), f"{side} knee": draw.uniform(0, 15)}
        angles |= {f"{side} arm": -step + draw.uniform(-12, 22), f"{side} lift": draw.uniform(3, 30)}
        angles |= {f"{side} elbow": draw.uniform(5, 50), f"{side} inward": draw.uniform(-5, 20)}
        if pose == "run":
            angles |= {f"{side} knee": draw.uniform(20, 95), f"{side} elbow": draw.uniform(70, 110)}
        if pose == "sit":
            angles |= {f"{side} hip": draw.uniform(70, 98), f"{side} knee": draw.uniform(70, 105)}
        if pose == "crossed" or draw.chance(0.12):
            angles |= {f"{side} arm": draw.uniform(20, 50), f"{side} elbow": 80.0, f"{side} inward": 70.0}
        if pose == "wave" and (side == "right") == (phase > 0) or pose == "reach":
            angles |= {f"{side} arm": draw.uniform(70, 185), f"{side} lift": draw.uniform(-10, 40)}
    if pose == "crossed":
        angles |= {"right spread": -11.0, "left spread": -11.0}
    if pose == "bend":
        angles |= {"lean": draw.uniform(40, 95)}
    return angles


def skeleton(draw: Draw, yaw: float) -> Float[np.ndarray, "14 3"]:
    """The 14 joints in space for a random pose; ``yaw`` in radians."""
    angle = {name: math.radians(value) for name, value in _angles(draw, draw.pick(POSES)).items()}
    ahead = np.array([math.sin(yaw), 0.0, math.cos(yaw)])
    right = _cross(ahead, UP)
    spine = _unit(math.cos(angle["lean"]) * UP + math.sin(angle["lean"]) * ahead + math.sin(angle["side"]) * right)
    chest = _unit(_cross(spine, right))  # points out of the chest
    joint = {"neck": 31 * spine}
    joint["head top"] = joint["neck"] + 20 * _unit(spine + 0.25 * UP)
    for side, out in (("right", right), ("left", -right)):
        limb = {name.split()[1]: value for name, value in angle.items() if name.startswith(side)}
        joint[f"{side} hip"] = 7.5 * out - 1.0 * spine
        joint[f"{side} shoulder"] = joint["neck"] - 3.5 * spine + 12 * out
        for name, bend, length in (("knee", 0.0, 24), ("ankle", limb["knee"], 24)):
            tilt = limb["hip"] - bend
            down = -math.cos(tilt) * UP + math.sin(tilt) * ahead + math.sin(limb["spread"]) * out
            joint[f"{side} {name}"] = joint[f"{side} {'hip' if name == 'knee' else 'knee'}"] + length * _unit(down)
        arm = _unit(-math.cos(limb["arm"]) * spine + math.sin(limb["arm"]) * chest + math.sin(limb["lift"]) * out)
        joint[f"{side} elbow"] = joint[f"{side} shoulder"] + 16.5 * arm
        fold = _unit(_cross(_cross(arm, chest + 0.3 * spine), arm) - 1.4 * math.sin(limb["inward"]) * out)
        hand = _unit(math.cos(limb["elbow"]) * arm + math.sin(limb["elbow"]) * fold)
        joint[f"{side} wrist"] = joint[f"{side} elbow"] + 15 * hand
    return np.array([joint[name] for name in JOINTS])


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
    parts = [_limb(neck, centre, 7, SKIN, 7), disk(x, y, 9.4, HAIR if not hat else EXTRA)]
    parts.append(disk(x + 4.5 * ahead[0], y - 1.5, 8.6, SKIN if ahead[2] > -0.5 else HAIR))
    axis = _unit(_cross(ahead, UP))
    for eye in (-1, 1):
        at = 8.0 * ahead + 3.2 * eye * axis
        if at[2] > 1.5:
            parts.append(disk(x + at[0], y + 0.5, 1.5, HAIR))
    if ahead[2] > 0.3:
        parts.append(
            poly(
                [(x + 7 * ahead[0] - 2.5, y - 4.5), (x + 7 * ahead[0] + 2.5, y - 4.5), (x + 7 * ahead[0], y - 6.2)],
                SHIRT,
            )
        )
    if hat:
        brim = x + 9 * ahead[0]
        parts.append(
            poly(
                [
                    (x - 9, y + 3),
                    (brim - 6, y + 1.5),
                    (brim + 6, y + 1.5),
                    (x + 9, y + 3),
                    (x + 6, y + 11),
                    (x - 6, y + 11),
                ],
                EXTRA,
            )
        )
    return Piece(centre[2] + 2, parts, ("neck", "head top"))


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


def person(draw: Draw, identity: int) -> Body:
    """One person in a random pose and direction, dressed as this identity always is."""
    traits = Draw(f"traits/{identity}")
    stout, hat, bag, sleeves = traits.uniform(0.85, 1.25), traits.chance(0.35), traits.chance(0.4), traits.chance(0.5)
    yaw = math.radians(draw.pick((0, 90, 180, 270)) + draw.uniform(-28, 28))
    joints = skeleton(draw, yaw)
    pitch = math.radians(draw.uniform(0, 18))
    turn = np.array([[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]])
    joints = joints @ turn.T
    joint = dict(zip(JOINTS, joints, strict=True))
    ahead = np.array([math.sin(yaw), 0.0, math.cos(yaw)])
    pieces = _limbs(joint, ahead, stout, sleeves) + _trunk(joint, ahead, stout, bag) + [_head(joint, ahead, hat)]
    pieces.sort(key=lambda piece: piece.depth)
    parts = [part for piece in pieces for part in piece.parts]
    owners = [piece.joints for piece in pieces for _ in piece.parts]
    return Body(Figure(parts, joints[:, :2].astype(np.float32)), owners)
