"""A head as patches from back to front: hair, ears, skin, eyes, brows, nose, mouth, and what is worn."""

import colorsys
import math

import numpy as np
from jaxtyping import Float32

from course_lib.data.tinyfaces.patches import BACK, BODY, FACE, RIM, ROWS, TIP, Patch, between, outline, oval
from course_lib.data.tinyfaces.people import Traits
from course_lib.data.tinyfaces.takes import Take
from course_lib.data.tinytown.draws import Colour, Number

SKINS = ((112, 74, 54), (158, 108, 78), (205, 152, 118), (236, 192, 162), (248, 218, 197))  # from dark to light
HAIRS = ((34, 29, 31), (76, 51, 38), (130, 76, 46), (176, 97, 52), (214, 174, 108), (186, 181, 178))
IRISES = ((60, 38, 26), (110, 74, 40), (84, 112, 62), (70, 120, 150), (110, 150, 190))
DARK, WHITE, MOUTH = (38, 26, 26), (246, 244, 240), (110, 30, 40)
HALF_CIRCLE = np.linspace(math.pi, 2 * math.pi, 15)
ARC = np.stack([np.cos(HALF_CIRCLE), np.sin(HALF_CIRCLE)], axis=1).astype(np.float32)  # over the top, left to right


def ramp(colours: tuple[Colour, ...], share: Number) -> Colour:
    """The colour at a share of the way from the first to the last one."""
    place = share * (len(colours) - 1)
    low = min(int(place), len(colours) - 2)
    return mixed(colours[low], colours[low + 1], place - low)


def mixed(first: Colour, second: Colour, share: Number) -> Colour:
    """The first colour, with a share of the second."""
    red, green, blue = (a + share * (b - a) for a, b in zip(first, second, strict=True))
    return red, green, blue


def skin_of(who: Traits) -> Colour:
    """The colour of the skin."""
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in ramp(SKINS, who.skin)))
    red, green, blue = colorsys.hsv_to_rgb((hue + 0.05 * (who.warmth - 0.5)) % 1, saturation, value)
    return 255 * red, 255 * green, 255 * blue


