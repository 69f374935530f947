"""Unit 02: what is asked of `decode_boxes`."""

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import floats
from course_lib.checks.kit.show import EXPECTED, GIVEN, YOURS, show_box
from course_lib.checks.kit.styles import styles
from course_lib.checks.rcnn.shared import boxes, canvas
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def corrections(count: int, scale: float = 0.4, size: float = 0.0):
    """Random deltas, for boxes far inside a picture; `size` is added to tw and th."""
    return lambda rng: {
        "proposals": boxes(rng, count) + 100,
        "deltas": floats(rng.normal(size=(count, 4)).clip(-2, 2) * scale) + floats([0, 0, size, size]),
    }


def out_of_the_image(rng: Generator) -> Inputs:
    """Boxes that leave the picture on the left and at the top."""
    return {"proposals": boxes(rng, 3), "deltas": floats([[-2.5, -2.0, 0.1, 0.2]]).repeat(3, 1)}


def nothing(rng: Generator) -> Inputs:
    """Nothing to correct."""
    return {"proposals": boxes(rng, 3), "deltas": torch.zeros(3, 4)}


def absurd(rng: Generator) -> Inputs:
    """Absurd sizes."""
    return {"proposals": boxes(rng, 2), "deltas": floats([[0.1, 0.2, 1000, 3], [0.1, 0.2, 2, 500]])}


def far(rng: Generator) -> Inputs:
    """Shifts of more than four times the box's size: only sizes are limited."""
    return {"proposals": boxes(rng, 2), "deltas": floats([[5, -6, 0.1, -0.2], [-7, 8, -0.3, 0.2]])}


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The proposal whose corrected box is furthest off."""
    i = worst(answer, expected)[0]
    proposal = inputs["proposals"][i]
    given = ", ".join(
        f"{name} {value:.2f}" for name, value in zip(("tx", "ty", "tw", "th"), inputs["deltas"][i], strict=True)
    )
    text = (
        f"proposal {show_box(proposal)} with {given}\nexpected {show_box(expected[i])}\nyours    {show_box(answer[i])}"
    )

    def draw():
        three = torch.stack([proposal, expected[i].to(proposal.dtype), answer[i].to(proposal.dtype)])
        names, colors = ["proposal", "expected", "yours"], [GIVEN, EXPECTED, YOURS]
        return plots.draw_boxes(canvas(three), three, torch.arange(3), names=names, colors=colors)

    return Counterexample(text, draw)


CHECK = Check(
    "decode_boxes",
    points=3,
    forbids=("torchvision.models.detection._utils.BoxCoder",),
    compare=close(1e-3, 1e-3),
    explain=explain,
    cases=(
        Case("one box", "values", corrections(1), hint="Undo encode_boxes line by line, from the last to the first."),
        Case("five boxes", "values", corrections(5)),
        Case("much smaller boxes", "values", corrections(3, 0.2, -1.5), hint="What undoes a logarithm?"),
        Case("boxes that leave the image", "values", out_of_the_image),
        Case("nothing to correct", "property", nothing),
        Case("absurd sizes", "edge", absurd, hint="Which tw is the largest that counts?", essential=True),
        Case("boxes that move far", "edge", far, hint="Which of the four numbers are limited?", essential=True),
        Case("no boxes", "edge", corrections(0), close(), explain=False),
        *styles(corrections(3)),
    ),
)
