"""Unit 05: what is asked of `confusion_matrix`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from numpy.random import Generator
from torch import Tensor

from course_lib.checks.codec import copy
from course_lib.checks.compare import exact, worst
from course_lib.checks.kit.pictures import numbered
from course_lib.checks.kit.refusals import holding, names, refusal
from course_lib.checks.kit.styles import styles
from course_lib.checks.spec import Case, Check, Counterexample, Inputs

MORE = "You count more pixels than there are to count. Which ones does the truth leave out?"
FEWER = "Some pixels are missing in your counts. Follow one of them: is it left out, or is its pair counted only once?"
ELSEWHERE = "You count as many pixels as expected, in other cells. What do rows and columns stand for?"
SAME_SHAPE = "Can a pixel of one map have a partner in the other when their shapes differ?"
STRANGER = "Which cell of the matrix would such a pixel be counted in? A wrong number in silence is the worst answer."


@dataclass(frozen=True)
class Masks:
    """Random masks: a true one with void in it, and a predicted one that agrees with it more often than not.

    Attributes:
        shape: of both. classes: how many there are; those from `used` on occur nowhere. ignore: what void is.
        void: the share of void pixels, where it is no class.
    """

    shape: tuple[int, ...]
    classes: int
    ignore: int = 255
    void: float = 0.25
    used: int = 99
    dtype: torch.dtype = torch.int64

    def __call__(self, rng: Generator) -> Inputs:
        most = min(self.used, self.classes)
        target = rng.integers(0, most, self.shape)
        other = (target + rng.integers(1, max(most, 2), self.shape)) % most
        pred = other * (rng.uniform(size=self.shape) < 0.4) + target * 1
        pred = torch.as_tensor(pred % most).to(self.dtype)
        target = torch.as_tensor(target).to(self.dtype)
        if not 0 <= self.ignore < self.classes:
            target[torch.as_tensor(rng.uniform(size=self.shape) < self.void)] = self.ignore
        return {"pred": pred, "target": target, "classes": self.classes, "ignore": self.ignore}


def anything_in_void(rng: Generator) -> Inputs:
    """Predictions that are no class, all of them where the truth is void."""
    inputs = Masks((5, 8), classes=4)(rng)
    void = inputs["target"] == 255
    inputs["pred"][void] = torch.as_tensor(rng.choice([-1, 4, 255], int(void.sum())))
    return inputs


def one_stranger(where: str, above: int = 1):
    """One pixel whose label in `where` is no class: so much above the last one, or a negative number; it is no void."""

    def make(rng: Generator) -> Inputs:
        inputs = Masks((4, 6), classes=int(rng.integers(6, 9)))(rng)
        inputs["target"][2, 3] = 2  # so that a wrong cell is still one of the matrix
        inputs["pred"][2, 3] = 1
        inputs[where][2, 3] = inputs["classes"] - 1 + above if above > 0 else above
        return inputs

    return make


def turned(rng: Generator) -> Inputs:
    """A prediction that lies on its side: as many pixels, another shape."""
    inputs = Masks((6, 9), classes=3)(rng)
    return {**inputs, "pred": inputs["pred"].T.contiguous()}


def one_row(rng: Generator) -> Inputs:
    """A prediction of one row only, which could be stretched over all."""
    inputs = Masks((7, 5), classes=3)(rng)
    return {**inputs, "pred": inputs["pred"][:1]}


def halves(function: Callable, pred: Tensor, target: Tensor, classes: int, ignore: int) -> Tensor:
    """The counts of the upper and of the lower part, added."""
    parts = zip(pred.split([2, len(pred) - 2]), target.split([2, len(target) - 2]), strict=True)
    return sum(torch.as_tensor(copy(function(*part, classes, ignore))) for part in parts)


def with_stranger(function: Callable, pred: Tensor, target: Tensor, classes: int, ignore: int) -> str:
    """What becomes of a label that is no class."""
    both = [mask[2, 3].item() for mask in (pred, target)]
    label = next(one for one in both if not 0 <= one < classes)
    return _became(function, (pred, target, classes, ignore), lambda message: str(label) in message)


def with_two_shapes(function: Callable, pred: Tensor, target: Tensor, classes: int, ignore: int) -> str:
    """What becomes of masks that differ in shape."""
    sides = [str(side) for mask in (pred, target) for side in mask.shape]
    return _became(function, (pred, target, classes, ignore), holding(*sides))


def _became(function: Callable, inputs: tuple[Any, ...], names_it: Callable[[str], bool]) -> str:
    """What became of bad input, with the counts where it was accepted."""
    given: list[Any] = []
    told = refusal(lambda: given.append(copy(function(*inputs))), ValueError, names_it)
    return f"{told} {torch.as_tensor(given[0]).tolist()}" if given else told


def in_silence(answer: str, expected: str, inputs: Inputs) -> str:
    """Bad input was accepted."""
    if not answer.startswith("accepted"):
        return ""
    return SAME_SHAPE if inputs["pred"].shape != inputs["target"].shape else STRANGER


def refused(
    name: str, make_inputs: Callable, told: str = "that label", probe: Callable = with_stranger, essential: bool = False
) -> Case:
    """Bad input, which must be refused with an error that says what is `told`."""
    options = {"hint": in_silence, "explain": False, "essential": essential}
    return Case(name, "edge", make_inputs, names(told), probe, **options)


def hint(answer: Tensor, expected: Tensor, inputs: Inputs) -> str:
    """Whether there are too many pixels, too few, or as many in other cells."""
    mine, right = int(answer.sum()), int(expected.sum())
    return MORE if mine > right else FEWER if mine < right else ELSEWHERE


def explain(inputs: Inputs, answer: Tensor, expected: Tensor) -> Counterexample:
    """The pair of classes whose count is furthest off; both matrices."""
    t, p = worst(answer, expected)
    void = int((inputs["target"] == inputs["ignore"]).sum())
    text = (
        f"{inputs['target'].numel()} pixels, {void} of them void (target {inputs['ignore']})\n"
        f"row {t}, column {p} (true class {t}, predicted as {p}): "
        f"expected {int(expected[t, p])}, yours {int(answer[t, p])}\n"
        f"all counts together: expected {int(expected.sum())}, yours {int(answer.sum())}"
    )

    def draw():
        ax = numbered([expected, answer], [(t, p, 1, 1)] * 2, ["expected", "yours"], right=expected)
        ax.set(xlabel="predicted", ylabel="true")
        return ax

    return Counterexample(text, draw)


CHECK = Check(
    "confusion_matrix",
    points=4,
    forbids=("sklearn.metrics", "torchmetrics", "course_lib.metrics"),
    compare=exact(),
    hint=hint,
    explain=explain,
    cases=(
        Case("three classes, no void", "values", Masks((6, 9), classes=3, void=0)),
        Case("four classes and void", "values", Masks((7, 6), classes=4)),
        Case("a class that occurs nowhere", "values", Masks((5, 8), classes=5, used=4)),
        Case("void has the number of a class", "values", Masks((8, 7), classes=4, ignore=1)),
        Case("two masks in one", "values", Masks((2, 5, 6), classes=3)),
        Case("parts add up", "property", Masks((6, 7), classes=3), probe=halves, explain=False),
        Case("void is -1", "edge", Masks((6, 5), classes=3, ignore=-1)),
        Case(
            "any prediction where the truth is void",
            "edge",
            anything_in_void,
            hint="Where the truth is void, nobody looks at the prediction.",
        ),
        refused("a prediction that is no class", one_stranger("pred"), essential=True),
        refused("a prediction far above all classes", one_stranger("pred", above=100)),
        refused("a negative prediction", one_stranger("pred", above=-1)),
        refused("a true label that is no class", one_stranger("target")),
        refused("a negative true label", one_stranger("target", above=-1)),
        refused("a mask that lies on its side", turned, "both shapes", with_two_shapes),
        refused("a mask of one row", one_row, "both shapes", with_two_shapes),
        Case(
            "uint8, 21 classes",
            "edge",
            Masks((9, 9), classes=21, dtype=torch.uint8),
            hint="How large can a uint8 become? 20 * 21 is 420.",
        ),
        Case("one pixel", "edge", Masks((1,), classes=3, void=0)),
        Case("void everywhere", "edge", Masks((3, 4), classes=3, void=1)),
        Case("no pixel", "edge", Masks((2, 0, 4), classes=3), explain=False),
        *styles(Masks((6, 5), classes=3))[1:],  # without float64: labels are whole numbers
    ),
)
