"""The seven classes besides persons, and the unlabelled confusers that look like pieces of them."""

import math

from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.shapes import Figure, Part, bar, blob, disk, path, poly, rect, ring

SLOTS = 7  # paints that every figure gets; slot 0 covers most of it


def wheel(x: float, radius: float, tyre: int, hub: int) -> list[Part]:
    """A solid wheel that stands on the ground."""
    return [disk(x, radius, radius, tyre), disk(x, radius, 0.5 * radius, hub)]


def car(draw: Draw, pen: float) -> Figure:
    """A car from its side: body, cabin with two windows, two wheels, lamps."""
    roof, nose = draw.uniform(40, 52), draw.uniform(16, 28)
    back = draw.uniform(2, 18)
    body = poly([(0, 10), (100, 10), (100, 24), (100 - nose, 30), (2, 31), (0, 26)], 0)
    front = 100 - nose - draw.uniform(8, 16)
    cabin = poly([(back, 29), (back + 9, roof), (front - 8, roof), (100 - nose + 2, 29)], draw.pick((0, 1)))
    middle = (back + front) / 2
    windows = [
        poly([(back + 8, 31), (back + 12, roof - 4), (middle - 2, roof - 4), (middle - 2, 31)], 2),
        poly([(middle + 3, 31), (middle + 3, roof - 4), (front - 9, roof - 4), (front + 3, 31)], 2),
    ]
    radius = draw.uniform(10, 12.5)
    lamps = [rect(95, 18, 100, 24, 5), rect(0, 19, 4, 26, 5), rect(14, 13, 86, 16, 1)]
    wheels = wheel(draw.uniform(18, 24), radius, 3, 4) + wheel(draw.uniform(75, 81), radius, 3, 4)
    return Figure([body, cabin, *windows, *lamps, *wheels])


def house(draw: Draw, pen: float) -> Figure:
    """A house from the front: wall, gable or hipped roof, door, windows with bars, chimney."""
    wall, roof = draw.uniform(38, 60), draw.uniform(26, 44)
    ridge = draw.uniform(0, 22)
    top = wall + roof
    parts = [rect(18, wall, 28, top - draw.uniform(0, 8), 4)] if draw.chance(0.7) else []
    parts += [rect(6, 0, 94, wall, 0), poly([(0, wall - 2), (100, wall - 2), (50 + ridge, top), (50 - ridge, top)], 1)]
    door = draw.uniform(20, 68)
    parts += [rect(door, 0, door + 14, 0.55 * wall, 2), disk(door + 11, 0.26 * wall, 1.6, 5)]
    for left in (14, 43, 72):
        if abs(left - door) > 17:
            parts += [rect(left, 0.4 * wall, left + 15, 0.8 * wall, 3)]
            parts += [bar(left + 7.5, 0.4 * wall, left + 7.5, 0.8 * wall, max(2, pen / 2), 5)]
    return Figure(parts)


def tree(draw: Draw, pen: float) -> Figure:
    """A tree: a thin trunk under a bumpy crown, or under the three tiers of a fir."""
    height, width = draw.uniform(26, 40), max(draw.uniform(7, 11), pen)
    parts = [bar(0, 0, 0, height + 22, 1.4 * width, 1, 0.8 * width)]
    if draw.chance(0.35):
        for tier in range(3):
            low, half = height + 20 * tier, 33 - 8 * tier
            parts.append(poly([(-half, low), (half, low), (0, low + 36)], 0 if tier % 2 == 0 else 2))
        return Figure(parts)
    for branch in (-1, 1):
        parts.append(bar(0, 0.75 * height, 16 * branch, height + 14, 0.7 * width, 1))
    bumps = [draw.uniform(24, 36) for _ in range(13)]
    parts.append(blob(0, height + 30, bumps, 0, draw.uniform(0.9, 1.2)))
    for _ in range(3):
        dab = [draw.uniform(5, 11) for _ in range(8)]
        parts.append(blob(draw.uniform(-16, 16), height + draw.uniform(16, 46), dab, 2))
    return Figure(parts)