class Head:
    """The measures of an identity's face, and its patches in a take."""

    def __init__(self, who: Traits, take: Take):
        self.who, self.take = who, take
        self.width = 0.66 + 0.18 * who.width
        self.eye_x, self.eye_y = 0.25 + 0.13 * who.eye_distance, -0.16 + 0.3 * who.eye_height
        self.eye = 0.095 + 0.075 * who.eye_size
        self.nose_y = self.eye_y + 0.22 + 0.24 * who.nose_length
        self.bottom = 0.9 + 0.16 * who.chin  # of the chin
        self.mouth_y = self.nose_y + 0.42 * (self.bottom - self.nose_y)
        self.mouth_x = (0.17 + 0.15 * who.mouth_width) * (1 + 0.16 * max(take.smile, 0))
        self.corner_y = self.mouth_y - 0.13 * take.smile  # of the mouth
        self.skin, self.hair = skin_of(who), ramp(HAIRS, who.hair)

    def landmarks(self) -> Float32[np.ndarray, "5 2"]:
        """Eyes, tip of the nose and corners of the mouth, the image's left first."""
        eyes = [(-self.eye_x, self.eye_y), (self.eye_x, self.eye_y)]
        return outline([*eyes, (0, self.nose_y), (-self.mouth_x, self.corner_y), (self.mouth_x, self.corner_y)])

    def patches(self) -> list[Patch]:
        """From back to front."""
        glasses, _, _, cap = self.take.attributes
        parts = [*self.behind(), *self.skull(), *self.eyes(), *self.nose(), *self.mouth()]
        parts += self.cap() if cap else self.fringe()
        return parts + (self.glasses() if glasses else [])

    def behind(self) -> list[Patch]:
        """Hair behind the head, neck and shirt."""
        who, half = self.who, self.width * (1.06 + 0.28 * self.who.hair_volume)
        top = 1.03 + 0.17 * who.hair_volume
        low = -0.3 + 1.7 * who.hair_length
        arc = ARC * np.float32([half, top]) + np.float32([0, -0.1])
        tail = outline([(half * 1.04, 0.6 * low), (half * 0.8, low), (-half * 0.8, low), (-half * 1.04, 0.6 * low)])
        shade = mixed(self.skin, DARK, 0.25)
        neck = outline([(-0.33, 0.5), (0.33, 0.5), (0.4, 1.5), (-0.4, 1.5)])
        shirt = outline([(-0.42, 1.3), (0, 1.5), (0.42, 1.3), (1.35, 1.62), (1.6, 4), (-1.6, 4), (-1.35, 1.62)])
        hair = Patch(np.concatenate([arc, tail]), mixed(self.hair, DARK, 0.3), BACK)
        return [hair, Patch(neck, shade, BODY), Patch(shirt, self.take.colours[0], BODY)]

    def skull(self) -> list[Patch]:
        """Ears and the head itself."""
        who, wide = self.who, self.width
        ear = 0.1 + 0.08 * who.ears
        ears = [Patch(oval(side * wide, self.eye_y + 0.12, ear, 1.5 * ear), self.skin, RIM) for side in (-1, 1)]
        inner = mixed(self.skin, DARK, 0.22)
        holes = [Patch(oval(side * (wide + 0.02), self.eye_y + 0.12, ear / 2, ear), inner, RIM) for side in (-1, 1)]
        angles = np.linspace(0, math.pi, 17)
        cos, sin = np.cos(angles), np.sin(angles)
        square = 0.55 * cos + 0.45 * np.sign(cos) * np.sqrt(np.abs(cos))
        jaw = (cos + who.jaw * (square - cos)) * (1 - (0.26 - 0.16 * who.jaw) * sin)
        lower = np.stack([wide * jaw, self.bottom * sin], axis=1)
        upper = ARC * np.float32([wide, 1.0])
        return [*ears, *holes, Patch(np.concatenate([lower, upper]).astype(np.float32), self.skin, RIM)]

    def eyes(self) -> list[Patch]:
        """White, iris, pupil, lid and brow of both eyes."""
        who, take, size, parts = self.who, self.take, self.eye, []
        high = size * (0.85 if take.smile < 0.5 else 0.72) * take.lids
        slant = 0.45 * (who.eye_slant - 0.5)
        for side in (-1, 1):
            x, y = side * self.eye_x, self.eye_y
            parts.append(Patch(oval(x, y, 1.35 * size, high, -side * slant), WHITE))
            iris = min(0.72 * size, high)
            parts.append(Patch(oval(x + 0.4 * size * take.gaze, y, iris, iris), ramp(IRISES, who.eye_colour)))
            parts.append(Patch(oval(x + 0.4 * size * take.gaze, y, iris / 2, iris / 2), DARK))
            parts.append(Patch(oval(x, y, 1.35 * size, high, -side * slant)[10:], DARK, line=0.035))
            parts.append(self.brow(side))
        return parts

    def brow(self, side: int) -> Patch:
        """A brow, thicker towards the nose."""
        who, take = self.who, self.take
        y = self.eye_y - self.eye - 0.11 - 0.05 * take.brows
        tilt, thick = 0.12 * (who.brow_tilt - 0.5) - 0.03 * take.brows, 0.025 + 0.075 * who.brow_weight
        inner, outer = side * (self.eye_x - 0.16), side * (self.eye_x + 0.19)
        middle = side * (self.eye_x + 0.03)
        upper = [(inner, y + tilt - thick / 2), (middle, y - 0.04 - thick / 2), (outer, y - tilt + 0.02)]
        lower = [(middle, y - 0.04 + thick / 2), (inner, y + tilt + thick / 2)]
        return Patch(outline(upper + lower), mixed(self.hair, DARK, 0.35))

    def nose(self) -> list[Patch]:
        """A ridge in shade, its tip and two nostrils."""
        half, y = 0.07 + 0.09 * self.who.nose_width, self.nose_y
        shade, bright = mixed(self.skin, DARK, 0.2), mixed(self.skin, WHITE, 0.2)
        ridge = outline([(-0.03, self.eye_y), (0.05, self.eye_y), (half, y + 0.02), (0, y + 0.09), (-half, y + 0.02)])
        parts = [Patch(ridge, shade, TIP), Patch(oval(0, y, 0.6 * half, 0.07), bright, TIP)]
        hole = mixed(self.skin, DARK, 0.65)
        return parts + [Patch(oval(side * 0.55 * half, y + 0.06, 0.035, 0.025), hole, TIP) for side in (-1, 1)]

    def mouth(self) -> list[Patch]:
        """Lips around a line, or around teeth and dark."""
        who, take, y, half = self.who, self.take, self.mouth_y, self.mouth_x
        arch = 1 - ROWS * ROWS
        middle = self.corner_y + 0.17 * take.smile * arch
        full, gape = (0.03 + 0.07 * who.lips) * arch, 0.19 * take.opened * arch
        lips = mixed(self.skin, (176, 52, 64), 0.55)
        parts = [Patch(between(0, half, middle - full - gape / 3, middle + 1.3 * full + gape), lips)]
        if take.opened:
            parts.append(Patch(between(0, 0.93 * half, middle - gape / 3, middle + gape), MOUTH))
            parts.append(Patch(between(0, 0.85 * half, middle - gape / 3, middle + gape / 5), WHITE))
        else:
            parts.append(Patch(np.stack([half * ROWS, middle], axis=1), mixed(lips, DARK, 0.6), line=0.03))
        if take.smile > 0.5:
            cheek = mixed(self.skin, (214, 88, 88), 0.22)
            parts = [Patch(oval(s * 0.46, y - 0.16, 0.13, 0.1), cheek) for s in (-1, 1)] + parts
        return parts

    def fringe(self) -> list[Patch]:
        """The hair in front, down to the hairline, which has a parting."""
        who = self.who
        half, top = self.width * (1.05 + 0.12 * who.hair_volume), 1.03 + 0.17 * who.hair_volume
        arc = ARC * np.float32([half, top]) + np.float32([0, -0.1])
        line, part = -0.72 + 0.3 * who.hairline, 1.3 * (who.parting - 0.5)
        side = -0.1 + 0.35 * who.hair_length
        inner = [(0.93 * self.width, side), (0.86 * self.width, line + 0.18), (0.5, line + 0.03 - 0.06 * part)]
        inner += [(part * 0.5 + 0.06, line), (part * 0.5, line - 0.16), (part * 0.5 - 0.06, line)]
        inner += [(-0.5, line + 0.03 + 0.06 * part), (-0.86 * self.width, line + 0.18), (-0.93 * self.width, side)]
        return [Patch(np.concatenate([arc, outline(inner)]), self.hair, RIM)]

    def cap(self) -> list[Patch]:
        """A cap over forehead and hair."""
        half, own = self.width * 1.13, self.take.colours[1]
        dome = ARC * np.float32([half, 0.85]) + np.float32([0, -0.38])
        brim = outline([(-half, -0.5), (half, -0.5), (0.86 * half, -0.28), (0, -0.36), (-0.86 * half, -0.28)])
        return [Patch(dome, own, RIM), Patch(brim, mixed(own, DARK, 0.35), TIP)]

    def glasses(self) -> list[Patch]:
        """Two rims, the bridge between them and the sides to the ears."""
        rims, y, parts = self.take.colours[2], self.eye_y + 0.02, []
        reach = min(0.21, self.eye_x - 0.06)
        for side in (-1, 1):
            x = side * self.eye_x
            corners = [(x - 0.21, y - 0.15), (x + 0.21, y - 0.15), (x + 0.19, y + 0.16), (x - 0.19, y + 0.16)]
            form = oval(x, y, 0.21, 0.19) if self.take.round else outline(corners)
            parts.append(Patch(np.concatenate([form, form[:1]]), rims, FACE, 0.05))
            arm = outline([(side * (self.eye_x + 0.21), y - 0.05), (side * self.width, y - 0.02)])
            parts.append(Patch(arm, rims, FACE, 0.05))
        bridge = outline([(reach - self.eye_x, y - 0.03), (self.eye_x - reach, y - 0.03)])
        return [*parts, Patch(bridge, rims, TIP, 0.05)]
