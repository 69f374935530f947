"""Twenty-four object families to pretrain on. None is a class of the street scenes nor a target family."""

import math

from course_lib.data.tinytown.draws import Draw
from course_lib.data.tinytown.shapes import Figure, bar, blob, disk, path, poly, rect, ring


def cup(draw: Draw) -> Figure:
    width, high = draw.uniform(26, 34), draw.uniform(50, 72)
    body = poly([(-width, high), (width, high), (0.75 * width, 0), (-0.75 * width, 0)], 0)
    return Figure([ring(width, 0.55 * high, 18, 7, 1, 1.1), body, rect(-width, 0.75 * high, width, high - 4, 2)])


def lamp(draw: Draw) -> Figure:
    wide, high = draw.uniform(26, 38), draw.uniform(52, 62)
    shade = poly([(-wide, high), (wide, high), (0.5 * wide, 100), (-0.5 * wide, 100)], 0)
    return Figure([rect(-3, 4, 3, high, 1), poly([(-22, 0), (22, 0), (10, 9), (-10, 9)], 2), shade])


def chair(draw: Draw) -> Figure:
    seat, back = draw.uniform(36, 46), draw.uniform(84, 100)
    legs = [rect(x, 0, x + 6, seat, 1) for x in (8, 50)]
    slats = [rect(4, y, 14 + draw.uniform(0, 1), y + 9, 2) for y in (seat + 14, back - 12)]
    return Figure([*legs, rect(6, seat, 13, back, 1), rect(4, seat, 60, seat + 9, 0), *slats])


def table(draw: Draw) -> Figure:
    high, inset = draw.uniform(38, 60), draw.uniform(6, 20)
    legs = [bar(x, high, x + lean, 0, 7, 1) for x, lean in ((inset, -4), (100 - inset, 4))]
    return Figure([*legs, rect(inset, high - 14, 100 - inset, high, 2), rect(0, high, 100, high + 8, 0)])


def bottle(draw: Draw) -> Figure:
    wide, shoulder = draw.uniform(15, 22), draw.uniform(45, 60)
    body = poly(
        [
            (-wide, 0),
            (wide, 0),
            (wide, shoulder),
            (7, shoulder + 18),
            (7, 92),
            (-7, 92),
            (-7, shoulder + 18),
            (-wide, shoulder),
        ],
        0,
    )
    return Figure([body, rect(-9, 90, 9, 100, 2), rect(-wide, 12, wide, 0.7 * shoulder, 1)])


def fish(draw: Draw) -> Figure:
    tall, fin = draw.uniform(0.45, 0.65), draw.uniform(14, 24)
    tail = poly([(64, 30), (100, 30 + fin), (90, 30), (100, 30 - fin)], 1)
    top = poly([(28, 30 + 36 * tall), (56, 30 + 30 * tall), (58, 34 + 40 * tall + fin / 2)], 1)
    return Figure(
        [tail, top, disk(38, 30, 38, 0, tall), bar(26, 30 + 24 * tall, 26, 30 - 24 * tall, 5, 2), disk(14, 34, 4, 3)]
    )


def bird(draw: Draw) -> Figure:
    lift = draw.uniform(20, 50)
    wing = poly([(30, 40), (58, 40), (66, 40 + lift)], 1)
    legs = [bar(x, 26, x, 4, 4, 3) for x in (42, 50)]
    parts = [*legs, poly([(60, 36), (100, 30 + draw.uniform(0, 22)), (96, 26), (62, 24)], 2), disk(44, 34, 24, 0, 0.62)]
    return Figure([*parts, disk(20, 50, 13, 0), poly([(9, 54), (-8, 49), (9, 45)], 3), wing, disk(17, 53, 2.4, 4)])


def boat(draw: Draw) -> Figure:
    bow, deck = draw.uniform(8, 20), draw.uniform(30, 62)
    hull = poly([(bow, 0), (100 - bow, 0), (104, 26), (-4, 26)], 0)
    funnel = [rect(deck, 44, deck + 14, 72, 2), rect(deck, 60, deck + 14, 66, 3)]
    return Figure([*funnel, rect(20, 25, 80, 45, 1), hull, *[disk(x, 35, 4.5, 3) for x in (32, 50, 68)]])


