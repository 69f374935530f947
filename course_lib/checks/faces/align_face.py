"""Unit 07: what is asked of `align_face`."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.codec import copy
from course_lib.checks.compare import close, worst
from course_lib.checks.faces.shared import aside
from course_lib.checks.kit.numbers import rounded, until
from course_lib.checks.kit.pictures import both, number
from course_lib.checks.kit.refusals import holding, names, refusal
from course_lib.checks.kit.show import EXPECTED
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

NOTHING = "Nearly all of your output is 0: you read outside of the image. What is −1 for `grid_sample`, and what is 1?"
FOLLOW = "Follow one landmark by hand: where does your map bring it, and from where does that pixel of the output come?"
ALL_OF_THEM = "One landmark is a little wrong here. How many of the others have a say in where the face goes?"
NO_MIRROR = "These landmarks would fit best in a mirror. What do a and b have to be so that nothing is mirrored?"
OUTSIDE = "What is where the image ends? The docstring says what counts there."
CENTRES = "Nothing has to move. Is the middle of pixel 0 at 0 or at 0.5, for you and for the function that samples?"
NO_SCALE = "What is the scale when all landmarks are one point? A face made of NaN helps nobody."
FACE = ((6.5, 7.5), (13.5, 7.5), (10, 11), (7.25, 14.5), (12.75, 14.5))  # eyes, nose, mouth, in 20 × 20 pixels


@dataclass(frozen=True)
class Face:
    """An image with a face in it: waves with a coloured spot on each landmark.

    Attributes:
        size: of the output; the template is that of 20 pixels, enlarged. turn: degrees that the face is turned by.
        wide: how much wider it is than the template. noise: standard deviation of the landmarks, in pixels.
        off: so far one of the eyes is off, in pixels. centre: its middle in the image. channels: of the image.
    """

    size: int = 20
    turn: tuple[float, float] = (20, 70)
    wide: float = 1.0
    noise: float = 0.6
    off: float = 0.0
    centre: tuple[float, float] = (24, 20)
    channels: int = 3
    points: tuple[tuple[float, float], ...] = FACE

    def __call__(self, rng: Generator) -> Inputs:
        template = np.array(self.points) * self.size / 20
        turn = math.radians(rng.uniform(*self.turn) * rng.choice([-1, 1]))
        scale = rng.uniform(0.7, 1.05) * 20 / self.size
        matrix = scale * np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        face = (template - template.mean(axis=0)) * [self.wide, 1] @ matrix.T
        face = face + self.centre + rng.uniform(-2, 2, 2) + self.noise * rng.normal(size=template.shape)
        face[0] += self.off * np.array([math.cos(3 * turn), math.sin(3 * turn)])
        landmarks = rounded(face, 8)
        image = picture(rng, landmarks, self.channels)
        return {"image": image, "landmarks": landmarks, "template": rounded(template, 8), "size": self.size}


def picture(rng: Generator, landmarks: Tensor, channels: int, height: int = 40, width: int = 48) -> Tensor:
    """Waves from 0.2 to 0.9, darker and lighter spots around the landmarks: numbers in 256ths, none of them 0."""
    rows, columns = np.meshgrid(np.arange(height) + 0.5, np.arange(width) + 0.5, indexing="ij")
    found = []
    for channel in range(channels):
        angle, phase, length = rng.uniform(0, math.pi), rng.uniform(0, 2 * math.pi), rng.uniform(9, 14)
        along = columns * math.cos(angle) + rows * math.sin(angle)
        values = 0.55 + 0.1 * np.sin(2 * math.pi * along / length + phase)
        for i, (x, y) in enumerate(landmarks.tolist()):
            spot = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 5)
            values = values + (0.25 if (i + channel) % 3 else -0.25) * spot
        found.append(values.clip(0.2, 0.9))
    return rounded(found, 256)


def inside(make_inputs: Callable[[Generator], Inputs]) -> Callable[[Generator], Inputs]:
    """Draws until every pixel of the output comes from the inside of the image."""
    return until(make_inputs, _is_inside)


def _is_inside(inputs: Inputs) -> bool:
    (scale, angle), size = similarity(inputs["landmarks"], inputs["template"]), inputs["size"]
    turn = math.radians(angle)
    back = torch.tensor([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]]) / scale
    corners = torch.tensor([[0, 0], [0, size], [size, 0], [size, size]]) - inputs["template"].mean(dim=0)
    found = corners @ back.T + inputs["landmarks"].mean(dim=0)
    sides = torch.tensor(inputs["image"].shape[:0:-1])
    return bool(((found > 1) & (found < sides - 1)).all())


STRIP = ((9, 2), (12, 5.5), (8, 8), (11.5, 12.5), (9, 15.5), (12.5, 18))  # a narrow face of six points


def similarity(landmarks: Tensor, template: Tensor) -> tuple[float, float]:
    """The scale and the angle in degrees of the best similarity."""
    (x, y), (u, v) = ((points.double() - points.double().mean(dim=0)).T for points in (landmarks, template))
    a, b = float((x * u + y * v).sum()), float((x * v - y * u).sum())
    return math.hypot(a, b) / float((x**2 + y**2).sum()), math.degrees(math.atan2(b, a))


def _mirrored(rng: Generator) -> Inputs:
    """The landmarks of a narrow face seen in a mirror."""
    inputs = Face(points=STRIP, turn=(10, 40))(rng)
    flip = torch.tensor([48.0, 0.0]), torch.tensor([-1.0, 1.0])
    landmarks = flip[0] + flip[1] * inputs["landmarks"]
    return inputs | {"landmarks": landmarks, "image": picture(rng, landmarks, 3)}


mirrored = until(_mirrored, lambda inputs: similarity(inputs["landmarks"], inputs["template"])[0] > 0.5)


def on_a_line(rng: Generator) -> Inputs:
    """Four landmarks on a line, and so is the template."""
    line = tuple((4 + 4 * step, 6 + 2.5 * step) for step in range(4))
    inputs = Face(points=line, noise=0)(rng)
    across = torch.tensor([[0.0, 0.0], [2.5, 1.5], [4.0, 2.25], [8.0, 4.75]])
    return inputs | {"landmarks": torch.tensor([16.0, 14.0]) + across * 2}


def from_below(rng: Generator) -> Inputs:
    """The same, from its other end: nothing lies below or right of the first landmark."""
    inputs = on_a_line(rng)
    return inputs | {name: inputs[name].flip(0) for name in ("landmarks", "template")}


def fits_already(rng: Generator) -> Inputs:
    """The landmarks lie on the template: the output is the upper left part of the image."""
    inputs = Face()(rng)
    return inputs | {"landmarks": inputs["template"].clone()}


def in_one_place(rng: Generator) -> Inputs:
    """All landmarks are one point."""
    inputs = Face()(rng)
    return inputs | {"landmarks": inputs["landmarks"][:1].expand(5, 2).contiguous()}


def many(rng: Generator) -> Inputs:
    """A face of 68 landmarks in a grey image."""
    points = tuple(map(tuple, 2 + 16 * rng.uniform(size=(68, 2))))
    return Face(points=points, channels=1)(rng)


def reordered(function: Callable, image: Tensor, landmarks: Tensor, template: Tensor, size: int) -> list[Tensor]:
    """With the landmarks in the other order, and of the face and its negative in one image of more channels.

    The negative has numbers below 0 and above 1.
    """
    first = function(image, landmarks.flip(0), template.flip(0), size)
    second = function(torch.cat([image, 2 - 3 * image]), landmarks, template, size)
    return [torch.as_tensor(copy(one)) for one in (first, second)]


def refused(function: Callable, *inputs) -> str:
    """What becomes of landmarks in one place."""
    return refusal(lambda: copy(function(*inputs)), ValueError, holding("landmarks"))


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Whether the image is missed, or another place of it is read."""
    missed = float((answer == 0).double().mean()) > 0.75 > float((expected == 0).double().mean())
    return NOTHING if missed else FOLLOW


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pixel that is furthest off; the image with its landmarks, and both outputs with the template."""
    place = worst(answer, expected)
    scale, angle = similarity(inputs["landmarks"], inputs["template"])
    height, width = inputs["image"].shape[1:]
    text = (
        f"an image of {height} rows and {width} columns, {len(inputs['landmarks'])} landmarks; the best similarity has "
        f"the scale {number(scale)} and turns by {angle:.0f}°\n"
        f"it brings the first one from {_point(inputs['landmarks'][0])} to {_point(_first_moved(inputs))}\n"
        f"channel, row and column {list(place)}: {both(answer, expected, place)}"
    )

    def draw():
        images = [_visible(one) for one in (inputs["image"], expected, answer)]
        axes = plots.image_grid(images, ["image, landmarks", "expected, template", "yours, template"], columns=3)
        for ax, points in zip(axes, (inputs["landmarks"], *[inputs["template"]] * 2), strict=True):
            ax.plot(*points.T.tolist(), "+", color=EXPECTED, markersize=9, markeredgewidth=2)
            ax.autoscale(False)
        return axes.flat[0]

    return Counterexample(text, draw)


def _point(xy: Tensor) -> str:
    return f"({', '.join(number(value) for value in xy.tolist())})"


def _first_moved(inputs: Inputs) -> Tensor:
    """Where the best similarity brings the first landmark."""
    landmarks, template = inputs["landmarks"].double(), inputs["template"].double()
    scale, angle = similarity(landmarks, template)
    x, y = (landmarks[0] - landmarks.mean(dim=0)).tolist()
    cos, sin = scale * math.cos(math.radians(angle)), scale * math.sin(math.radians(angle))
    return template.mean(dim=0) + torch.tensor([cos * x - sin * y, sin * x + cos * y])


def _visible(image: Tensor) -> Tensor:
    """Any number of channels as three, values cut to 0 … 1."""
    return image[[0, 1, 2] if len(image) >= 3 else [0, 0, 0]].double().nan_to_num(0).clamp(0, 1)


CHECK = Check(
    "align_face",
    points=5,
    compare=close(0, 2e-3),
    hint=hint,
    explain=explain,
    forbids=(
        "skimage.transform",
        "kornia",
        "cv2.estimateAffinePartial2D",
        "cv2.estimateAffine2D",
        "cv2.getAffineTransform",
    ),
    cases=(
        Case("a face that is turned", "values", inside(Face())),
        Case("a face that is wider than the template", "values", inside(Face(wide=1.4))),
        Case("an eye that is off by four pixels", "values", inside(Face(off=4)), hint=ALL_OF_THEM),
        Case("a small output", "values", inside(Face(size=13, noise=1))),
        Case("other orders, more channels", "property", inside(Face()), probe=reordered, hint=False, explain=False),
        Case("landmarks as in a mirror", "edge", mirrored, hint=NO_MIRROR, essential=True),
        Case("a face at the border", "edge", Face(centre=(5, 33)), hint=OUTSIDE, essential=True),
        Case("landmarks outside of the image", "edge", Face(centre=(54, 18), turn=(0, 30)), hint=OUTSIDE),
        Case("landmarks that fit already", "edge", fits_already, hint=CENTRES),
        Case("a face upside down", "edge", inside(Face(turn=(150, 180)))),
        Case("two landmarks", "edge", Face(points=FACE[:2])),
        Case("landmarks on a line", "edge", on_a_line),
        Case("the line from its other end", "edge", from_below),
        Case("68 landmarks, one channel", "edge", many),
        Case(
            "all landmarks in one place",
            "edge",
            in_one_place,
            aside(names("`landmarks`")),
            refused,
            hint=NO_SCALE,
            explain=False,
        ),
        *styles(inside(Face())),
    ),
)