def dog(draw: Draw, pen: float) -> Figure:
    """A dog from its side: long trunk, four legs, head with snout and hanging ear, raised tail, collar."""
    leg, thick = draw.uniform(24, 32), max(draw.uniform(7, 9), pen)
    stride = draw.uniform(2, 12)
    shoulder = leg + 12
    parts = [bar(22 + hip, leg + 6, 22 + hip + step, 0, thick * 1.2, slot, thick) for hip, step, slot in (
        (6, stride, 2), (48, stride, 2), (0, -stride, 0), (42, -stride, 0))]  # fmt: skip
    parts += [bar(18, leg + 16, draw.uniform(0, 6), leg + draw.uniform(30, 44), max(6, pen), 2, max(4, pen))]
    trunk = [(16, leg + 4), (12, leg + 16), (20, leg + 23), (68, leg + 24), (74, leg + 8), (66, leg), (40, leg + 3)]
    parts += [poly(trunk, 0), blob(40, leg + 13, [draw.uniform(6, 11) for _ in range(7)], 1)]
    head = shoulder + draw.uniform(20, 28)
    parts += [bar(66, shoulder + 2, 79, head, 17, 0, 13), bar(69, shoulder + 10, 80, shoulder + 5, 4, 4)]
    parts += [disk(82, head, 12, 0), bar(84, head - 3, 101, head - 6, 13, 2, 9), disk(101, head - 4, 3.2, 3)]
    parts += [bar(77, head + 8, 71, head - 12, 8, 1), disk(85, head + 3, 2.2, 3)]
    return Figure(parts)


def ball(draw: Draw, pen: float) -> Figure:
    """A ball: a disk with panels or a band of other colours; never a hub, a hole or spokes."""
    parts = [disk(0, 50, 50, 0)]
    if draw.chance(0.5):
        start = draw.uniform(0, math.pi)
        for panel in range(3):
            angles = [start + 2.1 * panel + step * 0.21 for step in range(6)]
            rim = [(50 * math.cos(angle), 50 + 50 * math.sin(angle)) for angle in angles]
            parts.append(poly([(0, 50), *rim], 1 + panel % 2))
        return Figure(parts)
    tilt = draw.uniform(-15, 15)
    rise = 0.5 * math.sqrt(50**2 - 34**2)
    low, high = 50 - draw.uniform(8, 16), 50 + draw.uniform(8, 16)
    parts.append(poly([(-46, low - tilt), (46, low + tilt), (46, high + tilt), (-46, high - tilt)], 1))
    parts.append(disk(draw.uniform(-12, 12), 50 + rise + 14, 11, 2))
    return Figure(parts)


