"""Unit 08: wrong versions of `slerp`."""

import torch
from torch.nn.functional import normalize

from autograder.misconceptions import wrong


def _angle(a, b):
    return torch.arccos((normalize(a, dim=0) @ normalize(b, dim=0)).clamp(-1, 1))


def _arc(a, b, t, angle):
    """The formula; a straight line where the angle is nearly 0."""
    if torch.sin(angle) < 1e-4:
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


@wrong(
    "slerp",
    "linear",
    "That is a straight line. It cuts through the inside of the sphere, where hardly any latent lies.",
)
def linear(a, b, t):
    return (1 - t) * a + t * b


@wrong(
    "slerp",
    "re-normalised",
    "Your point lies at the right distance, on the wrong place of the arc: on a line that was made longer, equal t are "
    "not equal angles.",
)
def re_normalised(a, b, t):
    return normalize((1 - t) * a + t * b, dim=0) * ((1 - t) * a.norm() + t * b.norm())


@wrong(
    "slerp",
    "raw-angle",
    "You take the arc cosine of the plain dot product. For long vectors it is above 1, and the result NaN.",
)
def raw_angle(a, b, t):
    return _arc(a, b, t, torch.arccos(a @ b))


@wrong(
    "slerp",
    "clamped-angle",
    "You clamp the plain dot product. For long vectors the angle is then 0 or 180°: make them as long as 1 first.",
)
def clamped_angle(a, b, t):
    return _arc(a, b, t, torch.arccos((a @ b).clamp(-1, 1)))


@wrong(
    "slerp",
    "cosine-for-angle",
    "You use the cosine of the angle as the angle. The arc cosine is missing.",
)
def cosine_for_angle(a, b, t):
    return _arc(a, b, t, normalize(a, dim=0) @ normalize(b, dim=0))


@wrong("slerp", "degrees", "Your angle is in degrees. The sine takes radians.")
def degrees(a, b, t):
    angle = _angle(a, b)
    return (1 - t) * a + t * b if torch.sin(angle) < 1e-4 else _arc(a, b, t, torch.rad2deg(angle))


@wrong("slerp", "not-divided", "The division by the sine of the whole angle is missing.")
def not_divided(a, b, t):
    angle = _angle(a, b)
    if torch.sin(angle) < 1e-4:
        return (1 - t) * a + t * b
    return torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b


@wrong("slerp", "backwards", "t and 1 - t are exchanged: at t = 0 the point must be a.")
def backwards(a, b, t):
    return _arc(a, b, 1 - t, _angle(a, b))


@wrong("slerp", "forced-unit", "You make the point as long as 1 at the end. The formula gives it its length.")
def forced_unit(a, b, t):
    return normalize(_arc(a, b, t, _angle(a, b)), dim=0)


@wrong(
    "slerp",
    "unit-ends",
    "You walk between the directions of a and b. Only the angle is measured there; the formula takes both as they are.",
)
def unit_ends(a, b, t):
    return _arc(normalize(a, dim=0), normalize(b, dim=0), t, _angle(a, b))


@wrong("slerp", "parallel-nan", "For equal directions you divide by the sine of 0.", slip=True)
def parallel_nan(a, b, t):
    angle = _angle(a, b)
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


@wrong(
    "slerp",
    "parallel-start",
    "For two vectors of one direction you return a. Go on to b in a straight line.",
    slip=True,
)
def parallel_start(a, b, t):
    angle = _angle(a, b)
    return a.clone() if torch.sin(angle) < 1e-3 else _arc(a, b, t, angle)


@wrong("slerp", "not-clamped", "Rounding can make a cosine of 1.0000001, whose arc cosine is NaN: clamp it.", slip=True)
def not_clamped(a, b, t):
    return _arc(a, b, t, torch.arccos(a @ b / (a.norm() * b.norm())))