def plane(draw: Draw) -> Figure:
    sweep, wide = draw.uniform(8, 30), draw.uniform(8, 11)
    wing = poly([(62, 50), (44, 50), (44 - sweep, 98), (54 - sweep, 98)], 1)
    other = poly([(62, 50), (44, 50), (44 - sweep, 2), (54 - sweep, 2)], 1)
    tail = poly([(14, 50), (2, 50), (-6, 70), (2, 70)], 2), poly([(14, 50), (2, 50), (-6, 30), (2, 30)], 2)
    return Figure([wing, other, *tail, disk(50, 50, 50, 0, wide / 50), disk(88, 50, 6, 3, 0.7)])


def umbrella(draw: Draw) -> Figure:
    tall = draw.uniform(0.6, 0.9)
    rim = [(50 * math.cos(0.157 * k * 2), 52 + 50 * tall * math.sin(0.157 * k * 2)) for k in range(11)]
    scallops = [disk(x, 52, 9, 5, 0.5) for x in (-40, -20, 0, 20, 40)]
    panel = poly([(0, 52 + 50 * tall), (-16, 52), (16, 52)], 1)
    hook = path([(0, 52), (0, 6), (8, 0), (15, 6)], 5, 2)
    return Figure([*hook, poly(rim, 0), panel, *scallops[1:4:2]])


def key(draw: Draw) -> Figure:
    teeth = [rect(x, 50 - draw.uniform(22, 34), x + 8, 50, 1) for x in (68, 86)]
    return Figure([*teeth, rect(36, 44, 98, 56, 0), ring(20, 50, 24, 11, 2)])


def hammer(draw: Draw) -> Figure:
    wide = draw.uniform(24, 32)
    claw = poly([(-6, 92), (-wide - 8, 84), (-wide, 98), (-4, 104)], 1)
    return Figure([bar(0, 0, 0, 92, 12, 0, 8), claw, rect(-8, 82, wide, 104, 1), rect(wide - 8, 79, wide, 107, 2)])


def clock(draw: Draw) -> Figure:
    hour, minute = draw.uniform(0, 6.28), draw.uniform(0, 6.28)
    hands = [
        bar(0, 50, 26 * math.cos(hour), 50 + 26 * math.sin(hour), 8, 2),
        bar(0, 50, 36 * math.cos(minute), 50 + 36 * math.sin(minute), 5, 2),
    ]
    bells = [disk(x, 98, 14, 3) for x in (-26, 26)]
    return Figure(
        [bar(-20, 12, -32, -6, 8, 3), bar(20, 12, 32, -6, 8, 3), *bells, disk(0, 50, 50, 1), disk(0, 50, 40, 0), *hands]
    )


def mushroom(draw: Draw) -> Figure:
    wide, cap = draw.uniform(40, 52), draw.uniform(36, 50)
    rim = [(wide * math.cos(math.pi * k / 10), 42 + cap * math.sin(math.pi * k / 10)) for k in range(11)]
    spots = [disk(draw.uniform(-0.6, 0.6) * wide, 42 + draw.uniform(0.2, 0.6) * cap, 5.5, 2) for _ in range(4)]
    return Figure([bar(0, 0, 0, 46, 28, 1, 20), poly(rim, 0), *spots])


def butterfly(draw: Draw) -> Figure:
    upper, lower = draw.uniform(24, 32), draw.uniform(17, 24)
    wings = [
        disk(side * 28, y, radius, slot) for side in (-1, 1) for y, radius, slot in ((64, upper, 0), (26, lower, 1))
    ]
    dots = [disk(side * 30, 66, 9, 2) for side in (-1, 1)]
    feelers = [bar(0, 84, side * 14, 106, 3, 3) for side in (-1, 1)]
    return Figure([*wings, *dots, *feelers, disk(0, 48, 6, 3, 6.5)])


def ladder(draw: Draw) -> Figure:
    half = draw.uniform(15, 24)
    rungs = [rect(-half, y, half, y + 5, 1) for y in range(8, 100, 18)]
    return Figure([*rungs, bar(-half - 3, 0, -half + 2, 104, 7, 0), bar(half + 3, 0, half - 2, 104, 7, 0)])