def plate(draw: Draw, y: float, radius: float, slot: int) -> Part:
    """The outline of a traffic sign: a regular polygon with 3, 4 or 8 corners, or a disk."""
    corners = draw.pick((3, 4, 8, 0))
    if not corners:
        return disk(0, y, radius, slot)
    start = math.pi / 2 + (math.pi / corners if corners == 8 else 0)
    angles = [start + 2 * math.pi * corner / corners for corner in range(corners)]
    return poly([(radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles], slot)


def sign(draw: Draw, pen: float) -> Figure:
    """A traffic sign: a thin pole and a plate with a rim and a bar."""
    pole = max(draw.uniform(5, 7), pen)
    rim = draw.uniform(23, 28)
    height = 100 - rim
    state = Draw(f"plate/{draw.random()}")
    shape = state.integer(1 << 30)
    outer, inner = (
        plate(Draw(f"outline/{shape}"), height, radius, slot) for radius, slot in ((rim, 1), (0.74 * rim, 0))
    )
    parts = [bar(0, 0, 0, height, pole, 3), outer, inner]
    turn = draw.pick((0.0, 0.8, 1.57))
    dx, dy = 0.4 * rim * math.cos(turn), 0.4 * rim * math.sin(turn)
    return Figure([*parts, bar(-dx, height - dy, dx, height + dy, max(7, pen / 2), 2)])


def bicycle(draw: Draw, pen: float) -> Figure:
    """A bicycle from its side: two see-through wheels with spokes, frame, saddle, handlebar."""
    radius, width = draw.uniform(21, 24), max(5.0, pen)
    rear, front, crank = (radius, radius), (100 - radius, radius), (46, radius - 3)
    seat, head = (36, radius + 30), (70, radius + 30)
    parts = []
    for hub in (rear, front):
        parts += [ring(*hub, radius, max(5.5, pen), 1), disk(*hub, 4, 3)]
        angles = [draw.uniform(0, 1) + math.pi * spoke / 3 for spoke in range(3)]
        if pen < 4:
            parts += [bar(hub[0] - radius * math.cos(angle), hub[1] - radius * math.sin(angle),
                          hub[0] + radius * math.cos(angle), hub[1] + radius * math.sin(angle), 1.6, 4)
                      for angle in angles]  # fmt: skip
    parts += path([seat, crank, rear, seat, head, crank], width, 0) + [bar(*head, *front, width, 2)]
    parts += [bar(*head, 68, radius + 39, width, 2), bar(66, radius + 40, 80, radius + 42, width, 5)]
    return Figure(
        [*parts, bar(*seat, 34, radius + 36, width, 3), bar(24, radius + 37, 43, radius + 38, max(6, pen), 5)]
    )


def pole(draw: Draw, pen: float) -> Figure:
    """A street lamp without light: a pole like a sign's or a thin trunk, with a short arm."""
    width = max(draw.uniform(4, 7), pen)
    return Figure([bar(0, 0, 0, 100, width, 0), bar(0, 97, draw.uniform(8, 22), 97, width, 1), rect(-5, 0, 5, 7, 2)])


def trunk(draw: Draw, pen: float) -> Figure:
    """A dead tree: trunk and two bare branches, no crown."""
    width = max(draw.uniform(9, 14), pen)
    left, right = draw.uniform(35, 60), draw.uniform(40, 70)
    parts = [bar(0, 0, 0, 100, 1.3 * width, 0, 0.6 * width), bar(0, left, -20, left + 26, 0.6 * width, 0)]
    return Figure([*parts, bar(0, right, 18, right + 22, 0.6 * width, 0), disk(0, 30, 0.3 * width, 1)])


def lone_wheel(draw: Draw, pen: float) -> Figure:
    """A wheel that lies about: as round as a ball, with a hub and a rim."""
    if draw.chance(0.5):
        return Figure([disk(0, 50, 50, 3), disk(0, 50, 27, 4), disk(0, 50, 9, 5)])
    cross = [bar(-46 * math.cos(a), 50 - 46 * math.sin(a), 46 * math.cos(a), 50 + 46 * math.sin(a), max(4, pen), 4)
             for a in (0.3, 1.35, 2.4)]  # fmt: skip
    return Figure([*cross, ring(0, 50, 50, max(11, pen), 1), disk(0, 50, 9, 3)])


def bush(draw: Draw, pen: float) -> Figure:
    """A crown without a trunk."""
    parts = [blob(x, 24, [draw.uniform(20, 30) for _ in range(9)], slot) for x, slot in ((25, 0), (72, 0), (48, 1))]
    return Figure(parts)


def fence(draw: Draw, pen: float) -> Figure:
    """A low fence: two rails and pickets, see-through, good at hiding the feet of things."""
    pickets = [rect(x, 0, x + 8, draw.uniform(36, 44), 0) for x in range(0, 100, 15)]
    return Figure([rect(0, 10, 98, 16, 1), rect(0, 26, 98, 32, 1), *pickets])


THINGS = {"car": car, "house": house, "tree": tree, "dog": dog, "ball": ball, "sign": sign, "bicycle": bicycle}
CONFUSERS = {"pole": pole, "trunk": trunk, "wheel": lone_wheel, "bush": bush, "fence": fence}
UPRIGHT = {"car", "house", "bicycle", "fence", "bush"}  # turned by a few degrees at most
