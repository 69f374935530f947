"""Unit 08: what is asked of `standardize`."""

from numpy.random import Generator
from torch import Tensor

from course_lib import plots
from course_lib.checks.compare import close, worst
from course_lib.checks.kit.numbers import rounded
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs


def some(count: int):
    """So many images of 6 × 8 pixels, each in a light and a contrast of its own."""

    def make(rng: Generator) -> Inputs:
        light, contrast = rng.uniform(-1, 1, (count, 1, 1)), rng.uniform(0.5, 2, (count, 1, 1))
        return {"images": rounded(rng.uniform(0, 1, (count, 6, 8)) * contrast + light)}

    return make


def one_flat(rng: Generator) -> Inputs:
    """Three images; the pixels of the second are all equal."""
    images = some(3)(rng)["images"]
    images[1] = float(rng.integers(1, 4))
    return {"images": images}


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pixel that is furthest off, and the numbers of its image."""
    i, row, column = worst(answer, expected)
    image = inputs["images"][i]
    mean, deviation = image.mean(), image.std(correction=0)
    text = (
        f"images[{i}] has the mean {mean:.3f} and the deviation {deviation:.3f}\n"
        f"its pixel [{row}, {column}] is {image[row, column]:.3f}: "
        f"expected {expected[i, row, column]:.3f}, yours {answer[i, row, column]:.3f}"
    )
    span = (image.amax() - image.amin()).clamp(min=1e-6)
    return Counterexample(text, lambda: plots.show_image(((image - image.amin()) / span)[None], f"images[{i}]"))


CHECK = Check(
    "standardize",
    points=3,
    compare=close(1e-4, 1e-5),
    explain=explain,
    cases=(
        Case("one image", "values", some(1), hint="What are mean and deviation of your answer?"),
        Case("four images", "values", some(4), hint="Each image has its own mean and its own deviation."),
        Case("an image whose pixels are all equal", "edge", one_flat, hint="What does 0 / 0 give?"),
        Case("no image", "edge", some(0), explain=False),
        *styles(some(2)),
    ),
)