def bench(draw: Draw) -> Figure:
    high = draw.uniform(22, 30)
    legs = [part for x in (10, 82) for part in (rect(x, 0, x + 8, high, 1), rect(x + 1, high, x + 6, high + 34, 1))]
    boards = [rect(0, high + y, 100, high + y + 8, slot) for y, slot in ((0, 0), (14, 2), (26, 2))]
    return Figure([*legs, *boards])


def tent(draw: Draw) -> Figure:
    high, door = draw.uniform(52, 78), draw.uniform(12, 20)
    sides = poly([(0, 0), (100, 0), (50, high)], 0), poly([(100, 0), (122, 10), (68, high), (50, high)], 1)
    return Figure(
        [*sides, poly([(50 - door, 0), (50 + door, 0), (50, 0.75 * high)], 2), bar(50, high - 4, 50, high + 10, 4, 3)]
    )


def windmill(draw: Draw) -> Figure:
    start = draw.uniform(0, 1.57)
    tower = [poly([(-20, 0), (20, 0), (12, 62), (-12, 62)], 0), rect(-6, 0, 6, 18, 2), disk(0, 62, 13, 3)]
    arms = []
    for quarter in range(4):
        angle = start + quarter * math.pi / 2
        arms.append(
            bar(
                7 * math.cos(angle), 64 + 7 * math.sin(angle), 46 * math.cos(angle), 64 + 46 * math.sin(angle), 6, 1, 17
            )
        )
    return Figure([*tower, *arms, disk(0, 64, 4, 2)])


def rocket(draw: Draw) -> Figure:
    wide, low = draw.uniform(13, 18), draw.uniform(18, 26)
    fins = [poly([(side * wide, low), (side * (wide + 18), low - 14), (side * wide, low + 26)], 1) for side in (-1, 1)]
    body = poly([(-wide, low), (wide, low), (wide, 70), (0, 106), (-wide, 70)], 0)
    return Figure(
        [
            poly([(-9, low), (9, low), (0, -4)], 2),
            *fins,
            body,
            disk(0, 62, 8, 3),
            rect(-wide, low + 10, wide, low + 17, 2),
        ]
    )


def cactus(draw: Draw) -> Figure:
    left, right = draw.uniform(26, 46), draw.uniform(30, 54)
    arms = path([(0, left), (-26, left), (-26, left + 30)], 13, 0) + path(
        [(0, right), (25, right), (25, right + 26)], 13, 1
    )
    pot = poly([(-20, -4), (20, -4), (26, 16), (-26, 16)], 2)
    return Figure([*arms, bar(0, 8, 0, 92, 20, 0), disk(0, 92, 10, 0), pot])


def snail(draw: Draw) -> Figure:
    shell = draw.uniform(26, 34)
    foot = poly([(0, 0), (96, 0), (100, 10), (88, 13), (10, 12)], 1)
    spiral = [disk(44, 10 + shell, shell * share, slot) for share, slot in ((1, 0), (0.68, 2), (0.36, 0))]
    horns = [bar(92, 30, x, 46, 3.5, 1) for x in (88, 102)]
    return Figure([foot, bar(90, 6, 93, 32, 14, 1), *horns, *spiral])


def jigsaw(draw: Draw) -> Figure:
    knob = draw.uniform(11, 15)
    return Figure(
        [
            disk(38, 80, knob, 0),
            disk(80, 38, knob, 0),
            rect(4, 4, 72, 72, 0),
            disk(4, 38, knob, 1),
            rect(24, 24, 52, 52, 2),
        ]
    )


def comb(draw: Draw) -> Figure:
    teeth = [rect(x, 0, x + 6, 34 + draw.uniform(-3, 3), 1) for x in range(2, 98, 12)]
    return Figure([*teeth, rect(0, 32, 100, draw.uniform(48, 58), 0), blob(50, 42, [7, 6, 7, 6], 2)])


FAMILIES = {figure.__name__: figure for figure in (
    cup, lamp, chair, table, bottle, fish, bird, boat, plane, umbrella, key, hammer, clock, mushroom, butterfly,
    ladder, bench, tent, windmill, rocket, cactus, snail, jigsaw, comb,
)}  # fmt: skip
