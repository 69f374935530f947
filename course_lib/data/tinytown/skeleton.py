"""A skeleton in space: 14 joints in a random pose, turned by a yaw; that is where left and right come from.

Space: x to the right of the image, y up, z towards the camera; the body is 100 units high. A person who looks
at the camera (yaw 0) has the right hand on the image's left; with yaw 90 degrees the person looks to the image's
right and the right side is the near one; with 180 degrees we see the back.
"""

import math

import numpy as np
from jaxtyping import Float

from course_lib.data.tinytown.draws import Draw

JOINTS = (
    "right ankle", "right knee", "right hip", "left hip", "left knee", "left ankle",
    "right wrist", "right elbow", "right shoulder", "left shoulder", "left elbow", "left wrist",
    "neck", "head top",
)  # fmt: skip
UP = np.array([0.0, 1.0, 0.0])
POSES = ("stand", "walk", "run", "wave", "reach", "crossed", "sit", "bend")
Vector = Float[np.ndarray, "3"]


def unit(vector: Vector) -> Vector:
    """The vector, one long."""
    x, y, z = vector.tolist()
    return vector / math.sqrt(x * x + y * y + z * z)


def cross(a: Vector, b: Vector) -> Vector:
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
    right = cross(ahead, UP)
    spine = unit(math.cos(angle["lean"]) * UP + math.sin(angle["lean"]) * ahead + math.sin(angle["side"]) * right)
    joint = {"neck": 31 * spine, "head top": 31 * spine + 20 * unit(spine + 0.25 * UP)}
    for side, out in (("right", right), ("left", -right)):
        bends = {name.split()[1]: value for name, value in angle.items() if name.startswith(side)}
        limbs = _leg(7.5 * out - spine, bends, ahead, out)
        limbs |= _arm(27.5 * spine + 12 * out, bends, spine, unit(cross(spine, right)), out)
        joint |= {f"{side} {name}": place for name, place in limbs.items()}
    return np.array([joint[name] for name in JOINTS])


def _leg(hip: Vector, bends: dict[str, float], ahead: Vector, out: Vector) -> dict[str, Vector]:
    """Hip, knee and ankle; a knee bends backward only."""

    def down(tilt: float) -> Vector:
        return unit(-math.cos(tilt) * UP + math.sin(tilt) * ahead + math.sin(bends["spread"]) * out)

    knee = hip + 24 * down(bends["hip"])
    return {"hip": hip, "knee": knee, "ankle": knee + 24 * down(bends["hip"] - bends["knee"])}


def _arm(shoulder: Vector, bends: dict[str, float], spine: Vector, chest: Vector, out: Vector) -> dict[str, Vector]:
    """Shoulder, elbow and wrist; an elbow bends towards where the chest points, and inward."""
    arm = unit(-math.cos(bends["arm"]) * spine + math.sin(bends["arm"]) * chest + math.sin(bends["lift"]) * out)
    elbow = shoulder + 16.5 * arm
    fold = unit(cross(cross(arm, chest + 0.3 * spine), arm) - 1.4 * math.sin(bends["inward"]) * out)
    hand = unit(math.cos(bends["elbow"]) * arm + math.sin(bends["elbow"]) * fold)
    return {"shoulder": shoulder, "elbow": elbow, "wrist": elbow + 15 * hand}
