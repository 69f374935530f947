"""Twelve object families for transfer (unit 01): other names and other shapes than the source families."""

import math

from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.shapes import Figure, bar, blob, disk, path, poly, rect, ring


def teapot(draw: Draw) -> Figure:
    tall = draw.uniform(0.75, 0.95)
    spout = bar(24, 30, 56, 58, 16, 1, 7)
    lid = [poly([(-18, 28 + 28 * tall), (18, 28 + 28 * tall), (10, 36 + 30 * tall), (-10, 36 + 30 * tall)], 2)]
    return Figure([ring(-34, 34, 20, 7, 1), spout, disk(0, 30, 34, 0, tall), *lid, disk(0, 42 + 30 * tall, 5, 3)])


def guitar(draw: Draw) -> Figure:
    low, high = draw.uniform(22, 28), draw.uniform(16, 20)
    body = [disk(0, low, low, 0), disk(0, low + 28, high, 0), disk(0, low + 16, 8, 2)]
    head = poly([(-7, 108), (7, 108), (5, 122), (-5, 122)], 3)
    return Figure([*body, bar(0, low + 20, 0, 110, 8, 1), rect(-9, low - 12, 9, low - 7, 3), head])


def truck(draw: Draw) -> Figure:
    box, cab = draw.uniform(44, 58), draw.uniform(30, 40)
    wheels = [disk(x, 9, radius, slot) for x in (16, 36, 86) for radius, slot in ((9, 3), (4, 4))]
    window = poly([(79, 26), (79, cab - 2), (92, cab - 2), (97, 26)], 2)
    return Figure(
        [
            rect(0, 12, 70, box, 0),
            poly([(73, 8), (104, 8), (104, 24), (95, cab + 2), (73, cab + 2)], 1),
            window,
            *wheels,
        ]
    )


def castle(draw: Draw) -> Figure:
    tower, wall = draw.uniform(66, 84), draw.uniform(38, 52)
    parts = [rect(14, 0, 86, wall, 0)] + [rect(x, wall - 1, x + 9, wall + 9, 0) for x in (30, 46, 62)]
    for x in (0, 78):
        parts += [rect(x, 0, x + 22, tower, 1)] + [
            rect(x + dx, tower - 1, x + dx + 6, tower + 8, 1) for dx in (0, 8, 16)
        ]
        parts += [rect(x + 8, 0.6 * tower, x + 14, 0.8 * tower, 2)]
    return Figure([*parts, rect(40, 0, 60, 18, 2), disk(50, 18, 10, 2)])


def cat(draw: Draw) -> Figure:
    wide = draw.uniform(28, 34)
    ears = [
        poly([(side * wide * 0.95, 52), (side * wide * 0.9, 96), (side * 6, 74)], slot)
        for side in (-1, 1)
        for slot in (0,)
    ]
    eyes = [disk(side * 13, 50, 6, 1) for side in (-1, 1)]
    whiskers = [bar(side * 10, 34, side * 46, 34 + dy, 2.6, 3) for side in (-1, 1) for dy in (-8, 6)]
    return Figure([*ears, disk(0, 44, wide, 0, 0.95), *eyes, poly([(-5, 40), (5, 40), (0, 33)], 2), *whiskers])


def flower(draw: Draw) -> Figure:
    petals, start = 5 + draw.integer(3), draw.uniform(0, 1)
    around = [start + 2 * math.pi * k / petals for k in range(petals)]
    heads = [disk(21 * math.cos(a), 76 + 21 * math.sin(a), 12, 0) for a in around]
    leaf = poly([(0, 18), (26, 38), (30, 24)], 1)
    return Figure([bar(0, 0, 0, 70, 5, 1), leaf, *heads, disk(0, 76, 12, 2)])


def glasses(draw: Draw) -> Figure:
    tall, gap = draw.uniform(0.7, 1.0), draw.uniform(4, 10)
    lenses = [disk(side * (22 + gap), 30, 20, 2, tall) for side in (-1, 1)]
    rims = [ring(side * (22 + gap), 30, 23, 6, 0, tall) for side in (-1, 1)]
    arms = [bar(side * (42 + gap), 36, side * (56 + gap), 50, 5, 1) for side in (-1, 1)]
    return Figure([*lenses, *arms, bar(-gap, 34, gap, 34, 6, 1), *rims])


def scissors(draw: Draw) -> Figure:
    wide = draw.uniform(14, 28)
    blades = [bar(-side * 8, 40, side * wide, 104, 11, slot, 3) for side, slot in ((-1, 0), (1, 1))]
    handles = [
        part
        for side, slot in ((-1, 2), (1, 3))
        for part in (bar(side * 4, 46, side * 16, 30, 9, slot), ring(side * 20, 18, 18, 7, slot, 1.1))
    ]
    return Figure([*handles, *blades, disk(0, 48, 4, 4)])


def kite(draw: Draw) -> Figure:
    wide, cross = draw.uniform(26, 36), draw.uniform(62, 74)
    halves = poly([(0, 30), (-wide, cross), (0, 104)], 0), poly([(0, 30), (wide, cross), (0, 104)], 1)
    tail = path([(0, 30), (8, 20), (-6, 10), (6, 0)], 3.5, 3)
    bows = [poly([(x - 9, y - 5), (x - 9, y + 5), (x + 9, y - 5), (x + 9, y + 5)], 2) for x, y in ((6, 20), (-4, 9))]
    return Figure([*tail, *bows, *halves, bar(-wide, cross, wide, cross, 3.5, 2)])


def anchor(draw: Draw) -> Figure:
    wide = draw.uniform(34, 44)
    arc = [(wide * math.cos(a), 36 + 34 * math.sin(a)) for a in (math.pi * (1.06 + 0.11 * k) for k in range(9))]
    flukes = [poly([(side * wide - 11, 30), (side * wide + 11, 30), (side * wide, 52)], 1) for side in (-1, 1)]
    return Figure([bar(0, 2, 0, 86, 9, 0), rect(-22, 68, 22, 76, 2), ring(0, 92, 12, 6, 3), *path(arc, 9, 0), *flukes])


def crown(draw: Draw) -> Figure:
    tall = draw.uniform(44, 66)
    tips = [(0, tall), (25, tall + 12), (50, tall), (-25, tall + 12), (-50, tall)]
    outline = [(-44, 0), (44, 0), (50, tall), (24, 26), (0, tall + 12), (-24, 26), (-50, tall)]
    jewels = [disk(x, y, 5.5, 2) for x, y in (tips[2], tips[4], (0, tall + 12))]
    return Figure([poly(outline, 0), *jewels, rect(-44, 0, 44, 12, 1), *[disk(x, 6, 4, 3) for x in (-28, 0, 28)]])


def duck(draw: Draw) -> Figure:
    high = draw.uniform(50, 62)
    body = blob(52, 22, [46, 42, 30, 20, 30, 40, 42, 34, 26, 24, 26, 36], 0, 0.6)
    wing = poly([(40, 30), (84, 36), (60, 12)], 1)
    return Figure(
        [
            poly([(6, high + 2), (-14, high - 4), (6, high - 9)], 2),
            body,
            disk(20, high, 17, 0),
            wing,
            disk(15, high + 4, 3, 3),
        ]
    )


FAMILIES = {figure.__name__: figure for figure in (
    teapot, guitar, truck, castle, cat, flower, glasses, scissors, kite, anchor, crown, duck,
)}  # fmt: skip
